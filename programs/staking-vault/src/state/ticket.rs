//! A withdrawal that waits for staked SOL to return.

use anchor_lang::prelude::*;

/// One ticket; tickets are served in the order of their numbers.
#[account]
pub struct Ticket {
    /// Its number in the pool.
    pub number: u64,
    /// Units still to be paid out; 0: cancelled.
    pub units: u64,
    /// When it was opened, Unix seconds.
    pub opened_at: i64,
    /// The pool.
    pub pool: Address,
    /// Who is paid, and gets the rent back.
    pub owner: Address,
    /// Layout version.
    pub version: u8,
    /// Bump of its address.
    pub bump: u8,
    /// Always zero.
    pub padding: [u8; 6],
    /// For later versions; zero.
    pub reserved: [u8; 32],
}
