//! The owners' readings: their own crates where those are small enough, else their own declarations
//! of the layouts, read by Borsh.

pub mod marinade;
pub mod pyth;
pub mod stake;
pub mod stake_pool;
pub mod token;
