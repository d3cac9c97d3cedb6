//! The keeper's verbs as an operator meets them: what is shown, what is compared, what is checked
//! before a start, what a running keeper tells monitoring, and what it never tells anybody. The
//! stand is that of the crash tests.

#![expect(
    clippy::indexing_slicing,
    reason = "a field that a JSON value does not have reads as null"
)]

#[path = "../crash/books.rs"]
#[allow(
    dead_code,
    reason = "a part of the stand; the crash tests use all of it"
)]
mod books;
mod check_config;
#[path = "../crash/config.rs"]
#[allow(
    dead_code,
    reason = "a part of the stand; the crash tests use all of it"
)]
mod config;
mod deploy;
mod exit_codes;
mod history;
mod operate;
mod operator;
#[path = "../crash/proxy.rs"]
#[allow(
    dead_code,
    reason = "a part of the stand; the crash tests use all of it"
)]
mod proxy;
mod receiver;
mod reconcile;
mod secrets;
mod settings;
#[path = "../crash/stand.rs"]
#[allow(
    dead_code,
    reason = "a part of the stand; the crash tests use all of it"
)]
mod stand;
#[path = "../crash/trap.rs"]
#[allow(
    dead_code,
    reason = "a part of the stand; the crash tests use all of it"
)]
mod trap;
#[path = "../crash/verb.rs"]
#[allow(
    dead_code,
    reason = "a part of the stand; the crash tests use all of it"
)]
mod verb;
