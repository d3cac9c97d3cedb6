//! How long `run` pauses between two looks at the chain: seldom while nothing is due, at slot rate
//! when a window is about to end, ever less often after errors.

use std::time::{Duration, Instant};

use crate::{error::Error, keeper::Outcome, revenue::RevenueError};

/// Longest pause while nothing is due. Short against every clock that may run faster than ours.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// Pause in the last second before something is due: less than half a slot, so that a new block
/// is seen in the slot it is made in.
const SLOT_PAUSE: Duration = Duration::from_millis(150);
/// How long it is looked at slot rate; a chain that stands still is not hammered at.
const SLOT_RATE_PATIENCE: Duration = Duration::from_secs(10);
/// Pause of a keeper that stands by: how late it notices that it is named.
const STANDBY_PAUSE: Duration = Duration::from_secs(2);
/// Longest pause after an error.
const LONGEST_BACKOFF: Duration = Duration::from_secs(30);

/// The pauses so far.
#[derive(Debug)]
pub(super) struct Pace {
    poll: Duration,
    errors_in_a_row: u32,
    at_slot_rate_since: Option<Instant>,
}

impl Pace {
    /// Where nothing is said otherwise, a tenth of an interval, between 100 ms and a second.
    pub(super) fn new(interval_seconds: u32) -> Self {
        let tenth = Duration::from_secs(u64::from(interval_seconds)) / 10;
        Self {
            poll: tenth.clamp(Duration::from_millis(100), Duration::from_secs(1)),
            errors_in_a_row: 0,
            at_slot_rate_since: None,
        }
    }

    /// The pause after a round that ended like this at `now`.
    pub(super) fn after(&mut self, round: &Result<Outcome, Error>, now: Instant) -> Duration {
        match round {
            Ok(outcome) => {
                self.errors_in_a_row = 0;
                self.after_outcome(outcome, now)
            }
            Err(error) => {
                self.errors_in_a_row = self.errors_in_a_row.saturating_add(1);
                self.backoff(error)
            }
        }
    }

    fn after_outcome(&mut self, outcome: &Outcome, at: Instant) -> Duration {
        let left = match outcome {
            Outcome::Waiting { until, now, .. } => until.saturating_sub(*now),
            Outcome::Standby { .. } => return STANDBY_PAUSE,
            // There may be more to do at once: what the cap left, or the same interval anew.
            _ => return self.poll,
        };
        if left > 1 {
            // Half of the time that is left: it shrinks towards the moment, however the cluster's
            // clock runs against ours.
            self.at_slot_rate_since = None;
            let left = Duration::from_secs(u64::try_from(left).unwrap_or(0));
            return (left / 2).clamp(self.poll, LONGEST_PAUSE);
        }
        let since = *self.at_slot_rate_since.get_or_insert(at);
        if at.saturating_duration_since(since) < SLOT_RATE_PATIENCE {
            SLOT_PAUSE.min(self.poll)
        } else {
            self.poll
        }
    }

    /// Doubles from the poll interval; what only a person can change is not hammered at.
    fn backoff(&self, error: &Error) -> Duration {
        if let Error::Revenue(RevenueError::NotSettled {
            retry_after_seconds,
        }) = error
        {
            return retry_after_seconds
                .map_or(self.poll, Duration::from_secs)
                .clamp(self.poll, LONGEST_PAUSE);
        }
        let doublings = self.errors_in_a_row.saturating_sub(1).min(6);
        self.poll
            .saturating_mul(1_u32 << doublings)
            .min(LONGEST_BACKOFF)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::WaitFor;

    fn waiting(left: i64) -> Result<Outcome, Error> {
        Ok(Outcome::Waiting {
            until: 1_000,
            now: 1_000 - left,
            reason: WaitFor::WindowEnd,
        })
    }

    #[test]
    fn pauses_shrink_towards_the_moment_and_go_on_at_slot_rate() {
        let mut pace = Pace::new(600);
        let now = Instant::now();
        for (left, milliseconds) in [(600, 5_000), (8, 4_000), (3, 1_500), (2, 1_000), (1, 150)] {
            let pause = pace.after(&waiting(left), now);
            assert_eq!(pause, Duration::from_millis(milliseconds), "{left}");
        }
        let later = now + SLOT_RATE_PATIENCE;
        assert_eq!(pace.after(&waiting(1), later), Duration::from_secs(1));
        pace.after(&waiting(2), later);
        assert_eq!(pace.after(&waiting(1), later), SLOT_PAUSE);
    }

    #[test]
    fn errors_double_the_pause_and_a_success_ends_that() {
        let mut pace = Pace::new(600);
        let now = Instant::now();
        let error = || Err(Error::Memory("full".into()));
        let pauses = [(); 7].map(|()| pace.after(&error(), now).as_secs());
        assert_eq!(pauses, [1, 2, 4, 8, 16, 30, 30]);
        pace.after(&waiting(9), now);
        assert_eq!(pace.after(&error(), now), Duration::from_secs(1));
    }
}
