//! The price of SOL in US dollars, by Pyth: from its Hermes service, or from an account on chain.
//!
//! A price is used only when it is of the right feed, positive, fresh and narrow: see
//! [`PriceError`] for every cause of refusal. There is no fall-back and no last known price; who
//! asks waits and asks again. All arithmetic is on integers: nano-USD (10⁻⁹ dollars) and lamports.

mod account;
mod binary;
mod error;
mod hermes;
mod published;
mod sol_usd;
mod wire;

pub use account::sol_usd_of_account;
pub use error::PriceError;
pub use hermes::{Hermes, HermesConfig};
pub use published::Bounds;
pub use sol_usd::SolUsd;

/// A feed id from 32 bytes of hexadecimal, with or without `0x`.
///
/// # Errors
/// [`PriceError::Config`] where it is something else.
pub fn feed_id(text: &str) -> Result<[u8; 32], PriceError> {
    decode_feed_id(text).ok_or_else(|| {
        PriceError::Config(format!(
            "feed_id must be 32 bytes in hexadecimal, not {text:?}"
        ))
    })
}

fn decode_feed_id(text: &str) -> Option<[u8; 32]> {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    let mut id = [0; 32];
    hex::decode_to_slice(digits, &mut id).ok()?;
    Some(id)
}
