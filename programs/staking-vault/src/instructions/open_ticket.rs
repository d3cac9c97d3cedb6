//! Specification:
//! - the position's owner signs and pays the ticket's rent, which comes back with it; never paused
//! - the units are in the position and in no other ticket; at least the pool's minimum deposit, or
//!   all that is left
//! - the units stay in the position and earn until they are paid out
//! - tickets are numbered; from now on no withdrawal takes the SOL they wait for

use anchor_lang::prelude::*;

use crate::{
    errors::{InputError, InvariantError},
    events::{TicketOpened, log},
    seeds::{ACCOUNT_VERSION, TICKET_SEED},
    state::{Pool, Position, Ticket},
};

/// Accounts of `open_ticket`.
#[derive(Accounts)]
pub struct OpenTicket {
    /// Owns the position, and pays.
    #[account(mut)]
    pub owner: Signer,
    /// The SOL pool.
    #[account(mut)]
    pub pool: Account<Pool>,
    /// The owner's position in it.
    #[account(mut)]
    pub position: Account<Position>,
    /// The ticket.
    #[account(init, payer = owner, seeds = [TICKET_SEED, pool.address().as_ref(), &pool.ticket_next.to_le_bytes()], bump)]
    pub ticket: Account<Ticket>,
    /// The System program.
    pub system_program: Program<System>,
}

/// See the module.
pub(crate) fn handler(ctx: &mut Context<OpenTicket>, units: u64) -> Result<()> {
    let bump = ctx.bumps.ticket;
    let accounts = &mut ctx.accounts;
    let (pool_address, owner) = (*accounts.pool.address(), *accounts.owner.address());
    accounts.position.require_of(&pool_address, &owner)?;
    accounts.pool.require_native()?;
    require!(units > 0, InputError::ZeroAmount);
    let free = accounts.position.free_units();
    require!(units <= free, InputError::InsufficientUnits);
    require!(
        units == free || units >= accounts.pool.min_deposit_units,
        InputError::BelowMinimumTicket
    );
    let now = Clock::get()?.unix_timestamp;
    let number = accounts.pool.ticket_next;
    let add = |to: &mut u64, units: u64| -> Result<()> {
        *to = to.checked_add(units).ok_or(InvariantError::Overflow)?;
        Ok(())
    };
    add(&mut accounts.pool.ticket_next, 1)?;
    add(&mut accounts.pool.ticket_units, units)?;
    add(&mut accounts.position.ticket_units, units)?;
    let ticket = &mut accounts.ticket;
    ticket.version = ACCOUNT_VERSION;
    ticket.bump = bump;
    ticket.number = number;
    ticket.units = units;
    ticket.opened_at = now;
    ticket.pool = pool_address;
    ticket.owner = owner;
    log(&TicketOpened {
        number,
        units,
        waiting_units: accounts.pool.ticket_units,
        at: now,
        pool: pool_address,
        owner,
    });
    Ok(())
}
