//! What happens to a position: principal in and out, yield paid.

use anchor_lang::prelude::*;

/// A position was opened.
#[event(bytemuck)]
pub struct PositionOpened {
    /// When.
    pub at: i64,
    /// Open positions of the pool, this one included.
    pub position_count: u64,
    /// Its pool.
    pub pool: Address,
    /// Its address.
    pub position: Address,
    /// Its owner.
    pub owner: Address,
}

/// Principal came in.
#[event(bytemuck)]
pub struct Deposited {
    /// Units deposited.
    pub amount_units: u64,
    /// Units of the position after it.
    pub position_units: u64,
    /// Units of the pool after it.
    pub total_units: u64,
    /// Lamports owed to the position, settled at `at`.
    pub owed_lamports: u64,
    /// When.
    pub at: i64,
    /// The pool.
    pub pool: Address,
    /// The owner.
    pub owner: Address,
}

/// Principal went out to its owner.
#[event(bytemuck)]
pub struct Withdrawn {
    /// Units withdrawn.
    pub amount_units: u64,
    /// Units of the position after it.
    pub position_units: u64,
    /// Units of the pool after it.
    pub total_units: u64,
    /// Lamports owed to the position, settled at `at`; 0 by an emergency withdrawal, which
    /// settles nothing.
    pub owed_lamports: u64,
    /// When.
    pub at: i64,
    /// 1 by an emergency withdrawal, else 0.
    pub emergency: u64,
    /// The pool.
    pub pool: Address,
    /// The owner.
    pub owner: Address,
}

/// Yield was paid to its owner.
#[event(bytemuck)]
pub struct Claimed {
    /// Lamports paid.
    pub amount_lamports: u64,
    /// Lamports the position has been paid in all.
    pub position_claimed_lamports: u64,
    /// When.
    pub at: i64,
    /// The pool.
    pub pool: Address,
    /// The owner.
    pub owner: Address,
}

/// Yield became principal of the same position.
#[event(bytemuck)]
pub struct Compounded {
    /// Lamports moved from yield to principal.
    pub amount_lamports: u64,
    /// Units of the position after it.
    pub position_units: u64,
    /// Units of the pool after it.
    pub total_units: u64,
    /// Lamports the position has been paid or compounded in all.
    pub position_claimed_lamports: u64,
    /// When.
    pub at: i64,
    /// The pool.
    pub pool: Address,
    /// The owner.
    pub owner: Address,
}

/// A position was closed; its rent went back to its owner.
#[event(bytemuck)]
pub struct PositionClosed {
    /// When.
    pub at: i64,
    /// Open positions of the pool after it.
    pub position_count: u64,
    /// Its pool.
    pub pool: Address,
    /// Its address.
    pub position: Address,
    /// Its owner.
    pub owner: Address,
}
