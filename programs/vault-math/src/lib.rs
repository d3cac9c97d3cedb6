//! Pure integer arithmetic of the staking vault, shared by the program, the keeper and the API.
//!
//! No account, no clock, no IO: every function takes numbers and returns numbers, or `None` where
//! the true result does not fit. Yield per unit and stream rates are Q64.64 fixed point numbers
//! in a `u128` (64 bits of whole lamports, 64 bits of fraction).
//!
//! The accumulator is the one of Synthetix' `StakingRewards` and MasterChef: yield per unit grows
//! with time, a position earns `units × (acc_now − acc_at_its_last_settlement)`.
#![cfg_attr(not(test), no_std)]

mod apportion;
mod price;
mod stream;

pub use apportion::{
    BPS_DENOMINATOR, BUCKETS, PRICE_SCALE, apportion, share_of, split, units_for, value_lamports,
};
pub use price::{
    MARINADE_PRICE_ONE, confidence_within, moved_within, price_from_marinade, price_from_rate,
    price_from_ratio, price_from_usd,
};
pub use stream::{Stream, owed_lamports};
