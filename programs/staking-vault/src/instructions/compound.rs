//! Specification:
//! - the position's owner signs; the pool takes SOL and is active; deposits are not paused
//! - pool and position settle, and all that is owed moves from the vault to the pool and becomes
//!   units of the same position, as many as a deposit would, within the cap; no minimum applies

use anchor_lang::{address_eq, prelude::*};

use super::deposit_sol;
use crate::{
    errors::{AccountError, InputError},
    events::{Compounded, log},
    lamports::pay_out,
    state::{Pool, Position, Vault},
};

/// Accounts of `compound`.
#[derive(Accounts)]
pub struct Compound {
    /// Owns the position.
    pub owner: Signer,
    /// The vault, which holds the yield.
    #[account(mut)]
    pub vault: Account<Vault>,
    /// The SOL pool; its account receives the principal.
    #[account(mut, constraint(address_eq(&pool.vault, vault.address()) @ AccountError::PoolOfAnotherVault))]
    pub pool: Account<Pool>,
    /// The owner's position in it.
    #[account(mut)]
    pub position: Account<Position>,
}

/// See the module.
pub(crate) fn handler(ctx: &mut Context<Compound>) -> Result<()> {
    let accounts = &mut ctx.accounts;
    let owner = *accounts.owner.address();
    let pool_address = *accounts.pool.address();
    accounts.position.require_of(&pool_address, &owner)?;
    accounts.vault.require_deposits_open()?;
    accounts.pool.require_native()?;

    let now = Clock::get()?.unix_timestamp;
    accounts.pool.settle(now)?;
    accounts.position.settle(&accounts.pool)?;
    let lamports = accounts.position.take_owed()?;
    require!(lamports > 0, InputError::NothingOwed);
    accounts.vault.book_claim(lamports)?;
    accounts.pool.book_claim(lamports)?;
    let units = deposit_sol::units_for(&mut accounts.pool, lamports, now)?;
    accounts.position.add_units(units)?;
    accounts.pool.add_units(units)?;
    pay_out(accounts.vault.account(), accounts.pool.account(), lamports)?;

    log(&Compounded {
        amount_lamports: lamports,
        position_units: accounts.position.units,
        total_units: accounts.pool.total_units,
        position_claimed_lamports: accounts.position.claimed_total_lamports,
        at: now,
        pool: pool_address,
        owner,
    });
    accounts
        .vault
        .invariant(accounts.vault.account().lamports())?;
    accounts.pool.invariant(accounts.pool.account().lamports())
}
