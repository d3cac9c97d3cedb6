//! Primis for Rust: the staking vault's instructions and accounts, and its HTTP API.
//!
//! [`vault`] is written from the program's IDL, [`api`] from the API's OpenAPI document, when this
//! crate is built. [`PrimisClient`] joins the two:
//!
//! ```no_run
//! # async fn example(vault: solana_address::Address, wallet: solana_address::Address) -> Result<(), primis_client::Error> {
//! let primis = primis_client::PrimisClient::new("http://127.0.0.1:8080", vault);
//! let stats = primis.api().stats().send().await?.into_inner();
//! let stake = primis.stake_sol(&wallet, 1_500_000_000); // sign and send it by any RPC client
//! # let _ = (stats, stake);
//! # Ok(())
//! # }
//! ```

mod client;
mod error;

pub use client::{Distributions, PrimisClient};
pub use error::Error;
pub use primis_vault_interface as vault;

/// The HTTP API: a method of [`api::Client`] for each operation, which takes its parameters one by
/// one and ends with `send()`; answers and bodies are in [`api::types`].
#[allow(
    missing_docs,
    unused_imports,
    clippy::all,
    clippy::unwrap_used,
    reason = "written by a generator"
)]
pub mod api {
    include!(concat!(env!("OUT_DIR"), "/api.rs"));
}
