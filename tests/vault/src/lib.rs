//! A small world on LiteSVM in which the staking vault is tried: roles, stakers, a clock, and
//! after every transaction the invariants recomputed from balances.
#![allow(clippy::expect_used, reason = "a broken world is a failed test")]

mod acts;
pub mod cu;
mod invariants;
pub mod peers;
pub mod prices;
mod refusal;
mod staking;
pub mod tokens;
mod world;

pub use refusal::Refusal;
pub use staking::{STAKE_PROGRAM, VOTE_PROGRAM};
pub use world::{Outcome, SOL, World, config, key, program_path};
