//! `[init]`: the vault `init-vault` creates.

use std::path::PathBuf;

use primis_vault_interface::types::{Config as VaultRules, Split};
use serde::Deserialize;
use solana_address::Address;

use super::chain::optional_address;

/// The vault `init-vault` creates.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InitConfig {
    /// Its id, from which its address follows.
    pub vault_id: u64,
    /// Keypair of its authority; missing: the keeper's.
    pub authority_keypair_path: Option<PathBuf>,
    /// Who distributes; missing: the keeper's keypair.
    #[serde(default, deserialize_with = "optional_address")]
    pub keeper: Option<Address>,
    /// Who may pause; missing: the authority.
    #[serde(default, deserialize_with = "optional_address")]
    pub guardian: Option<Address>,
    /// Time lock of changes to the rules, seconds.
    pub timelock_seconds: u64,
    /// The rules.
    pub config: VaultConfig,
    /// The SOL pool.
    #[serde(default)]
    pub pool: PoolConfig,
}

/// The rules of a vault.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VaultConfig {
    /// Seconds over which a distribution streams.
    pub stream_seconds: u64,
    /// Seconds between two distributions of a source.
    #[serde(default)]
    pub min_spacing_seconds: u64,
    /// Largest distribution, lamports.
    pub max_distribution_lamports: u64,
    /// Split of base staking's yield.
    #[serde(default = "default_staking_split")]
    pub staking_split: SplitConfig,
    /// Split of compute revenue.
    #[serde(default = "default_compute_split")]
    pub compute_split: SplitConfig,
    /// Where the subsidy bucket is swept to; missing: the authority.
    #[serde(default, deserialize_with = "optional_address")]
    pub subsidy_address: Option<Address>,
    /// Where the reserve bucket is swept to; missing: the authority.
    #[serde(default, deserialize_with = "optional_address")]
    pub reserve_address: Option<Address>,
    /// Where the treasury bucket is swept to; missing: the authority.
    #[serde(default, deserialize_with = "optional_address")]
    pub treasury_address: Option<Address>,
}

/// Shares of the four buckets, basis points that sum to 10,000.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "each field is the bucket of its name")]
pub struct SplitConfig {
    pub stakers_bps: u16,
    #[serde(default)]
    pub subsidy_bps: u16,
    #[serde(default)]
    pub reserve_bps: u16,
    #[serde(default)]
    pub treasury_bps: u16,
}

/// The SOL pool.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PoolConfig {
    /// Most lamports it takes.
    pub cap_units: u64,
    /// Smallest deposit, lamports.
    pub min_deposit_units: u64,
}

impl Default for PoolConfig {
    /// A million SOL at most, a thousandth of a SOL at least.
    fn default() -> Self {
        Self {
            cap_units: 1_000_000_000_000_000,
            min_deposit_units: 1_000_000,
        }
    }
}

fn default_staking_split() -> SplitConfig {
    SplitConfig {
        stakers_bps: 7_000,
        subsidy_bps: 2_000,
        reserve_bps: 1_000,
        treasury_bps: 0,
    }
}

fn default_compute_split() -> SplitConfig {
    SplitConfig {
        stakers_bps: 5_000,
        subsidy_bps: 0,
        reserve_bps: 0,
        treasury_bps: 5_000,
    }
}

impl From<SplitConfig> for Split {
    fn from(split: SplitConfig) -> Self {
        Self {
            stakers_bps: split.stakers_bps,
            subsidy_bps: split.subsidy_bps,
            reserve_bps: split.reserve_bps,
            treasury_bps: split.treasury_bps,
        }
    }
}

impl VaultConfig {
    /// As the program takes it. The program checks it; nothing is checked twice.
    pub fn rules(&self, authority: Address) -> VaultRules {
        VaultRules {
            stream_seconds: self.stream_seconds,
            min_spacing_seconds: self.min_spacing_seconds,
            max_distribution_lamports: self.max_distribution_lamports,
            staking_split: self.staking_split.into(),
            compute_split: self.compute_split.into(),
            subsidy_address: self.subsidy_address.unwrap_or(authority),
            reserve_address: self.reserve_address.unwrap_or(authority),
            treasury_address: self.treasury_address.unwrap_or(authority),
        }
    }
}
