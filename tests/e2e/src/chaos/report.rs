//! What came of a run.

use serde_json::{Value, json};

/// What came of a run, read from the chain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Windows of the run.
    pub intervals: u32,
    /// Of those, how many were distributed.
    pub distributed: u32,
    /// Windows that were distributed again.
    pub doubled: u32,
    /// Windows that were not distributed.
    pub lost: u32,
    /// Lamports that were paid and not earned, or earned and not paid, or are gone from a wallet.
    pub wrong_lamports: u64,
    /// The longest time from a fault's end to the next distribution, windows.
    pub longest_recovery_intervals: u32,
    /// The fault it took that long after.
    pub slowest: &'static str,
    /// The seed.
    pub seed: u64,
    /// Names the faults and their times: the same for the same seed.
    pub schedule: String,
    /// Faults that happened.
    pub faults: u32,
    /// Distributions they were spread over: one can hold several windows.
    pub distributions: u32,
    /// How often a keeper stopped by itself, or not as it was told to.
    pub stops: u32,
    /// What does not add up, in words.
    pub findings: Vec<String>,
}

impl Report {
    /// Whether every second was distributed once, for what it earned.
    pub fn is_sound(&self) -> bool {
        self.doubled == 0
            && self.lost == 0
            && self.wrong_lamports == 0
            && self.distributed == self.intervals
            && self.findings.is_empty()
    }

    /// The report as one line's object.
    pub fn json(&self) -> Value {
        json!({
            "intervals": self.intervals,
            "distributed": self.distributed,
            "doubled": self.doubled,
            "lost": self.lost,
            "wrong_lamports": self.wrong_lamports,
            "longest_recovery_intervals": self.longest_recovery_intervals,
            "slowest_after": self.slowest,
            "seed": self.seed,
            "schedule": self.schedule,
            "faults": self.faults,
            "distributions": self.distributions,
            "stops": self.stops,
            "findings": self.findings,
        })
    }
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} of {} intervals distributed by {} transactions under {} faults: {} doubled, {} lost, {} \
             lamports wrong; at most {} intervals from a fault's end to the next distribution ({})",
            self.distributed,
            self.intervals,
            self.distributions,
            self.faults,
            self.doubled,
            self.lost,
            self.wrong_lamports,
            self.longest_recovery_intervals,
            self.slowest
        )
    }
}
