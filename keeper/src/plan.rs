//! What to do now: a pure decision. Facts in, one action out; who calls does the IO and asks
//! again with what it learnt, until the action is not a question.
//!
//! Windows are UTC-aligned: boundaries are the multiples of the interval. The stretch from the
//! chain's last interval id to the newest settled boundary is distributed at once, so that
//! downtime is caught up by one transaction; where that exceeds the vault's cap, a prefix of
//! windows that fits goes first. The only clock is the chain's.

use std::collections::BTreeMap;

use primis_price::SolUsd;

pub use self::action::{Action, Distribution, Trouble, WaitFor};

mod action;
#[cfg(test)]
mod debts;
#[cfg(test)]
mod tests;

/// What the chain says of one source, all read at the same slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    /// The cluster's clock, Unix seconds.
    pub now: i64,
    /// Where the last distribution ended, Unix seconds.
    pub last_interval_id: i64,
    /// When it was made, Unix seconds; 0: none yet.
    pub last_distributed_at: i64,
    /// Seconds the vault wants between two distributions.
    pub min_spacing_seconds: u64,
    /// Largest distribution, lamports.
    pub cap_lamports: u64,
    /// Lamports funded and not yet distributed.
    pub funded_lamports: u64,
    /// Whether the keeper's key is the vault's keeper.
    pub is_keeper: bool,
    /// Whether distributions are paused.
    pub is_paused: bool,
    /// Lamports in the keeper's wallet.
    pub wallet_lamports: u64,
}

/// The operator's rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Length of a window, seconds; positive.
    pub interval_seconds: i64,
    /// How long after its end a window is settled, seconds.
    pub settle_grace_seconds: i64,
    /// Smallest distribution, lamports; positive.
    pub min_distribution_lamports: u64,
    /// Lamports that stay in the wallet.
    pub wallet_reserve_lamports: u64,
}

/// Revenue of a stretch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Revenue {
    /// In nano-USD; negative where refunds exceed sales.
    NanoUsd(i64),
    /// Already in lamports.
    Lamports(u64),
}

/// Answers to the questions asked so far.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// Revenue of the stretch from the last interval id to the key, Unix seconds.
    pub revenue: BTreeMap<i64, Revenue>,
    /// What a SOL costs.
    pub price: Option<SolUsd>,
    /// Until when revenue is settled, Unix seconds, where the source said that it is behind. Its
    /// clock may run behind the cluster's, or it may show things late; windows that end later wait.
    pub settled_until: Option<i64>,
}

/// Decides what to do. Asks for revenue and price only when a distribution is due.
pub fn plan(facts: &Facts, known: &Known, rules: &Rules) -> Action {
    if !facts.is_keeper {
        return Action::NeedsPerson(Trouble::NotKeeper);
    }
    if facts.is_paused {
        return Action::NeedsPerson(Trouble::Paused);
    }
    let windows = Windows {
        last: facts.last_interval_id,
        seconds: rules.interval_seconds,
    };
    let ended_by = facts.now.saturating_sub(rules.settle_grace_seconds);
    let settled_by = known.settled_until.unwrap_or(i64::MAX).min(ended_by);
    let settled = windows.count_until(settled_by);
    let behind_seconds = ended_by.saturating_sub(settled_by);
    let due_again = |window: i64| {
        windows
            .end(window)
            .saturating_add(rules.settle_grace_seconds)
            .saturating_add(behind_seconds)
    };
    if settled == 0 {
        let reason = if windows.count_until(ended_by) == 0 {
            WaitFor::WindowEnd
        } else {
            WaitFor::Settling { behind_seconds }
        };
        return Action::Wait {
            until: due_again(1),
            reason,
        };
    }
    let spaced_at = facts
        .last_distributed_at
        .saturating_add_unsigned(facts.min_spacing_seconds);
    if facts.now < spaced_at {
        return Action::Wait {
            until: spaced_at,
            reason: WaitFor::Spacing,
        };
    }
    let fitting = match longest_fitting(facts, known, windows, settled) {
        Ok(fitting) => fitting,
        Err(question) => return question,
    };
    let revenue_lamports = fitting.lamports;
    // What was funded before goes along as far as the cap allows; the rest stays funded.
    let distribute_lamports = revenue_lamports
        .saturating_add(facts.funded_lamports)
        .min(facts.cap_lamports);
    // A stretch with more refunds than sales is never closed, whatever is funded: anybody may fund
    // a lamport, and closing it would forget the debt.
    let in_debt = matches!(
        known.revenue.get(&windows.end(fitting.windows)),
        Some(Revenue::NanoUsd(..0))
    );
    if fitting.windows == 0 || in_debt || distribute_lamports < rules.min_distribution_lamports {
        return match fitting.over {
            Some(over) => Action::NeedsPerson(Trouble::OverCap {
                from: facts.last_interval_id,
                to: windows.end(over.windows),
                lamports: over.lamports,
                cap_lamports: facts.cap_lamports,
            }),
            None => Action::Wait {
                until: due_again(settled.saturating_add(1)),
                reason: WaitFor::Revenue,
            },
        };
    }
    let needed_lamports = revenue_lamports.saturating_add(rules.wallet_reserve_lamports);
    if needed_lamports > facts.wallet_lamports {
        return Action::NeedsPerson(Trouble::WalletLow {
            wallet_lamports: facts.wallet_lamports,
            needed_lamports,
        });
    }
    let interval_id = windows.end(fitting.windows);
    Action::Distribute(Distribution {
        previous_interval_id: facts.last_interval_id,
        interval_id,
        windows: fitting.windows,
        fund_lamports: revenue_lamports,
        distribute_lamports,
        revenue: known
            .revenue
            .get(&interval_id)
            .copied()
            .unwrap_or(Revenue::Lamports(0)),
        nano_usd_per_sol: known.price.map(|price| price.nano_usd_per_sol),
    })
}

