//! `[revenue]`.

use std::path::PathBuf;

use serde::Deserialize;

/// Where revenue is measured.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RevenueConfig {
    /// Which of the two below is used.
    pub kind: RevenueKind,
    /// The platform's ledger.
    pub ledger: Option<LedgerConfig>,
    /// The model.
    pub simulator: Option<SimulatorConfig>,
}

/// Kinds of sources.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum RevenueKind {
    /// The platform's measured revenue, over HTTP.
    Ledger,
    /// A model, for demonstrations.
    Simulator,
}

/// The platform's ledger.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LedgerConfig {
    /// Base address of the platform's API.
    pub url: String,
    /// A file with the secret requests and answers are signed with.
    pub secret_path: PathBuf,
}

/// A model of revenue: volume times fee, or a rate on what is staked.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SimulatorConfig {
    /// Compute sold in 365 days, dollars.
    pub yearly_compute_volume_usd: u64,
    /// The platform's part of it, basis points.
    pub platform_fee_bps: u16,
    /// Instead of both: the simple yearly rate stakers are to earn, basis points.
    pub fixed_apr_bps: Option<u32>,
}
