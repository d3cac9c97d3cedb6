//! Outcomes in words and in JSON, the same for every verb.

use serde_json::{Value, json};

use crate::{
    error::Exit,
    human::{Sol, Time},
    keeper::{Interval, Outcome},
    memory::Attempt,
};

/// The outcome for people.
pub fn text(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Waiting { until, now, reason } => format!(
            "nothing to do now: {reason}. next look due at {} (chain clock {}, in {} s)",
            Time(*until),
            Time(*now),
            until.saturating_sub(*now).max(0)
        ),
        Outcome::Standby { keeper } => format!(
            "standing by: the vault names keeper {keeper}; this one takes over as soon as the authority names it by set_keeper"
        ),
        Outcome::Landed {
            interval,
            signature,
        } => format!(
            "distributed {} for {} to {} ({} of it funded now), transaction {signature}",
            Sol(interval.distribute_lamports),
            Time(interval.previous_interval_id),
            Time(interval.interval_id),
            Sol(interval.fund_lamports)
        ),
        Outcome::AlreadyDistributed { interval } => format!(
            "the interval from {} was already distributed by another transaction: nothing is paid twice",
            Time(interval.previous_interval_id)
        ),
        Outcome::Expired { interval } => format!(
            "the transaction for {} did not land in time and never will; it is planned anew",
            Time(interval.interval_id)
        ),
        Outcome::InFlight {
            interval,
            signature,
        } => format!(
            "the transaction for {} is still in flight ({signature}); it is followed to its end at the next round or start",
            Time(interval.interval_id)
        ),
    }
}

/// The outcome for programs. Lamports are decimal strings: they exceed JSON's safe integers.
pub fn json(outcome: &Outcome) -> Value {
    let exit = exit(outcome);
    let interval = |event: &str, interval: &Interval| {
        json!({
            "event": event,
            "previous_interval_id": interval.previous_interval_id,
            "interval_id": interval.interval_id,
            "fund_lamports": interval.fund_lamports.to_string(),
            "distribute_lamports": interval.distribute_lamports.to_string(),
        })
    };
    let mut value = match outcome {
        Outcome::Waiting { until, now, reason } => {
            json!({"event": "waiting", "reason": reason.code(), "until_unix_seconds": until, "chain_clock_unix_seconds": now})
        }
        Outcome::Standby { keeper } => {
            json!({"event": "standby", "keeper": keeper.to_string()})
        }
        Outcome::Landed { interval: i, .. } => interval("landed", i),
        Outcome::AlreadyDistributed { interval: i } => interval("already_distributed", i),
        Outcome::Expired { interval: i } => interval("expired", i),
        Outcome::InFlight { interval: i, .. } => interval("in_flight", i),
    };
    if let Some(object) = value.as_object_mut() {
        if let Outcome::Landed { signature, .. } | Outcome::InFlight { signature, .. } = outcome {
            object.insert("signature".into(), signature.to_string().into());
        }
        object.insert("outcome".into(), exit.name().into());
        object.insert("exit_code".into(), exit.code().into());
    }
    value
}

/// What follows from the outcome.
pub fn exit(outcome: &Outcome) -> Exit {
    match outcome {
        Outcome::Waiting { .. }
        | Outcome::Standby { .. }
        | Outcome::Landed { .. }
        | Outcome::AlreadyDistributed { .. } => Exit::Done,
        Outcome::Expired { .. } | Outcome::InFlight { .. } => Exit::TryLater,
    }
}

/// An attempt, as it is remembered.
pub fn attempt_json(attempt: &Attempt) -> Value {
    json!({
        "id": attempt.id,
        "state": attempt.state.name(),
        "previous_interval_id": attempt.previous_interval_id,
        "interval_id": attempt.interval_id,
        "fund_lamports": attempt.fund_lamports.to_string(),
        "distribute_lamports": attempt.distribute_lamports.to_string(),
        "planned_at_unix_seconds": attempt.planned_at,
        "signature": attempt.in_flight.as_ref().map(|in_flight| in_flight.signature.to_string()),
        "note": attempt.note,
    })
}
