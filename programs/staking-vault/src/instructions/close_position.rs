//! Specification:
//! - the position's owner signs and receives; never paused
//! - the position holds no units and no ticket
//! - what is still owed is paid first, so closing loses nothing; then all lamports of the
//!   account, rent and whatever was sent to it, go to the owner

use anchor_lang::{address_eq, prelude::*};

use super::claim;
use crate::{
    errors::{AccountError, InputError},
    events::{PositionClosed, log},
    state::{Pool, Position, Vault},
};

/// Accounts of `close_position`.
#[derive(Accounts)]
pub struct ClosePosition {
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
    #[account(mut, close = owner)]
    pub position: Account<Position>,
}

/// See the module.
pub(crate) fn handler(ctx: &mut Context<ClosePosition>) -> Result<()> {
    let accounts = &mut ctx.accounts;
    let now = Clock::get()?.unix_timestamp;
    claim::pay(
        accounts.owner.account(),
        &mut accounts.vault,
        &mut accounts.pool,
        &mut accounts.position,
        now,
    )?;
    require!(
        accounts.position.units == 0 && accounts.position.ticket_units == 0,
        InputError::PositionNotEmpty
    );
    accounts.pool.position_count = accounts.pool.position_count.saturating_sub(1);
    log(&PositionClosed {
        at: now,
        position_count: accounts.pool.position_count,
        pool: *accounts.pool.address(),
        position: *accounts.position.address(),
        owner: *accounts.owner.address(),
    });
    Ok(())
}
