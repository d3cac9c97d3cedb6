//! What the world is told. Sums are integers to the last step; a display number (`*SOL`, `*USD`,
//! `*Percent`) is made of them once, at the edge, and every amount of money is there as a decimal
//! string of lamports too. What is not known is `null`, never zero.

pub(crate) mod apy;
mod chain;
pub(crate) mod defillama;
mod display;
pub(crate) mod distributions;
pub(crate) mod history;
mod input;
mod model;
pub(crate) mod network;
mod owed;
mod paging;
pub(crate) mod pools;
pub(crate) mod positions;
mod rate;
mod realised;
pub(crate) mod revenue_model;
pub(crate) mod yield_stats;

pub use owed::OwedCache;

/// Seconds of the year that realised rates are scaled to: 365.25 days.
const YEAR_SECONDS: u64 = 31_557_600;
