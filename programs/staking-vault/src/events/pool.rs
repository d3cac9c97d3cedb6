//! What happens to a pool: its limits, its price.

use anchor_lang::prelude::*;

use crate::state::PriceSource;

/// A pool was added.
#[event(bytemuck)]
pub struct PoolAdded {
    /// Largest number of units it takes.
    pub cap_units: u64,
    /// Smallest deposit, units.
    pub min_deposit_units: u64,
    /// When.
    pub at: i64,
    /// Its place among the vault's pools.
    pub index: u64,
    /// Its vault.
    pub vault: Address,
    /// Its address.
    pub pool: Address,
    /// Its mint; the native mint stands for SOL.
    pub mint: Address,
}

/// A pool's limits were changed.
#[event(bytemuck)]
pub struct PoolUpdated {
    /// Largest number of units it takes.
    pub cap_units: u64,
    /// Smallest deposit, units.
    pub min_deposit_units: u64,
    /// 0 active, 1 closed to deposits, 2 retired.
    pub status: u64,
    /// Its address.
    pub pool: Address,
}

/// A pool's cap in SOL and its buffer were set.
#[event(bytemuck)]
pub struct PoolLimitsSet {
    /// Largest value that deposits can reach, lamports.
    pub cap_lamports: u64,
    /// Part of the SOL pool's principal that is never delegated, basis points.
    pub buffer_bps: u64,
    /// When.
    pub at: i64,
    /// Its address.
    pub pool: Address,
}

/// A pool's price was brought up to date; of the SOL pool, it started over after losses.
#[event(bytemuck)]
pub struct PriceRefreshed {
    /// Lamports for 1,000,000,000 units before; 0: none.
    pub price_before: u64,
    /// Lamports for 1,000,000,000 units.
    pub price: u64,
    /// As of when, Unix seconds.
    pub as_of: i64,
    /// When.
    pub at: i64,
    /// The pool.
    pub pool: Address,
}

/// Another price source was proposed.
#[event(bytemuck)]
pub struct PriceSourceProposed {
    /// The source.
    pub price_source: PriceSource,
    /// Unix second from which it can be applied.
    pub applicable_at: i64,
    /// The pool.
    pub pool: Address,
}

/// The proposed price source was applied.
#[event(bytemuck)]
pub struct PriceSourceApplied {
    /// The source.
    pub price_source: PriceSource,
    /// When.
    pub at: i64,
    /// The pool.
    pub pool: Address,
}
