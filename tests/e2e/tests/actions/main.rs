//! Wallets and the vault: Solana Actions, the relay and the faucet, on a real program. Every answer of
//! an action passes a validator written from the specification.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test says by panicking that something is not as it must be"
)]

mod answers;
mod journey;
mod place;
mod refusals;
mod relay;
mod tickets;
mod tokens;
mod validator;
