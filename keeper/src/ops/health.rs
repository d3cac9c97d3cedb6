//! Whether the keeper is alive and ready, as its last round left it.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use crate::{
    error::{Error, Exit},
    keeper::Outcome,
};

/// Least time without a round after which the loop is taken for dead: the longest pause and the
/// longest time a transaction is watched.
const DEAD_AFTER: Duration = Duration::from_secs(300);
/// Least time without success after which the keeper is not ready.
const STALE_AFTER: Duration = Duration::from_secs(60);

#[derive(Debug)]
struct Rounds {
    last: Instant,
    last_success: Option<Instant>,
    trouble: Option<String>,
}

/// What the last rounds were like.
#[derive(Debug)]
pub struct Health {
    rounds: Mutex<Rounds>,
    stale_after: Duration,
}

impl Health {
    /// Nothing has happened yet.
    pub fn new(interval_seconds: u32) -> Self {
        let rounds = Rounds {
            last: Instant::now(),
            last_success: None,
            trouble: None,
        };
        let interval = Duration::from_secs(u64::from(interval_seconds));
        Self {
            rounds: Mutex::new(rounds),
            stale_after: STALE_AFTER.max(interval),
        }
    }

    /// Takes note of a round.
    pub fn round(&self, result: &Result<Outcome, Error>) {
        let mut rounds = self.rounds.lock().unwrap_or_else(PoisonError::into_inner);
        rounds.last = Instant::now();
        match result {
            Ok(_) => {
                rounds.last_success = Some(rounds.last);
                rounds.trouble = None;
            }
            Err(error) if error.exit() == Exit::NeedsPerson => {
                rounds.trouble = Some(error.to_string())
            }
            Err(_) => {}
        }
    }

    /// Whether the loop turns.
    pub fn is_alive(&self) -> bool {
        self.rounds
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .last
            .elapsed()
            < DEAD_AFTER
    }

    /// Why it is not ready; `None`: it is.
    pub fn not_ready(&self) -> Option<String> {
        let rounds = self.rounds.lock().unwrap_or_else(PoisonError::into_inner);
        match (&rounds.trouble, rounds.last_success) {
            (Some(trouble), _) => Some(trouble.clone()),
            (None, None) => Some("no round has succeeded yet: see the log".into()),
            (None, Some(at)) if at.elapsed() > self.stale_after => Some(format!(
                "no round has succeeded for {} s: see the log",
                at.elapsed().as_secs()
            )),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{Trouble, WaitFor};

    #[test]
    fn ready_after_a_success_and_not_in_trouble() {
        let health = Health::new(600);
        assert!(health.is_alive() && health.not_ready().is_some());
        let waiting = || {
            Ok(Outcome::Waiting {
                until: 1,
                now: 0,
                reason: WaitFor::WindowEnd,
            })
        };
        health.round(&waiting());
        assert_eq!(health.not_ready(), None);
        health.round(&Err(Error::Rpc {
            method: "x",
            cause: "y".into(),
        }));
        assert_eq!(health.not_ready(), None, "one failed read is not an outage");
        health.round(&Err(Error::Trouble(Trouble::Paused)));
        assert!(health.not_ready().is_some_and(|why| why.contains("paused")));
        health.round(&waiting());
        assert_eq!(health.not_ready(), None);
    }
}
