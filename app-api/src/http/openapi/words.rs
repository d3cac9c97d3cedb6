//! Schemas of fields that take one of a few words.

use serde_json::Value;
use utoipa::openapi::schema::{Object, ObjectBuilder, Type};

/// A string that is one of `words`.
fn one_of(words: &[&str], description: &str) -> Object {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some(description))
        .enum_values(Some(words.iter().map(|word| Value::from(*word))))
        .build()
}

/// The two sources of yield.
pub(crate) fn source() -> Object {
    one_of(
        &["staking", "compute"],
        "Where the yield comes from: rewards of staked SOL, or revenue of compute.",
    )
}

/// What a pool holds.
pub(crate) fn pool_kind() -> Object {
    one_of(&["sol", "token"], "SOL, or a liquid staking token.")
}

/// Whether a pool takes deposits and yield.
pub(crate) fn pool_status() -> Object {
    one_of(
        &["active", "closed_to_deposits", "retired"],
        "`closed_to_deposits` still earns; `retired` has no part in later distributions.",
    )
}

/// What happens to a position.
pub(crate) fn position_event() -> Object {
    one_of(
        &[
            "opened",
            "closed",
            "deposited",
            "withdrawn",
            "emergency_withdrawn",
            "claimed",
            "compounded",
            "ticket_opened",
            "ticket_cancelled",
            "ticket_served",
        ],
        "What happened.",
    )
}

/// What became of a usage event.
pub(crate) fn usage_status() -> Object {
    one_of(
        &["accepted", "duplicate"],
        "Stored now, or stored before with the same content.",
    )
}

/// How far a run is.
pub(crate) fn run_state() -> Object {
    one_of(
        &["pending", "queued", "running", "done", "failed"],
        "`pending`: it is not paid yet, or it is not known whether its payment was settled; `done`: there is a result.",
    )
}

/// What pays for a run.
pub(crate) fn run_paid_by() -> Object {
    one_of(
        &["x402", "stripe", "balance", "credit", "again"],
        "`credit`: a prepaid run; `again`: the token of a run that failed on this side.",
    )
}

/// Whose fault a failure is.
pub(crate) fn run_fault() -> Object {
    one_of(
        &["fmu", "request", "server"],
        "`fmu`: the unit's, and it will fail again; `server`: this side's.",
    )
}

/// Why something is to be paid.
pub(crate) fn payment_code() -> Object {
    one_of(
        &["payment_required", "payment_refused"],
        "`payment_refused`: the payment that was sent pays for nothing.",
    )
}
