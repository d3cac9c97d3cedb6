//! `[staking]`.

use serde::Deserialize;

/// What the keeper does for base staking, and how much of it.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, default)]
pub struct StakingConfig {
    /// Whether it does anything of it.
    pub enabled: bool,
    /// How often it looks whether something is due, seconds.
    pub look_seconds: u32,
    /// A price is refreshed once it is older than this part of the age the vault takes, percent.
    pub refresh_at_percent: u8,
    /// Least that a ticket is paid in part, lamports.
    pub min_serve_lamports: u64,
    /// Smallest delegation, lamports.
    pub min_delegation_lamports: u64,
    /// What a stake account is filled to, lamports.
    pub max_stake_account_lamports: u64,
    /// Most stake accounts.
    pub max_stake_accounts: u32,
    /// Lamports that delegating leaves in the keeper's wallet.
    pub wallet_reserve_lamports: u64,
    /// Validators that keep more than this are not delegated to, percent.
    pub max_commission_percent: u8,
    /// Stake is brought back where the free SOL is below this part of the buffer, percent.
    pub refill_below_percent: u8,
    /// How long after an epoch's begin its rewards are harvested, seconds.
    pub harvest_delay_seconds: u32,
    /// Least that is harvested from a stake account, lamports.
    pub min_harvest_lamports: u64,
    /// Smallest distribution of staking rewards, lamports.
    pub min_distribution_lamports: u64,
}

impl Default for StakingConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            look_seconds: 30,
            refresh_at_percent: 50,
            min_serve_lamports: 10_000_000,
            min_delegation_lamports: 1_000_000_000,
            max_stake_account_lamports: 100_000_000_000,
            max_stake_accounts: 100,
            wallet_reserve_lamports: 1_000_000_000,
            max_commission_percent: 100,
            refill_below_percent: 50,
            harvest_delay_seconds: 600,
            min_harvest_lamports: 1_000_000,
            min_distribution_lamports: 1_000_000,
        }
    }
}

impl StakingConfig {
    /// Checks what can be checked without the network.
    ///
    /// # Errors
    /// [`Error::Config`], with the key and what to do.
    pub(super) fn validate(&self) -> Result<(), String> {
        let positive = [
            ("look_seconds", u64::from(self.look_seconds)),
            ("min_delegation_lamports", self.min_delegation_lamports),
            ("min_harvest_lamports", self.min_harvest_lamports),
            ("min_distribution_lamports", self.min_distribution_lamports),
        ];
        if let Some((key, _)) = positive.iter().find(|(_, value)| *value == 0) {
            return refuse(format!("staking.{key} is 0: set 1 or more"));
        }
        let percents = [
            ("refresh_at_percent", self.refresh_at_percent),
            ("max_commission_percent", self.max_commission_percent),
            ("refill_below_percent", self.refill_below_percent),
        ];
        if let Some((key, _)) = percents.iter().find(|(_, value)| *value > 100) {
            return refuse(format!("staking.{key} is over 100"));
        }
        if self.max_stake_account_lamports < self.min_delegation_lamports {
            return refuse(
                "staking.max_stake_account_lamports is below staking.min_delegation_lamports: nothing could be delegated".into(),
            );
        }
        Ok(())
    }
}

fn refuse(text: String) -> Result<(), String> {
    Err(text)
}