/// The windows after the last interval id. The first may be shorter: a vault is created at any
/// second.
#[derive(Clone, Copy)]
struct Windows {
    last: i64,
    seconds: i64,
}

impl Windows {
    /// Where window `number` ends; 1 is the first.
    fn end(self, number: i64) -> i64 {
        let boundary = self.last.div_euclid(self.seconds).saturating_add(number);
        boundary.saturating_mul(self.seconds)
    }

    /// Windows that have ended by `time`.
    fn count_until(self, time: i64) -> i64 {
        let boundaries = time
            .div_euclid(self.seconds)
            .saturating_sub(self.last.div_euclid(self.seconds));
        boundaries.max(0)
    }
}

/// A prefix of windows and its revenue.
#[derive(Clone, Copy)]
struct Prefix {
    windows: i64,
    lamports: u64,
}

/// The prefix to distribute, and the next longer one where the cap stopped it.
struct Fitting {
    windows: i64,
    lamports: u64,
    over: Option<Prefix>,
}

/// A prefix of the `settled` windows whose revenue the cap allows, while one more window would
/// exceed it: all of them, or found by bisection (revenue grows with the stretch; where refunds
/// make it shrink, the prefix still fits, and what is left comes next). Answers with a question
/// where something is not known yet.
fn longest_fitting(
    facts: &Facts,
    known: &Known,
    windows: Windows,
    settled: i64,
) -> Result<Fitting, Action> {
    let mut fits = Prefix {
        windows: 0,
        lamports: 0,
    };
    let mut over: Option<Prefix> = None;
    let mut probe = settled;
    loop {
        let lamports = lamports_until(windows.end(probe), facts, known)?;
        let probed = Prefix {
            windows: probe,
            lamports,
        };
        if lamports <= facts.cap_lamports {
            fits = probed;
        } else {
            over = Some(probed);
        }
        let limit = over.map_or_else(|| settled.saturating_add(1), |over| over.windows);
        if fits.windows.saturating_add(1) >= limit {
            return Ok(Fitting {
                windows: fits.windows,
                lamports: fits.lamports,
                over,
            });
        }
        probe = fits.windows.midpoint(limit);
    }
}

/// Revenue of the stretch up to `to` in lamports, rounded down: never more than was earned.
fn lamports_until(to: i64, facts: &Facts, known: &Known) -> Result<u64, Action> {
    match known.revenue.get(&to) {
        None => Err(Action::AskRevenue {
            from: facts.last_interval_id,
            to,
        }),
        Some(Revenue::Lamports(lamports)) => Ok(*lamports),
        // A stretch with more refunds than sales has nothing to give; it stays open, and the next
        // sales make up for it first.
        Some(Revenue::NanoUsd(nano_usd)) => match u64::try_from(*nano_usd) {
            Err(_) | Ok(0) => Ok(0),
            // What does not fit a u64 is over any cap.
            Ok(nano_usd) => match known.price {
                None => Err(Action::AskPrice),
                Some(price) => Ok(price.lamports_for(nano_usd).unwrap_or(u64::MAX)),
            },
        },
    }
}
