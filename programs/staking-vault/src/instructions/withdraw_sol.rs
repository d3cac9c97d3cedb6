//! Specification:
//! - the position's owner signs and receives; never paused, open in every pool status
//! - the amount is positive, within the position's units that no ticket holds, and within the free
//!   SOL that no ticket waits for
//! - pool and position settle before units change; what is owed stays owed
//! - a unit is a lamport, or less than one after a recognised loss; rounded down

use anchor_lang::prelude::*;

use crate::{
    errors::InputError,
    events::{Withdrawn, log},
    lamports::pay_out,
    state::{Pool, Position},
};

/// Accounts of `withdraw_sol`.
#[derive(Accounts)]
pub struct WithdrawSol {
    /// Owns the position, and receives.
    #[account(mut)]
    pub owner: Signer,
    /// The SOL pool; its account holds the principal.
    #[account(mut)]
    pub pool: Account<Pool>,
    /// The owner's position in it.
    #[account(mut)]
    pub position: Account<Position>,
}

/// See the module.
pub(crate) fn handler(ctx: &mut Context<WithdrawSol>, units: u64) -> Result<()> {
    let accounts = &mut ctx.accounts;
    let owner = *accounts.owner.address();
    let pool_address = *accounts.pool.address();
    accounts.position.require_of(&pool_address, &owner)?;
    accounts.pool.require_native()?;
    require!(units > 0, InputError::ZeroAmount);

    let now = Clock::get()?.unix_timestamp;
    accounts.pool.settle(now)?;
    accounts.position.settle(&accounts.pool)?;
    let balance = accounts.pool.account().lamports();
    let lamports = accounts
        .pool
        .take_units(&mut accounts.position, units, balance)?;
    pay_out(accounts.pool.account(), accounts.owner.account(), lamports)?;

    log(&Withdrawn {
        amount_units: units,
        position_units: accounts.position.units,
        total_units: accounts.pool.total_units,
        owed_lamports: accounts.position.owed_lamports,
        at: now,
        emergency: 0,
        pool: pool_address,
        owner,
    });
    accounts.pool.invariant(accounts.pool.account().lamports())
}
