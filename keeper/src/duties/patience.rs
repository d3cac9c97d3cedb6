//! Which duties are left alone for now: those that failed, later and later, and those just done,
//! until every endpoint shows it.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use super::duty::Duty;

/// Pause after the first failure of a duty; it doubles with each.
const FIRST_PAUSE: Duration = Duration::from_secs(5);
/// Longest pause of a duty that fails.
const LONGEST_PAUSE: Duration = Duration::from_secs(600);
/// Pause of a duty that was done: some slots, in which a lagging endpoint may show the chain before.
const DONE_PAUSE: Duration = Duration::from_secs(2);
/// Pause of a price that was refreshed: whoever posts it may have posted none newer, and it is no
/// less old than before.
const REFRESHED_PAUSE: Duration = Duration::from_secs(60);

/// What is left alone, by the key of the duty.
#[derive(Debug, Default)]
pub(super) struct Patience {
    left_alone: HashMap<String, (u32, Instant)>,
}

impl Patience {
    /// The first of the duties that may be done now.
    pub(super) fn first<'a>(&self, duties: &'a [Duty]) -> Option<&'a Duty> {
        let now = Instant::now();
        duties.iter().find(|duty| {
            self.left_alone
                .get(&duty.key())
                .is_none_or(|(_, until)| now >= *until)
        })
    }

    /// Takes note of a failure; returns how long the duty is left alone.
    pub(super) fn failed(&mut self, duty: &Duty) -> Duration {
        let failures = self
            .left_alone
            .get(&duty.key())
            .map_or(0, |(failures, _)| *failures);
        let pause = FIRST_PAUSE
            .saturating_mul(1 << failures.min(10))
            .min(LONGEST_PAUSE);
        let until = Instant::now() + pause;
        self.left_alone
            .insert(duty.key(), (failures.saturating_add(1), until));
        pause
    }

    /// Takes note that a duty was done, by whomever.
    pub(super) fn done(&mut self, duty: &Duty) {
        let pause = match duty {
            Duty::Refresh { .. } => REFRESHED_PAUSE,
            _ => DONE_PAUSE,
        };
        self.left_alone
            .insert(duty.key(), (0, Instant::now() + pause));
    }

    /// Forgets what is not due any more and left alone no longer.
    pub(super) fn forget(&mut self, due: &[Duty]) {
        let now = Instant::now();
        let keys: Vec<_> = due.iter().map(Duty::key).collect();
        self.left_alone
            .retain(|key, (_, until)| now < *until || keys.contains(key));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERVE: Duty = Duty::Serve {
        number: 1,
        lamports: 5,
    };
    const RECLAIM: Duty = Duty::Reclaim {
        number: 1,
        lamports: 5,
    };

    #[test]
    fn a_duty_that_fails_lets_the_next_go_first_and_is_tried_later_and_later() {
        let mut patience = Patience::default();
        let due = [SERVE, RECLAIM];
        assert_eq!(patience.first(&due), Some(&SERVE));
        let pauses: Vec<_> = (0..10).map(|_| patience.failed(&SERVE).as_secs()).collect();
        assert_eq!(pauses, [5, 10, 20, 40, 80, 160, 320, 600, 600, 600]);
        // The same duty, whatever its amount now is.
        let more = Duty::Serve {
            number: 1,
            lamports: 6,
        };
        assert_eq!(patience.first(&[more, RECLAIM]), Some(&RECLAIM));
        patience.done(&RECLAIM);
        assert_eq!(patience.first(&due), None);
        patience.forget(&[]);
        assert_eq!(patience.left_alone.len(), 2, "not before their time");
    }
}
