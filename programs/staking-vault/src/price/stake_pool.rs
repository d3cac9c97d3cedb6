//! SPL stake pools: what the pool holds over what it has issued, as of this epoch.

use anchor_lang::{address_eq, prelude::*};
use primis_foreign_accounts::stake_pool;

use crate::{
    bytes,
    errors::{AccountError, RuleError},
};

/// The program and its deployments for single and for many validators.
const PROGRAMS: [Address; 3] = [
    anchor_lang::address!("SPoo1Ku8WFXoNDMHPsrGSTSG1Y47rzgn41SLUNakuHy"),
    anchor_lang::address!("SP12tWFxD9oJsVWNavTTBZvMbA6gkAmxtVgxdqvyvhY"),
    anchor_lang::address!("SPMBzsVUuoHA4Jm6KunbsotaahvVikZs1JyTW6iJvbn"),
];

/// Reads the price; `None` where the pool holds or has issued nothing.
pub fn read(view: &AccountView, mint: &Address, epoch: u64) -> Result<Option<u64>> {
    require!(
        PROGRAMS.iter().any(|program| view.owned_by(program)),
        AccountError::WrongPriceAccount
    );
    let pool = stake_pool::read(bytes::of(view)).ok_or(AccountError::WrongPriceAccount)?;
    require!(
        address_eq(&Address::new_from_array(pool.mint), mint),
        AccountError::WrongPriceAccount
    );
    require!(pool.last_update_epoch == epoch, RuleError::PriceTooOld);
    Ok(primis_vault_math::price_from_ratio(
        pool.total_lamports,
        pool.token_supply,
    ))
}
