//! Whether the keeper is alive, and whether it is able to distribute: as its last rounds left it,
//! and as what it depends on was last seen.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use super::Readings;
use crate::{
    error::{Error, Exit},
    human::Sol,
    keeper::Outcome,
};

/// Least time without a round after which the loop is taken for dead: the longest pause and the
/// longest time a transaction is watched.
const DEAD_AFTER: Duration = Duration::from_secs(300);
/// Least time without success after which the keeper is not ready.
const STALE_AFTER: Duration = Duration::from_secs(60);
/// How long a dependency may fail before the keeper is not ready: one failed read is no outage.
const FAILING_AFTER: Duration = Duration::from_secs(30);

#[derive(Clone, Debug)]
struct Rounds {
    last: Instant,
    last_success: Option<Instant>,
    trouble: Option<Reason>,
    waits_for_revenue: bool,
}

/// Why the keeper is not able to distribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// In a word.
    pub code: &'static str,
    /// What it is, and what to do.
    pub message: String,
}

impl Reason {
    /// As `/readyz` shows it.
    pub fn json(&self) -> Value {
        json!({"code": self.code, "message": self.message})
    }
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
            waits_for_revenue: false,
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
            Ok(outcome) => {
                rounds.last_success = Some(rounds.last);
                rounds.trouble = None;
                rounds.waits_for_revenue = matches!(
                    outcome,
                    Outcome::Waiting { reason, .. } if reason.is_for_revenue()
                );
            }
            Err(error) if error.exit() == Exit::NeedsPerson => {
                rounds.trouble = Some(Reason {
                    code: trouble_code(error),
                    message: error.to_string(),
                });
            }
            Err(_) => {}
        }
    }

    /// Whether the loop turns.
    pub fn is_alive(&self) -> bool {
        self.rounds().last.elapsed() < DEAD_AFTER
    }

    /// What a person must see to, by the last round that said so with none better since.
    pub fn trouble(&self) -> Option<Reason> {
        self.rounds().trouble
    }

    /// Whether the last round that succeeded found too little revenue to distribute.
    pub fn waits_for_revenue(&self) -> bool {
        self.rounds().waits_for_revenue
    }

    /// Why it is not able to distribute; empty: it is.
    pub fn not_ready(&self, readings: &Readings, wallet_reserve_lamports: u64) -> Vec<Reason> {
        let rounds = self.rounds();
        let now = Instant::now();
        let mut reasons: Vec<Reason> = rounds.trouble.into_iter().collect();
        let stale = match rounds.last_success {
            None if reasons.is_empty() => Some("no round has succeeded yet: see the log".into()),
            Some(at) if now.saturating_duration_since(at) > self.stale_after => Some(format!(
                "no round has succeeded for {} s: see the log",
                at.elapsed().as_secs()
            )),
            _ => None,
        };
        reasons.extend(stale.map(|message| Reason {
            code: "no_success",
            message,
        }));
        for (code, needs) in [
            ("rpc", &readings.rpc),
            ("revenue", &readings.revenue),
            ("price", &readings.price),
        ] {
            if let Some((time, cause)) = needs.failing_for(now)
                && time > FAILING_AFTER
            {
                reasons.push(Reason {
                    code,
                    message: format!("fails for {} s: {cause}", time.as_secs()),
                });
            }
        }
        let is_low = |lamports: &u64| *lamports < wallet_reserve_lamports;
        if let Some(lamports) = readings.wallet_lamports.filter(is_low) {
            reasons.push(Reason {
                code: "wallet_low",
                message: format!(
                    "the keeper's wallet holds {}, less than its reserve of {}: send SOL to it",
                    Sol(lamports),
                    Sol(wallet_reserve_lamports)
                ),
            });
        }
        reasons
    }

    fn rounds(&self) -> Rounds {
        self.rounds
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

fn trouble_code(error: &Error) -> &'static str {
    match error {
        Error::Trouble(trouble) => trouble.code(),
        Error::Price(_) => "price",
        Error::Revenue(_) => "revenue",
        _ => "needs_a_person",
    }
}

#[cfg(test)]
mod tests {
    use super::{super::Needs, *};
    use crate::plan::{Trouble, WaitFor};

    fn waiting() -> Result<Outcome, Error> {
        Ok(Outcome::Waiting {
            until: 1,
            now: 0,
            reason: WaitFor::WindowEnd,
        })
    }

    fn codes(health: &Health, readings: &Readings) -> Vec<&'static str> {
        let reasons = health.not_ready(readings, 10);
        reasons.iter().map(|reason| reason.code).collect()
    }

    #[test]
    fn ready_after_a_success_and_not_in_trouble() {
        let health = Health::new(600);
        let fine = Readings::default();
        assert!(health.is_alive());
        assert_eq!(codes(&health, &fine), ["no_success"]);
        health.round(&waiting());
        assert_eq!(codes(&health, &fine), [""; 0]);
        health.round(&Err(Error::Rpc {
            method: "x",
            cause: "y".into(),
        }));
        assert_eq!(
            codes(&health, &fine),
            [""; 0],
            "one failed read is no outage"
        );
        health.round(&Err(Error::Trouble(Trouble::Paused)));
        assert_eq!(codes(&health, &fine), ["paused"]);
        health.round(&waiting());
        assert_eq!(codes(&health, &fine), [""; 0]);
    }

    #[test]
    fn what_it_depends_on_is_named() {
        let health = Health::new(600);
        health.round(&waiting());
        let long_ago = Instant::now().checked_sub(FAILING_AFTER * 2).unwrap();
        let failing = |since| Needs {
            failing: Some((since, "refused".into())),
        };
        let mut readings = Readings {
            price: failing(long_ago),
            rpc: failing(Instant::now()),
            wallet_lamports: Some(9),
            ..Readings::default()
        };
        assert_eq!(codes(&health, &readings), ["price", "wallet_low"]);
        readings.wallet_lamports = Some(10);
        readings.price = Needs::default();
        assert_eq!(codes(&health, &readings), [""; 0]);
    }
}
