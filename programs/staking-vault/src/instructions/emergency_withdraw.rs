//! Specification:
//! - the position's owner signs and receives; never paused, open in every pool status
//! - all units that no ticket holds leave, or as many as there is free SOL for that no ticket waits
//!   for
//! - no reward state is read or changed: it works even if settling does not. Yield earned since
//!   the last settlement is given up; what was owed at it stays claimable

use anchor_lang::prelude::*;

use crate::{
    events::{Withdrawn, log},
    lamports::pay_out,
    state::{Pool, Position},
};

/// Accounts of `emergency_withdraw`.
#[derive(Accounts)]
pub struct EmergencyWithdraw {
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
pub(crate) fn handler(ctx: &mut Context<EmergencyWithdraw>) -> Result<()> {
    let accounts = &mut ctx.accounts;
    let owner = *accounts.owner.address();
    let pool_address = *accounts.pool.address();
    accounts.position.require_of(&pool_address, &owner)?;
    accounts.pool.require_native()?;

    let balance = accounts.pool.account().lamports();
    let (units, lamports) = accounts
        .pool
        .take_all_units(&mut accounts.position, balance)?;
    pay_out(accounts.pool.account(), accounts.owner.account(), lamports)?;

    log(&Withdrawn {
        amount_units: units,
        position_units: accounts.position.units,
        total_units: accounts.pool.total_units,
        owed_lamports: accounts.position.owed_lamports,
        at: Clock::get()?.unix_timestamp,
        emergency: 1,
        pool: pool_address,
        owner,
    });
    accounts.pool.invariant(accounts.pool.account().lamports())
}
