//! The keeper's verbs as an operator meets them: what is shown, what is compared, what is checked
//! before a start, what a running keeper tells monitoring, and what it never tells anybody. The
//! stand is that of the crash tests.

#![expect(
    clippy::indexing_slicing,
    reason = "a field that a JSON value does not have reads as null"
)]

mod check_config;
mod deploy;
mod exit_codes;
mod history;
mod operate;
mod receiver;
mod reconcile;
mod secrets;
mod settings;
