//! The way of yield into the vault, over the buckets and into the streams.

use anchor_lang::prelude::*;

/// Lamports came in for a source.
#[event(bytemuck)]
pub struct Funded {
    /// Lamports added.
    pub amount_lamports: u64,
    /// Lamports waiting for distribution after it.
    pub funded_lamports: u64,
    /// 0 staking, 1 compute.
    pub source: u64,
    /// When.
    pub at: i64,
    /// The vault.
    pub vault: Address,
    /// Who paid.
    pub funder: Address,
}

/// A source's yield for one interval was split over the buckets.
#[event(bytemuck)]
pub struct YieldDistributed {
    /// Unix second the interval began: the id of the one before.
    pub previous_interval_id: i64,
    /// Unix second the interval ended: its id.
    pub interval_id: i64,
    /// Lamports split.
    pub amount_lamports: u64,
    /// To the stakers, before what was carried over.
    pub stakers_lamports: u64,
    /// To the subsidy of compute.
    pub subsidy_lamports: u64,
    /// To the reserve.
    pub reserve_lamports: u64,
    /// To the treasury.
    pub treasury_lamports: u64,
    /// Carried over from before and streamed now.
    pub carried_in_lamports: u64,
    /// Carried over to the next distribution: not zero only if no pool has value.
    pub carried_out_lamports: u64,
    /// Value of all pools, lamports.
    pub total_value_lamports: u64,
    /// 0 staking, 1 compute.
    pub source: u64,
    /// When.
    pub at: i64,
    /// The vault.
    pub vault: Address,
}

/// A pool's part of a distribution was folded into its stream.
#[event(bytemuck)]
pub struct PoolStreamed {
    /// Lamports folded in.
    pub amount_lamports: u64,
    /// The pool's value, lamports.
    pub value_lamports: u64,
    /// Units of the pool.
    pub total_units: u64,
    /// Unix second the stream runs dry.
    pub stream_end: i64,
    /// When.
    pub at: i64,
    /// Lamports per second, Q64.64, little-endian.
    pub rate: PodU128,
    /// Yield per unit so far, lamports, Q64.64, little-endian.
    pub acc: PodU128,
    /// The pool.
    pub pool: Address,
}

/// A bucket was swept to the address fixed for it.
#[event(bytemuck)]
pub struct BucketSwept {
    /// Lamports swept.
    pub amount_lamports: u64,
    /// Lamports left in the bucket.
    pub left_lamports: u64,
    /// 1 subsidy, 2 reserve, 3 treasury.
    pub bucket: u64,
    /// When.
    pub at: i64,
    /// The vault.
    pub vault: Address,
    /// The address.
    pub destination: Address,
}
