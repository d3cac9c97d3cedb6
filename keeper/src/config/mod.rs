//! What an operator sets: one TOML file, `PRIMIS__SECTION__KEY` variables over it, `--set` over
//! both. One module a section that needs more than numbers. Unknown keys are refused, so that a
//! typo is not silent.

mod alerts;
mod chain;
mod init;
mod load;
mod price;
mod price_account;
mod revenue;
mod secret;
mod setting;
mod staking;
#[cfg(test)]
mod tests;
mod validate;

use std::path::PathBuf;

use serde::Deserialize;

pub use self::{
    alerts::{AlertsConfig, Hidden, WebhookFormat},
    chain::{ChainConfig, Commitment},
    init::{InitConfig, PoolConfig, SplitConfig, VaultConfig},
    load::Origin,
    price::{AccountPriceConfig, FixedPriceConfig, HermesSection, PriceConfig, PriceKind},
    price_account::PriceAccountConfig,
    revenue::{
        FileConfig, LedgerAmount, LedgerConfig, RevenueConfig, RevenueKind, SimulatorConfig,
        StripeAmount, StripeConfig,
    },
    secret::{is_private, read_keypair, read_secret},
    setting::Setting,
    staking::StakingConfig,
    validate::Problem,
};
use crate::error::Error;

/// Everything the keeper is told.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where the chain is, and who the keeper is on it.
    pub chain: ChainConfig,
    /// When to distribute.
    #[serde(default)]
    pub schedule: ScheduleConfig,
    /// Where revenue is measured.
    pub revenue: Option<RevenueConfig>,
    /// What a SOL costs.
    pub price: Option<PriceConfig>,
    /// Where Pyth's prices of liquid staking tokens lie on chain.
    #[serde(default)]
    pub price_accounts: Vec<PriceAccountConfig>,
    /// Base staking.
    #[serde(default)]
    pub staking: StakingConfig,
    /// The keeper's own database.
    #[serde(default)]
    pub memory: MemoryConfig,
    /// Health and metrics.
    #[serde(default)]
    pub ops: OpsConfig,
    /// Messages when something is wrong.
    #[serde(default)]
    pub alerts: AlertsConfig,
    /// What may be paid for a transaction, and what stays in the wallet.
    #[serde(default)]
    pub fees: FeesConfig,
    /// The vault `init-vault` creates.
    pub init: Option<InitConfig>,
    /// Where all of this was read from.
    #[serde(skip)]
    pub origin: Origin,
}

/// When to distribute.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, default)]
pub struct ScheduleConfig {
    /// Length of a window of revenue, seconds.
    pub interval_seconds: u32,
    /// How long after its end a window is asked for, seconds.
    pub settle_grace_seconds: u32,
    /// Smallest distribution, lamports.
    pub min_distribution_lamports: u64,
    /// How much later than the primary a backup acts, seconds; 0: this is the primary.
    pub backup_delay_seconds: u32,
}

impl Default for ScheduleConfig {
    fn default() -> Self {
        Self {
            interval_seconds: 600,
            settle_grace_seconds: 3,
            min_distribution_lamports: 1,
            backup_delay_seconds: 0,
        }
    }
}

/// The keeper's own database.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MemoryConfig {
    /// The SQLite file; created when missing.
    pub path: PathBuf,
}

impl Default for MemoryConfig {
    fn default() -> Self {
        Self {
            path: PathBuf::from("keeper.sqlite"),
        }
    }
}

/// Health and metrics.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OpsConfig {
    /// Address and port; port 0 takes a free one.
    pub listen: std::net::SocketAddr,
}

impl Default for OpsConfig {
    fn default() -> Self {
        Self {
            listen: std::net::SocketAddr::from(([127, 0, 0, 1], 9464)),
        }
    }
}

/// What may be paid for a transaction, and what stays in the wallet.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FeesConfig {
    /// Percentile of recently paid priority fees, 0 to 100.
    pub compute_unit_price_percentile: u8,
    /// Least priority fee, micro-lamports for each compute unit.
    pub floor_micro_lamports: u64,
    /// Largest priority fee, micro-lamports for each compute unit.
    pub cap_micro_lamports: u64,
    /// Lamports a distribution leaves in the wallet.
    pub wallet_reserve_lamports: u64,
}

impl Default for FeesConfig {
    fn default() -> Self {
        Self {
            compute_unit_price_percentile: 75,
            floor_micro_lamports: 0,
            cap_micro_lamports: 1_000_000,
            wallet_reserve_lamports: 10_000_000,
        }
    }
}

impl Config {
    /// The vault the keeper serves: `[chain] vault`, else the one of `[init] vault_id`.
    ///
    /// # Errors
    /// [`Error::Config`] where neither is set.
    pub fn vault(&self) -> Result<solana_address::Address, Error> {
        match (self.chain.vault, &self.init) {
            (Some(vault), _) => Ok(vault),
            (None, Some(init)) => Ok(primis_vault_interface::vault_address(init.vault_id)),
            (None, None) => Err(Error::Config(
                "chain.vault is missing: set it to the address `init-vault` printed".into(),
            )),
        }
    }
}
