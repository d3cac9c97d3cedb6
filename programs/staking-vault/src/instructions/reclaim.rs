//! Specification:
//! - anyone may, once the stake is inactive: the stake program refuses before
//! - all lamports of the stake account come back: principal to the pool, the rents to whoever paid
//!   them, what lies above to the vault as yield of base staking
//! - if less than the principal came back, the loss is recognised: the reserve covers what it can, the
//!   rest is taken out of every unit of the pool alike
//! - the delegation is closed

use anchor_lang::{address_eq, prelude::*};

use crate::{
    errors::{AccountError, InvariantError, RuleError},
    events::{Reclaimed, log},
    lamports::pay_out,
    stake::{self, CLOCK, STAKE_HISTORY, STAKE_PROGRAM},
    state::{Delegation, DelegationStatus, Pool, Source, Validator, Vault},
};

/// Accounts of `reclaim`.
#[derive(Accounts)]
pub struct ReclaimStake {
    /// The vault.
    #[account(mut)]
    pub vault: Account<Vault>,
    /// The SOL pool.
    #[account(mut, constraint(address_eq(&pool.vault, vault.address()) @ AccountError::PoolOfAnotherVault))]
    pub pool: Account<Pool>,
    /// The validator's place on the list.
    #[account(mut, constraint(address_eq(&validator.pool, pool.address()) && address_eq(&validator.vote, &delegation.vote) @ AccountError::WrongValidator))]
    pub validator: Account<Validator>,
    /// The delegation.
    #[account(mut, close = payer)]
    pub delegation: Account<Delegation>,
    /// Its stake account.
    #[account(mut)]
    pub stake: UncheckedAccount,
    /// Paid the rents, and gets them back.
    #[account(mut, address = delegation.payer @ AccountError::WrongRentPayer)]
    pub payer: UncheckedAccount,
    /// The clock sysvar.
    #[account(address = CLOCK)]
    pub clock: UncheckedAccount,
    /// The stake history sysvar.
    #[account(address = STAKE_HISTORY)]
    pub stake_history: UncheckedAccount,
    /// The stake program.
    #[account(address = STAKE_PROGRAM)]
    pub stake_program: UncheckedAccount,
}

/// See the module.
pub(crate) fn handler(ctx: &mut Context<ReclaimStake>) -> Result<()> {
    let accounts = &mut ctx.accounts;
    let delegation = &accounts.delegation;
    delegation.require_of(&accounts.pool, accounts.stake.address())?;
    require!(
        delegation.status == DelegationStatus::DEACTIVATING,
        RuleError::NotDeactivating
    );
    let received = accounts.stake.account().lamports();
    stake::withdraw_all(
        accounts.stake.account(),
        accounts.clock.account(),
        accounts.stake_history.account(),
        &accounts.pool,
    );

    // Principal first, then the rent, and what is left is reward.
    let principal = delegation.principal_lamports;
    let returned = received.min(principal);
    let lost = principal.saturating_sub(returned);
    let rent = received
        .saturating_sub(returned)
        .min(delegation.rent_lamports);
    let reward = received.saturating_sub(returned).saturating_sub(rent);
    let (number, delegated) = (delegation.number, delegation.delegated_lamports);

    let pool = &mut accounts.pool;
    pool.staked_lamports = pool
        .staked_lamports
        .checked_sub(principal)
        .ok_or(InvariantError::Overflow)?;
    pool.deactivating_lamports = pool.deactivating_lamports.saturating_sub(principal);
    accounts.validator.staked_lamports =
        accounts.validator.staked_lamports.saturating_sub(delegated);
    pay_out(pool.account(), accounts.payer.account(), rent)?;
    pay_out(pool.account(), accounts.vault.account(), reward)?;
    accounts.vault.book_funding(Source::Staking, reward)?;
    super::harvest::cover_loss(&mut accounts.vault, pool, lost)?;

    log(&Reclaimed {
        number,
        principal_lamports: principal,
        reward_lamports: reward,
        lost_lamports: lost,
        staked_lamports: pool.staked_lamports,
        at: Clock::get()?.unix_timestamp,
        pool: *pool.address(),
        stake: *accounts.stake.address(),
    });
    accounts
        .vault
        .invariant(accounts.vault.account().lamports())?;
    accounts.pool.invariant(accounts.pool.account().lamports())
}
