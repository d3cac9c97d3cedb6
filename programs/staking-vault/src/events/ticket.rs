//! The queue of withdrawals that wait for staked SOL.

use anchor_lang::prelude::*;

/// A withdrawal waits for staked SOL.
#[event(bytemuck)]
pub struct TicketOpened {
    /// Number of the ticket.
    pub number: u64,
    /// Units it asks for.
    pub units: u64,
    /// Units of all tickets after it.
    pub waiting_units: u64,
    /// When.
    pub at: i64,
    /// The pool.
    pub pool: Address,
    /// The owner.
    pub owner: Address,
}

/// A ticket was taken back.
#[event(bytemuck)]
pub struct TicketCancelled {
    /// Number of the ticket.
    pub number: u64,
    /// Units that are free again.
    pub units: u64,
    /// Units of all tickets after it.
    pub waiting_units: u64,
    /// When.
    pub at: i64,
    /// The pool.
    pub pool: Address,
    /// The owner.
    pub owner: Address,
}

/// A ticket was paid, in part or in full; `Withdrawn` goes with it.
#[event(bytemuck)]
pub struct TicketServed {
    /// Number of the ticket.
    pub number: u64,
    /// Lamports paid.
    pub amount_lamports: u64,
    /// Units it still waits for.
    pub left_units: u64,
    /// Units of all tickets after it.
    pub waiting_units: u64,
    /// When.
    pub at: i64,
    /// The pool.
    pub pool: Address,
    /// The owner.
    pub owner: Address,
}
