//! Marinade's state, which keeps the price of mSOL itself.
//!
//! It is brought up to date by Marinade's own cranks and carries no time; the bound of moves holds it.

use anchor_lang::{address_eq, prelude::*};
use primis_foreign_accounts::marinade;

use crate::{bytes, errors::AccountError};

/// Marinade's program.
const PROGRAM: Address = anchor_lang::address!("MarBmsSgKXdrN1egZf5sqe1TMai9K1rChYNDJgjq7aD");

/// Reads the price; `None` where it is zero.
pub fn read(view: &AccountView, mint: &Address) -> Result<Option<u64>> {
    require!(view.owned_by(&PROGRAM), AccountError::WrongPriceAccount);
    let state = marinade::read(bytes::of(view)).ok_or(AccountError::WrongPriceAccount)?;
    require!(
        address_eq(&Address::new_from_array(state.mint), mint),
        AccountError::WrongPriceAccount
    );
    Ok(primis_vault_math::price_from_marinade(state.msol_price))
}
