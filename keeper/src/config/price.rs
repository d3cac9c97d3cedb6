//! `[price]`.

use std::path::PathBuf;

use serde::Deserialize;
use solana_address::Address;

use super::chain::address;

/// What a SOL costs.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PriceConfig {
    /// Which of those below is used.
    pub kind: PriceKind,
    /// Pyth's service.
    pub hermes: Option<HermesSection>,
    /// Pyth's price on chain.
    pub account: Option<AccountPriceConfig>,
    /// A price that never changes.
    pub fixed: Option<FixedPriceConfig>,
}

/// Where the price comes from.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum PriceKind {
    /// Pyth's Hermes.
    Hermes,
    /// An account of Pyth's receiver program, read by the RPC of [chain].
    Account,
    /// A price that never changes, for demonstrations.
    Fixed,
}

/// Pyth's Hermes; see `primis_price::HermesConfig`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HermesSection {
    /// Base address.
    pub url: String,
    /// A file with the API key.
    pub api_key_path: Option<PathBuf>,
    /// The SOL/USD feed, hexadecimal.
    pub feed_id: String,
    /// Oldest price used, seconds.
    #[serde(default = "default_max_age_seconds")]
    pub max_age_seconds: u64,
    /// Widest price used, basis points.
    #[serde(default = "default_max_confidence_bps")]
    pub max_confidence_bps: u64,
    /// Whether a price is taken only where the signed update that comes with it says the same.
    #[serde(default = "yes")]
    pub check_binary: bool,
}

/// An account of Pyth's receiver program.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountPriceConfig {
    /// The `PriceUpdateV2` account that somebody keeps posted.
    #[serde(deserialize_with = "address")]
    pub address: Address,
    /// The receiver program, its owner.
    #[serde(default = "receiver_program", deserialize_with = "address")]
    pub receiver_program: Address,
    /// The SOL/USD feed, hexadecimal.
    pub feed_id: String,
    /// Oldest price used, seconds.
    #[serde(default = "default_max_age_seconds")]
    pub max_age_seconds: u64,
    /// Widest price used, basis points.
    #[serde(default = "default_max_confidence_bps")]
    pub max_confidence_bps: u64,
}

/// A price that never changes.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FixedPriceConfig {
    /// Cents for one SOL.
    pub usd_per_sol_cents: u32,
}

fn yes() -> bool {
    true
}

/// Pyth's receiver, the same on every public cluster.
fn receiver_program() -> Address {
    Address::from_str_const("rec5EKMGg6MxZYaMdyBfgwp4d5rB9T1VQH5pJv5LtFJ")
}

/// Hermes publishes every second or so; a minute without is an outage.
fn default_max_age_seconds() -> u64 {
    60
}

/// SOL/USD is usually within 10 basis points; 100 is a market in disorder.
fn default_max_confidence_bps() -> u64 {
    100
}
