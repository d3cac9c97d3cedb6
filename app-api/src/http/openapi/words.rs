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
