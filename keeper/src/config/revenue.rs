//! `[revenue]`.

use std::path::PathBuf;

use serde::Deserialize;

/// All of it, in basis points.
const ALL_BPS: u16 = 10_000;
/// Least seconds Stripe is given to show a transaction.
const LEAST_STRIPE_GRACE_SECONDS: u32 = 60;

/// Where revenue is measured.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RevenueConfig {
    /// Which of those below is used.
    pub kind: RevenueKind,
    /// The platform's ledger.
    pub ledger: Option<LedgerConfig>,
    /// Stripe.
    pub stripe: Option<StripeConfig>,
    /// A file.
    pub file: Option<FileConfig>,
    /// The model.
    pub simulator: Option<SimulatorConfig>,
}

/// Kinds of sources.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum RevenueKind {
    /// The platform's measured revenue, over HTTP.
    Ledger,
    /// The balance transactions of a Stripe account.
    Stripe,
    /// A CSV or JSONL file that somebody appends to.
    File,
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
    /// Which of the reported sums is revenue.
    #[serde(default)]
    pub amount: LedgerAmount,
}

/// Which of the platform's sums is revenue.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum LedgerAmount {
    /// The platform's fee, its part of each sale.
    #[default]
    Fee,
    /// Sales less refunds less what the providers of the compute are paid.
    Margin,
}

/// The balance transactions of a Stripe account.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StripeConfig {
    /// Base address of the API.
    #[serde(default = "stripe_url")]
    pub url: String,
    /// A file with a restricted key that may read balance transactions.
    pub api_key_path: PathBuf,
    /// Whether a key of the test mode is meant. Without it one is refused: its money is not real.
    #[serde(default)]
    pub test_mode: bool,
    /// Before or after Stripe's own fee.
    #[serde(default)]
    pub amount: StripeAmount,
    /// The part of each transaction that is revenue, basis points.
    #[serde(default = "all_bps")]
    pub share_bps: u16,
    /// Stripe's reporting categories that count.
    #[serde(default = "stripe_categories")]
    pub categories: Vec<String>,
    /// Categories that do not count, beside those that never do.
    #[serde(default = "stripe_ignored_categories")]
    pub ignored_categories: Vec<String>,
    /// How long after its end a window is final: what Stripe shows later is not counted, seconds.
    #[serde(default = "stripe_grace_seconds")]
    pub settle_grace_seconds: u32,
}

/// Before or after Stripe's own fee.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum StripeAmount {
    /// What reaches the Stripe balance: the amount less Stripe's fee.
    #[default]
    Net,
    /// What the customer paid.
    Gross,
}

/// A CSV or JSONL file that somebody appends to.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileConfig {
    /// The file; its name ends in `.csv` or `.jsonl`.
    pub path: PathBuf,
    /// The part of each row that is revenue, basis points.
    #[serde(default = "all_bps")]
    pub share_bps: u16,
    /// Whether rows of kind `cost` are subtracted.
    #[serde(default = "yes")]
    pub less_cost: bool,
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

impl RevenueConfig {
    /// Checks the numbers; the error names the key and what to do.
    pub(super) fn validate(&self) -> Result<(), String> {
        let share = |key: &str, bps: u16| match bps {
            0 => Err(format!("{key} is 0: nothing would ever count as revenue")),
            1..=ALL_BPS => Ok(()),
            _ => Err(format!("{key} is over 10000, more than all of it")),
        };
        if let Some(stripe) = &self.stripe {
            share("revenue.stripe.share_bps", stripe.share_bps)?;
            if stripe.settle_grace_seconds < LEAST_STRIPE_GRACE_SECONDS {
                return Err(format!(
                    "revenue.stripe.settle_grace_seconds is below {LEAST_STRIPE_GRACE_SECONDS}: what Stripe shows later than that is never counted; 3600 is safe"
                ));
            }
        }
        if let Some(file) = &self.file {
            share("revenue.file.share_bps", file.share_bps)?;
        }
        Ok(())
    }
}

fn stripe_url() -> String {
    "https://api.stripe.com".into()
}

fn all_bps() -> u16 {
    ALL_BPS
}

fn yes() -> bool {
    true
}

/// Sales, and all that takes one back or gives it back again.
fn stripe_categories() -> Vec<String> {
    [
        "charge",
        "charge_failure",
        "dispute",
        "dispute_reversal",
        "partial_capture_reversal",
        "refund",
        "refund_failure",
    ]
    .map(String::from)
    .into()
}

/// What Stripe bills by itself, beside the fee of each transaction.
fn stripe_ignored_categories() -> Vec<String> {
    ["fee", "network_cost", "tax"].map(String::from).into()
}

/// Balance transactions show within seconds; an hour bridges an outage of theirs.
fn stripe_grace_seconds() -> u32 {
    3_600
}
