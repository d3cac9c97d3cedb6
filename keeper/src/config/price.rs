//! `[price]`.

use std::path::PathBuf;

use serde::Deserialize;

/// What a SOL costs.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PriceConfig {
    /// Which of the two below is used.
    pub kind: PriceKind,
    /// Pyth's service.
    pub hermes: Option<HermesSection>,
    /// A price that never changes.
    pub fixed: Option<FixedPriceConfig>,
}

/// Where the price comes from.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum PriceKind {
    /// Pyth's Hermes.
    Hermes,
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
}

/// A price that never changes.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FixedPriceConfig {
    /// Cents for one SOL.
    pub usd_per_sol_cents: u32,
}

/// Hermes publishes every second or so; a minute without is an outage.
fn default_max_age_seconds() -> u64 {
    60
}

/// SOL/USD is usually within 10 basis points; 100 is a market in disorder.
fn default_max_confidence_bps() -> u64 {
    100
}
