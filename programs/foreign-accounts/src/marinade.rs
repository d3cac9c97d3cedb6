//! Marinade's state.
//!
//! Layout (`marinade_finance::state::State`, Borsh): the mint follows the discriminator; the price,
//! SOL per mSOL with 32 bits of fraction, follows the stake, validator and liquidity systems.

use crate::bytes;

/// Discriminator of the state.
const DISCRIMINATOR: [u8; 8] = [216, 146, 107, 94, 104, 75, 182, 177];
const MINT_OFFSET: usize = 8;
const PRICE_OFFSET: usize = 512;

/// What is read of the state.
pub struct State {
    /// The mint of mSOL.
    pub mint: [u8; 32],
    /// SOL per mSOL with 32 bits of fraction.
    pub msol_price: u64,
}

/// Reads the state; `None` if it is none.
#[inline]
pub fn read(data: &[u8]) -> Option<State> {
    if bytes::array(data, 0)? != DISCRIMINATOR {
        return None;
    }
    Some(State {
        mint: bytes::array(data, MINT_OFFSET)?,
        msol_price: bytes::u64_at(data, PRICE_OFFSET)?,
    })
}
