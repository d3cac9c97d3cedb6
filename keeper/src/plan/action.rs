//! What a plan can say, in types and in words.

use std::fmt;

use super::Revenue;
use crate::human::{Sol, Time};

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Measure the revenue of this stretch (Unix seconds, half open) and plan again.
    AskRevenue {
        /// Begin of the stretch.
        from: i64,
        /// End of the stretch.
        to: i64,
    },
    /// Read the price of SOL and plan again.
    AskPrice,
    /// Nothing to do before this time.
    Wait {
        /// Unix seconds of the cluster's clock.
        until: i64,
        /// What is waited for.
        reason: WaitFor,
    },
    /// Fund and distribute.
    Distribute(Distribution),
    /// A person must act.
    NeedsPerson(Trouble),
}

/// What is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitFor {
    /// The current window has not ended, or is not settled.
    WindowEnd,
    /// The vault's minimum spacing.
    Spacing,
    /// The source of revenue has not settled the window.
    Settling {
        /// How far it is behind the cluster's clock less the grace, seconds.
        behind_seconds: i64,
    },
    /// There is too little to distribute; the window stays open and joins the next.
    Revenue,
}

/// One funding and distribution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Distribution {
    /// Begin of the stretch: the chain's last interval id.
    pub previous_interval_id: i64,
    /// End of the stretch, its id.
    pub interval_id: i64,
    /// Windows it covers.
    pub windows: i64,
    /// Lamports to fund: the stretch's revenue. 0: only what was funded before is distributed.
    pub fund_lamports: u64,
    /// Lamports to distribute.
    pub distribute_lamports: u64,
    /// The revenue as measured.
    pub revenue: Revenue,
    /// The price it was converted at, nano-USD for a SOL; `None` where none was needed.
    pub nano_usd_per_sol: Option<u64>,
}

/// Why a person must act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The keeper's key is not the vault's keeper.
    NotKeeper,
    /// Distributions are paused.
    Paused,
    /// A stretch that cannot be made shorter exceeds the cap.
    OverCap {
        /// Its begin.
        from: i64,
        /// Its end.
        to: i64,
        /// Its revenue, lamports.
        lamports: u64,
        /// The vault's cap, lamports.
        cap_lamports: u64,
    },
    /// The wallet does not cover the distribution and the reserve.
    WalletLow {
        /// What it holds, lamports.
        wallet_lamports: u64,
        /// What it must hold, lamports.
        needed_lamports: u64,
    },
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotKeeper => f.write_str(
                "this key is not the vault's keeper: use the keeper's keypair, or let the vault's authority call set_keeper",
            ),
            Self::Paused => f.write_str(
                "distributions of this vault are paused: its authority lifts that with set_pause; revenue is not lost, it is distributed then",
            ),
            Self::OverCap { from, to, lamports, cap_lamports } => write!(
                f,
                "revenue from {} to {} is {}, the vault distributes at most {} at once: check the revenue; if it is right, raise max_distribution_lamports by propose_config",
                Time(*from),
                Time(*to),
                Sol(*lamports),
                Sol(*cap_lamports)
            ),
            Self::WalletLow { wallet_lamports, needed_lamports } => write!(
                f,
                "the keeper's wallet holds {}, this distribution needs {} (reserve included): send SOL to it",
                Sol(*wallet_lamports),
                Sol(*needed_lamports)
            ),
        }
    }
}

impl Trouble {
    /// The trouble in a word, for JSON and metrics.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotKeeper => "not_keeper",
            Self::Paused => "paused",
            Self::OverCap { .. } => "over_cap",
            Self::WalletLow { .. } => "wallet_low",
        }
    }
}

impl WaitFor {
    /// Whether it is the revenue that is waited for: too little of it, or not settled yet.
    pub fn is_for_revenue(self) -> bool {
        matches!(self, Self::Revenue | Self::Settling { .. })
    }

    /// What is waited for, in a word for JSON.
    pub fn code(self) -> &'static str {
        match self {
            Self::WindowEnd => "window_end",
            Self::Spacing => "spacing",
            Self::Settling { .. } => "settling",
            Self::Revenue => "revenue",
        }
    }
}

impl fmt::Display for WaitFor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WindowEnd => {
                f.write_str("everything settled is distributed; the current window ends later")
            }
            Self::Spacing => f.write_str("the vault wants more time between two distributions"),
            Self::Settling { behind_seconds } => write!(
                f,
                "the source of revenue has settled nothing new and is {behind_seconds} s behind; if this lasts, look whether it gets its data, and compare its clock with the cluster's"
            ),
            Self::Revenue => f.write_str(
                "too little revenue to distribute; the window stays open and joins the next",
            ),
        }
    }
}

impl fmt::Display for Distribution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} window(s) from {} to {}: fund {}, distribute {}",
            self.windows,
            Time(self.previous_interval_id),
            Time(self.interval_id),
            Sol(self.fund_lamports),
            Sol(self.distribute_lamports)
        )
    }
}
