//! Specification:
//! - the authority signs
//! - a cap below what the validator holds takes nothing from it; it only stops further delegation

use anchor_lang::{address_eq, prelude::*};

use crate::{
    errors::AccountError,
    events::{ValidatorSet, log},
    state::{Pool, Validator, Vault},
};

/// Accounts of `set_validator_cap`.
#[derive(Accounts)]
pub struct SetValidatorCap {
    /// Governs the vault.
    pub authority: Signer,
    /// The vault.
    pub vault: Account<Vault>,
    /// The SOL pool.
    #[account(constraint(address_eq(&pool.vault, vault.address()) @ AccountError::PoolOfAnotherVault))]
    pub pool: Account<Pool>,
    /// The validator's place on the list.
    #[account(mut, constraint(address_eq(&validator.pool, pool.address()) @ AccountError::WrongValidator))]
    pub validator: Account<Validator>,
}

/// See the module.
pub(crate) fn handler(ctx: &mut Context<SetValidatorCap>, cap_lamports: u64) -> Result<()> {
    let accounts = &mut ctx.accounts;
    accounts
        .vault
        .require_authority(accounts.authority.address())?;
    accounts.validator.cap_lamports = cap_lamports;
    log(&ValidatorSet {
        cap_lamports,
        opens_at: accounts.validator.opens_at,
        at: Clock::get()?.unix_timestamp,
        pool: accounts.validator.pool,
        vote: accounts.validator.vote,
    });
    Ok(())
}
