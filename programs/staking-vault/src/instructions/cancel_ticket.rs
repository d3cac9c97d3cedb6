//! Specification:
//! - the ticket's owner signs; never paused
//! - the units are free in the position again
//! - the first ticket of the queue is closed to its owner, and the next is the first. Another one keeps
//!   its place, emptied, until the queue has passed it, and `serve_ticket` then returns its rent: a
//!   number names one ticket for good, so the last one does not give its own back either

use anchor_lang::{address_eq, prelude::*};

use crate::{
    errors::{AccountError, InputError, InvariantError},
    events::{TicketCancelled, log},
    state::{Pool, Position, Ticket},
};

/// Accounts of `cancel_ticket`.
#[derive(Accounts)]
pub struct CancelTicket {
    /// Owns position and ticket, and gets the rent back.
    #[account(mut)]
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
    accounts
        .position
        .require_of(accounts.pool.address(), accounts.owner.address())?;
    let now = Clock::get()?.unix_timestamp;
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
        at: now,
        pool: accounts.ticket.pool,
        owner: accounts.ticket.owner,
    });
    if accounts.ticket.number != accounts.pool.ticket_served {
        return Ok(());
    }
    let ticket = *accounts.ticket.account();
    pass(&mut accounts.pool, ticket, *accounts.owner.account())
}

/// Closes the first ticket. Out of the way of the others, which it would make dearer.
#[cold]
#[inline(never)]
fn pass(pool: &mut Pool, ticket: AccountView, owner: AccountView) -> Result<()> {
    // SAFETY: the handler returns with this and no longer uses its own typed account of the view.
    #[expect(unsafe_code, reason = "see above")]
    let mut ticket = unsafe { Account::<Ticket>::load_mut(ticket) }?;
    pool.pass_ticket(&mut ticket, owner)
}
