//! Specification:
//! - the position's owner signs and receives; never paused, open in every pool status
//! - pool and position settle, and all that is owed is paid from the vault
//! - with nothing owed it is refused, so that a wallet sees why

use anchor_lang::{address_eq, prelude::*};

use crate::{
    errors::{AccountError, InputError},
    events::{Claimed, log},
    lamports::pay_out,
    state::{Pool, Position, Vault},
};

/// Accounts of `claim`.
#[derive(Accounts)]
pub struct Claim {
    /// Owns the position, and receives.
    #[account(mut)]
    pub owner: Signer,
    /// The vault, which holds the yield.
    #[account(mut)]
    pub vault: Account<Vault>,
    /// The pool.
    #[account(mut, constraint(address_eq(&pool.vault, vault.address()) @ AccountError::PoolOfAnotherVault))]
    pub pool: Account<Pool>,
    /// The owner's position in it.
    #[account(mut)]
    pub position: Account<Position>,
}

/// See the module.
pub(crate) fn handler(ctx: &mut Context<Claim>) -> Result<()> {
    let accounts = &mut ctx.accounts;
    let now = Clock::get()?.unix_timestamp;
    let lamports = pay(
        accounts.owner.account(),
        &mut accounts.vault,
        &mut accounts.pool,
        &mut accounts.position,
        now,
    )?;
    require!(lamports > 0, InputError::NothingOwed);
    Ok(())
}

/// Settles and pays what is owed to `owner`; returns it, zero included. `close_position` pays
/// through it too.
pub(crate) fn pay(
    owner: &AccountView,
    vault: &mut Account<Vault>,
    pool: &mut Account<Pool>,
    position: &mut Account<Position>,
    now: i64,
) -> Result<u64> {
    position.require_of(pool.address(), owner.address())?;
    pool.settle(now)?;
    position.settle(pool)?;
    let lamports = position.take_owed()?;
    if lamports == 0 {
        return Ok(0);
    }
    pool.book_claim(lamports)?;
    vault.book_claim(lamports)?;
    pay_out(vault.account(), owner, lamports)?;
    log(&Claimed {
        amount_lamports: lamports,
        position_claimed_lamports: position.claimed_total_lamports,
        at: now,
        pool: *pool.address(),
        owner: *owner.address(),
    });
    vault.invariant(vault.account().lamports())?;
    Ok(lamports)
}
