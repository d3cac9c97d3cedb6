//! The price of SOL in US dollars, from Pyth's Hermes service.
//!
//! A price is used only when it is of the right feed, positive, fresh and narrow: see
//! [`PriceError`] for every cause of refusal. There is no fall-back and no last known price; who
//! asks waits and asks again. All arithmetic is on integers: nano-USD (10⁻⁹ dollars) and lamports.

mod error;
mod hermes;
mod sol_usd;
mod wire;

pub use error::PriceError;
pub use hermes::{Hermes, HermesConfig};
pub use sol_usd::SolUsd;
