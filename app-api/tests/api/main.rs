//! The API from outside: real HTTP on port 0, a real database of each kind, and a cluster that
//! speaks Solana's JSON-RPC.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test says by panicking that something is not as it must be"
)]

mod accounts;
mod billing;
mod console;
mod gateway;
mod golden;
mod http;
mod indexer;
mod ledger;
mod revenue;
mod runs;
mod snapshot;
mod statistics;
mod support;
mod systems;
mod usage;
mod wallets;
