//! The Stripe source against a server that pages, limits and fails as Stripe does, and as it should
//! not.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a broken expectation is a failed test"
)]

mod again;
mod counted;
mod refused;
mod server;
