//! Specification:
//! - the keeper may, at any time; anyone may while tickets wait for more SOL than is free and on its
//!   way, so that no keeper can hold principal back
//! - the delegation is active; the stake account is its own
//! - if its validator stopped voting, anyone may have deactivated the stake account by the stake
//!   program itself: it is then only booked, and anyone may, for there is nothing left to hold back

use anchor_lang::{address_eq, prelude::*};

use crate::{
    errors::{AccountError, InvariantError, RuleError},
    events::{Deactivated, log},
    stake::{self, CLOCK, STAKE_PROGRAM},
    state::{Delegation, DelegationStatus, Pool, Vault},
};

/// Accounts of `deactivate`.
#[derive(Accounts)]
pub struct DeactivateStake {
    /// The keeper, or anyone while tickets wait.
    pub signer: Signer,
    /// The vault.
    pub vault: Account<Vault>,
    /// The SOL pool.
    #[account(mut, constraint(address_eq(&pool.vault, vault.address()) @ AccountError::PoolOfAnotherVault))]
    pub pool: Account<Pool>,
    /// The delegation.
    #[account(mut)]
    pub delegation: Account<Delegation>,
    /// Its stake account.
    #[account(mut)]
    pub stake: UncheckedAccount,
    /// The clock sysvar.
    #[account(address = CLOCK)]
    pub clock: UncheckedAccount,
    /// The stake program.
    #[account(address = STAKE_PROGRAM)]
    pub stake_program: UncheckedAccount,
}

/// See the module.
pub(crate) fn handler(ctx: &mut Context<DeactivateStake>) -> Result<()> {
    let accounts = &mut ctx.accounts;
    accounts
        .delegation
        .require_of(&accounts.pool, accounts.stake.address())?;
    require!(
        accounts.delegation.status == DelegationStatus::ACTIVE,
        RuleError::NotActive
    );
    let pool = &mut accounts.pool;
    let deactivated = stake::is_deactivated(accounts.stake.account());
    if !deactivated && !address_eq(accounts.signer.address(), &accounts.vault.keeper) {
        let coming = pool
            .free_lamports(pool.account().lamports())
            .checked_add(pool.deactivating_lamports)
            .ok_or(InvariantError::Overflow)?;
        require!(pool.ticket_lamports()? > coming, RuleError::NoTicketWaits);
    }
    if !deactivated {
        stake::deactivate(accounts.stake.account(), accounts.clock.account(), pool);
    }
    accounts.delegation.status = DelegationStatus::DEACTIVATING;
    pool.deactivating_lamports = pool
        .deactivating_lamports
        .checked_add(accounts.delegation.principal_lamports)
        .ok_or(InvariantError::Overflow)?;
    log(&Deactivated {
        number: accounts.delegation.number,
        principal_lamports: accounts.delegation.principal_lamports,
        at: Clock::get()?.unix_timestamp,
        pool: *accounts.pool.address(),
        stake: *accounts.stake.address(),
    });
    Ok(())
}
