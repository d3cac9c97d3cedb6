//! SPL stake pools: what the pool holds over what it has issued, as of this epoch.
//!
//! Layout (`spl_stake_pool::state::StakePool`, Borsh): account type, manager, staker, deposit
//! authority, bump, validator list, reserve, mint, fee account, token program, total lamports,
//! token supply, last update epoch.

use anchor_lang::{address_eq, prelude::*};

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
const TYPE_STAKE_POOL: u8 = 1;
const MINT_OFFSET: usize = 162;
const TOTAL_LAMPORTS_OFFSET: usize = 258;
const TOKEN_SUPPLY_OFFSET: usize = 266;
const LAST_UPDATE_EPOCH_OFFSET: usize = 274;

/// Reads the price; `None` where the pool holds or has issued nothing.
pub fn read(view: &AccountView, mint: &Address, epoch: u64) -> Result<Option<u64>> {
    require!(
        PROGRAMS.iter().any(|program| view.owned_by(program)),
        AccountError::WrongPriceAccount
    );
    let data = bytes::of(view);
    let (Some(&TYPE_STAKE_POOL), Some(its_mint), Some(lamports), Some(supply), Some(updated)) = (
        data.first(),
        bytes::address_at(data, MINT_OFFSET),
        bytes::u64_at(data, TOTAL_LAMPORTS_OFFSET),
        bytes::u64_at(data, TOKEN_SUPPLY_OFFSET),
        bytes::u64_at(data, LAST_UPDATE_EPOCH_OFFSET),
    ) else {
        return Err(AccountError::WrongPriceAccount.into());
    };
    require!(address_eq(&its_mint, mint), AccountError::WrongPriceAccount);
    require!(updated == epoch, RuleError::PriceTooOld);
    Ok(primis_vault_math::price_from_ratio(lamports, supply))
}
