//! Chaos: the real keeper on a real chain while everything around it fails, by a schedule that the
//! seed alone decides. What counts at the end is read from the chain and held against the source of
//! revenue's own record.
//!
//! - [`Fault`]: what can happen; [`plan`]: when it does
//! - [`Platform`]: the source of revenue and the price service, and how they fail
//! - [`World`]: chain, proxies, wallets, keepers; `troubles`: what each fault does to them
//! - [`Report`]: what came of it

mod fault;
mod plan;
mod platform;
mod report;
mod runner;
mod troubles;
mod verdict;
mod world;

pub use fault::Fault;
pub use plan::{Episode, fingerprint, plan};
pub use platform::{Mood, Platform, fee_nano_usd};
pub use report::Report;
pub use runner::run;
pub use world::World;

/// What to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Windows of revenue the faults are spread over.
    pub intervals: u32,
    /// Decides which faults happen, and when.
    pub seed: u64,
    /// Length of a window, seconds.
    pub interval_seconds: u32,
}
