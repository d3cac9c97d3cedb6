//! `[runs]`: jobs paid one by one, and what a run may use.

use serde::Deserialize;

use super::ConfigError;

/// Jobs paid one by one.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Runs {
    /// Where units and results are kept; replicas share it.
    pub directory: Option<String>,
    /// File with the secret that tokens of runs are made with.
    pub token_secret_path: Option<String>,
    /// Program that runs units, given `run-fmu`; without it, this one.
    pub simulator_path: Option<String>,
    /// Price of any run, nano-USD.
    pub base_nano_usd: u64,
    /// Added for each thousand steps, nano-USD.
    pub thousand_steps_nano_usd: u64,
    /// Most steps of a run.
    pub max_steps: u64,
    /// Runs of this process at the same time.
    pub max_concurrent: usize,
    /// Runs that may wait, of all processes.
    pub max_queued: u32,
    /// Processor time of a run, seconds.
    pub cpu_seconds: u64,
    /// Time of a run, seconds.
    pub wall_seconds: u64,
    /// Address space of a run, MiB.
    pub memory_mib: u64,
    /// Largest result, MiB of CSV.
    pub result_mib: u64,
    /// Whether to run where the kernel has no Landlock.
    pub without_landlock: bool,
    /// Most that the units of one account, or of all that have none, may take, MiB.
    pub max_stored_mib: u64,
    /// How long a unit without an account is kept, seconds.
    pub keep_fmu_seconds: u32,
    /// How long a result is kept, seconds.
    pub keep_result_seconds: u32,
    /// How long a run that failed here may be asked for again, seconds.
    pub again_seconds: u32,
    /// x402 facilitator; without it, x402 payments are not taken.
    pub facilitator_url: Option<String>,
    /// Longest wait for the facilitator, seconds.
    pub facilitator_timeout_seconds: u64,
    /// Who is paid, base58.
    pub pay_to: Option<String>,
    /// CAIP-2 name of the network.
    pub network: String,
    /// Mint of what is paid in, worth a dollar, base58.
    pub asset: String,
    /// Its decimals.
    pub asset_decimals: u8,
    /// Who pays the network's fee, base58; without it, whom the facilitator names.
    pub fee_payer: Option<String>,
    /// How long a payment is good, seconds.
    pub max_timeout_seconds: u32,
}

impl Default for Runs {
    fn default() -> Self {
        Self {
            directory: None,
            token_secret_path: None,
            simulator_path: None,
            base_nano_usd: 10_000_000,
            thousand_steps_nano_usd: 1_000_000,
            max_steps: 100_000,
            max_concurrent: 2,
            max_queued: 100,
            cpu_seconds: 10,
            wall_seconds: 20,
            memory_mib: 1_024,
            result_mib: 16,
            without_landlock: false,
            max_stored_mib: 4_096,
            keep_fmu_seconds: 86_400,
            keep_result_seconds: 604_800,
            again_seconds: 3_600,
            facilitator_url: None,
            facilitator_timeout_seconds: 10,
            pay_to: None,
            network: "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp".into(),
            asset: "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v".into(),
            asset_decimals: 6,
            fee_payer: None,
            max_timeout_seconds: 60,
        }
    }
}

impl Runs {
    /// Refuses values that no run could be sold or kept with.
    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        let within = |ok: bool, key, problem| {
            ok.then_some(())
                .ok_or(ConfigError::Invalid { key, problem })
        };
        within(
            self.base_nano_usd <= 1_000_000_000_000
                && self.thousand_steps_nano_usd <= 1_000_000_000_000,
            "runs.base_nano_usd",
            "or thousand_steps_nano_usd is over a thousand dollars",
        )?;
        within(
            (1..=10_000_000).contains(&self.max_steps),
            "runs.max_steps",
            "must lie between 1 and 10,000,000",
        )?;
        within(
            (1..=256).contains(&self.max_concurrent),
            "runs.max_concurrent",
            "must lie between 1 and 256",
        )?;
        within(
            (1..=600).contains(&self.wall_seconds) && (1..=600).contains(&self.cpu_seconds),
            "runs.wall_seconds",
            "and cpu_seconds must lie between 1 and 600",
        )?;
        within(
            (64..=65_536).contains(&self.memory_mib),
            "runs.memory_mib",
            "must lie between 64 and 65,536",
        )?;
        within(
            (1..=256).contains(&self.result_mib),
            "runs.result_mib",
            "must lie between 1 and 256",
        )?;
        within(
            self.max_stored_mib <= 1 << 30,
            "runs.max_stored_mib",
            "is over a pebibyte",
        )?;
        within(
            (1..=12).contains(&self.facilitator_timeout_seconds),
            "runs.facilitator_timeout_seconds",
            "must lie between 1 and 12: an answer has 30 seconds",
        )?;
        within(
            self.network.starts_with("solana:"),
            "runs.network",
            "must be a CAIP-2 name that begins with solana:",
        )?;
        within(
            self.asset_decimals <= 9,
            "runs.asset_decimals",
            "must be at most 9",
        )?;
        within(
            self.facilitator_url.is_none() || self.pay_to.is_some(),
            "runs.pay_to",
            "must say who is paid where facilitator_url is set",
        )
    }
}
