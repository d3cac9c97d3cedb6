//! Specification:
//! - anyone may serve the first ticket of the queue; never paused
//! - as many of its units as there is free SOL for are paid to its owner; pool and position settle
//!   first, so the units earned until now
//! - a ticket worth less than a lamport, after a loss, is served with nothing: it must not hold up
//!   the tickets behind it
//! - a ticket that is paid out, or was cancelled, is closed to its owner, and the next is the first

use anchor_lang::{address_eq, prelude::*};

use crate::{
    errors::{AccountError, InputError, InvariantError, RuleError},
    events::{TicketServed, Withdrawn, log},
    lamports::pay_out,
    state::{Pool, Position, Ticket},
};

/// Accounts of `serve_ticket`.
#[derive(Accounts)]
pub struct ServeTicket {
    /// The SOL pool.
    #[account(mut)]
    pub pool: Account<Pool>,
    /// The ticket.
    #[account(mut, constraint(address_eq(&ticket.pool, pool.address()) @ AccountError::WrongTicket))]
    pub ticket: Account<Ticket>,
    /// The owner's position; of a cancelled ticket it may be closed.
    #[account(mut)]
    pub position: UncheckedAccount,
    /// Is paid.
    #[account(mut, address = ticket.owner @ AccountError::WrongTicket)]
    pub owner: UncheckedAccount,
}

/// See the module.
pub(crate) fn handler(ctx: &mut Context<ServeTicket>) -> Result<()> {
    let accounts = &mut ctx.accounts;
    require!(
        accounts.ticket.number == accounts.pool.ticket_served,
        RuleError::NotFirstTicket
    );
    if accounts.ticket.units > 0 {
        pay(accounts)?;
    }
    if accounts.ticket.units == 0 {
        accounts
            .pool
            .pass_ticket(&mut accounts.ticket, *accounts.owner.account())?;
    }
    accounts.pool.invariant(accounts.pool.account().lamports())
}

/// Pays as much of the ticket as there is free SOL for.
fn pay(accounts: &mut ServeTicket) -> Result<()> {
    let now = Clock::get()?.unix_timestamp;
    let pool_address = *accounts.pool.address();
    let owner = *accounts.owner.address();
    // SAFETY: the only typed account made of this view; the accounts of the instruction that are
    // mutable are distinct.
    #[expect(unsafe_code, reason = "see above")]
    let mut position = unsafe { Account::<Position>::load_mut(*accounts.position.account()) }?;
    position.require_of(&pool_address, &owner)?;
    let pool = &mut accounts.pool;
    pool.settle(now)?;
    position.settle(pool)?;

    let free = pool.free_lamports(pool.account().lamports());
    let (units, lamports) = pool.units_within(accounts.ticket.units, free)?;
    require!(
        lamports > 0 || units == accounts.ticket.units,
        InputError::InsufficientLiquidity
    );
    let take = |from: &mut u64| -> Result<()> {
        *from = from.checked_sub(units).ok_or(InvariantError::Overflow)?;
        Ok(())
    };
    take(&mut accounts.ticket.units)?;
    take(&mut position.ticket_units)?;
    take(&mut position.units)?;
    take(&mut pool.ticket_units)?;
    take(&mut pool.total_units)?;
    pay_out(pool.account(), accounts.owner.account(), lamports)?;
    log(&Withdrawn {
        amount_units: units,
        position_units: position.units,
        total_units: pool.total_units,
        owed_lamports: position.owed_lamports,
        at: now,
        emergency: 0,
        pool: pool_address,
        owner,
    });
    log(&TicketServed {
        number: accounts.ticket.number,
        amount_lamports: lamports,
        left_units: accounts.ticket.units,
        waiting_units: pool.ticket_units,
        at: now,
        pool: pool_address,
        owner,
    });
    Ok(())
}
