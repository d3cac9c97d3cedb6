//! Specification:
//! - the ticket's owner signs; never paused
//! - the units are free in the position again; the emptied ticket keeps its place until the queue has
//!   passed it, and `serve_ticket` then returns its rent

use anchor_lang::{address_eq, prelude::*};

use crate::{
    errors::{AccountError, InputError, InvariantError},
    events::{TicketCancelled, log},
    state::{Pool, Position, Ticket},
};

/// Accounts of `cancel_ticket`.
#[derive(Accounts)]
pub struct CancelTicket {
    /// Owns position and ticket.
    pub owner: Signer,
    /// The SOL pool.
    #[account(mut)]
    pub pool: Account<Pool>,
    /// The owner's position in it.
    #[account(mut)]
    pub position: Account<Position>,
    /// The ticket.
    #[account(mut, constraint(address_eq(&ticket.pool, pool.address()) && address_eq(&ticket.owner, owner.address()) @ AccountError::WrongTicket))]
    pub ticket: Account<Ticket>,
}

/// See the module.
pub(crate) fn handler(ctx: &mut Context<CancelTicket>) -> Result<()> {
    let accounts = &mut ctx.accounts;
    let (pool_address, owner) = (*accounts.pool.address(), *accounts.owner.address());
    accounts.position.require_of(&pool_address, &owner)?;
    let units = core::mem::take(&mut accounts.ticket.units);
    require!(units > 0, InputError::TicketCancelled);
    let take = |from: &mut u64| -> Result<()> {
        *from = from.checked_sub(units).ok_or(InvariantError::Overflow)?;
        Ok(())
    };
    take(&mut accounts.pool.ticket_units)?;
    take(&mut accounts.position.ticket_units)?;
    log(&TicketCancelled {
        number: accounts.ticket.number,
        units,
        waiting_units: accounts.pool.ticket_units,
        at: Clock::get()?.unix_timestamp,
        pool: pool_address,
        owner,
    });
    Ok(())
}
