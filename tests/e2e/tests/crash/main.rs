//! The keeper's own binary against a chain of its own, through a proxy that fails where it is
//! told to: killed at every step of an attempt, answered late, wrongly or not at all, and every
//! verb as an operator or a scheduler meets it. What counts is always read from the chain.

#![expect(
    clippy::indexing_slicing,
    reason = "a field that a JSON value does not have reads as null"
)]

mod boundary;
mod chaos;
mod crashes;
mod duties;
mod endpoints;
mod expired;
mod forgotten;
mod handover;
mod init_vault;
mod lies;
mod machine;
mod meanwhile;
mod mistakes;
mod once;
mod outages;
mod plan_and_status;
mod prices;
mod reload;
mod rivals;
