//! Base staking: validators, delegations, rewards and losses.

use anchor_lang::prelude::*;

/// A validator was allowed, or its cap changed.
#[event(bytemuck)]
pub struct ValidatorSet {
    /// Most principal it may hold.
    pub cap_lamports: u64,
    /// Unix second from which it may be delegated to.
    pub opens_at: i64,
    /// When.
    pub at: i64,
    /// The pool.
    pub pool: Address,
    /// Its vote account.
    pub vote: Address,
}

/// SOL was delegated to a validator.
#[event(bytemuck)]
pub struct Delegated {
    /// Number of the delegation.
    pub number: u64,
    /// Lamports delegated.
    pub amount_lamports: u64,
    /// Principal in all delegations after it.
    pub staked_lamports: u64,
    /// When.
    pub at: i64,
    /// The pool.
    pub pool: Address,
    /// The validator's vote account.
    pub vote: Address,
    /// The stake account.
    pub stake: Address,
}

/// A delegation began to be deactivated.
#[event(bytemuck)]
pub struct Deactivated {
    /// Number of the delegation.
    pub number: u64,
    /// Principal that will return.
    pub principal_lamports: u64,
    /// When.
    pub at: i64,
    /// The pool.
    pub pool: Address,
    /// The stake account.
    pub stake: Address,
}

/// A delegation came back.
#[event(bytemuck)]
pub struct Reclaimed {
    /// Number of the delegation.
    pub number: u64,
    /// Principal it had.
    pub principal_lamports: u64,
    /// Rewards that became yield.
    pub reward_lamports: u64,
    /// Principal that did not come back.
    pub lost_lamports: u64,
    /// Principal in all delegations after it.
    pub staked_lamports: u64,
    /// When.
    pub at: i64,
    /// The pool.
    pub pool: Address,
    /// The stake account.
    pub stake: Address,
}

/// A delegation's rewards became yield.
#[event(bytemuck)]
pub struct Harvested {
    /// Number of the delegation.
    pub number: u64,
    /// Lamports that became yield.
    pub amount_lamports: u64,
    /// Rewards that free SOL did not cover yet.
    pub left_lamports: u64,
    /// Lamports of base staking waiting for distribution after it.
    pub funded_lamports: u64,
    /// When.
    pub at: i64,
    /// The pool.
    pub pool: Address,
    /// The stake account.
    pub stake: Address,
}

/// Principal was lost: slashing, or worse.
#[event(bytemuck)]
pub struct LossRecognised {
    /// Lamports lost.
    pub lost_lamports: u64,
    /// Of them paid by the reserve.
    pub covered_lamports: u64,
    /// Lamports for 1,000,000,000 units before.
    pub price_before: u64,
    /// Lamports for 1,000,000,000 units after it.
    pub price: u64,
    /// When.
    pub at: i64,
    /// The pool.
    pub pool: Address,
}
