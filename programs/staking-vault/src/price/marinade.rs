//! Marinade's state, which keeps the price of mSOL itself.
//!
//! Layout (`marinade_finance::state::State`, Borsh): the mint follows the discriminator; the price,
//! SOL per mSOL with 32 bits of fraction, follows the stake, validator and liquidity systems. It is
//! brought up to date by Marinade's own cranks and carries no time; the bound of moves holds it.

use anchor_lang::{address_eq, prelude::*};

use crate::{bytes, errors::AccountError};

/// Marinade's program.
const PROGRAM: Address = anchor_lang::address!("MarBmsSgKXdrN1egZf5sqe1TMai9K1rChYNDJgjq7aD");
/// Discriminator of its state.
const DISCRIMINATOR: [u8; 8] = [216, 146, 107, 94, 104, 75, 182, 177];
const MINT_OFFSET: usize = 8;
const PRICE_OFFSET: usize = 512;

/// Reads the price; `None` where it is zero.
pub fn read(view: &AccountView, mint: &Address) -> Result<Option<u64>> {
    require!(view.owned_by(&PROGRAM), AccountError::WrongPriceAccount);
    let data = bytes::of(view);
    let (Some(DISCRIMINATOR), Some(its_mint), Some(price)) = (
        bytes::array(data, 0),
        bytes::address_at(data, MINT_OFFSET),
        bytes::u64_at(data, PRICE_OFFSET),
    ) else {
        return Err(AccountError::WrongPriceAccount.into());
    };
    require!(address_eq(&its_mint, mint), AccountError::WrongPriceAccount);
    Ok(primis_vault_math::price_from_marinade(price))
}
