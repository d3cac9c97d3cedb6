//! Specification:
//! - the authority signs and pays the rent; the pool holds SOL
//! - the vote account belongs to the vote program
//! - it may be delegated to when the vault's time lock has passed; at once while the pool is empty

use anchor_lang::{address_eq, prelude::*};

use crate::{
    errors::AccountError,
    events::{ValidatorSet, log},
    seeds::{ACCOUNT_VERSION, VALIDATOR_SEED},
    stake::VOTE_PROGRAM,
    state::{Pool, Validator, Vault},
};

/// Accounts of `add_validator`.
#[derive(Accounts)]
pub struct AddValidator {
    /// Governs the vault, and pays.
    #[account(mut)]
    pub authority: Signer,
    /// The vault.
    pub vault: Account<Vault>,
    /// The SOL pool.
    #[account(constraint(address_eq(&pool.vault, vault.address()) @ AccountError::PoolOfAnotherVault))]
    pub pool: Account<Pool>,
    /// The validator's vote account.
    pub vote: UncheckedAccount,
    /// Its place on the list.
    #[account(init, payer = authority, seeds = [VALIDATOR_SEED, pool.address().as_ref(), vote.address().as_ref()], bump)]
    pub validator: Account<Validator>,
    /// The System program.
    pub system_program: Program<System>,
}

/// See the module.
pub(crate) fn handler(ctx: &mut Context<AddValidator>, cap_lamports: u64) -> Result<()> {
    let bump = ctx.bumps.validator;
    let accounts = &mut ctx.accounts;
    accounts
        .vault
        .require_authority(accounts.authority.address())?;
    accounts.pool.require_native()?;
    require!(
        accounts.vote.account().owned_by(&VOTE_PROGRAM),
        AccountError::WrongValidator
    );
    let now = Clock::get()?.unix_timestamp;
    let wait_seconds = match accounts.pool.total_units {
        0 => 0,
        _ => accounts.vault.timelock_seconds,
    };
    let (pool, vote) = (*accounts.pool.address(), *accounts.vote.address());
    let validator = &mut accounts.validator;
    validator.version = ACCOUNT_VERSION;
    validator.bump = bump;
    validator.pool = pool;
    validator.vote = vote;
    validator.cap_lamports = cap_lamports;
    validator.opens_at = now.saturating_add_unsigned(wait_seconds);
    log(&ValidatorSet {
        cap_lamports,
        opens_at: validator.opens_at,
        at: now,
        pool,
        vote,
    });
    Ok(())
}
