//! What the world is told. Sums are integers to the last step; a display number (`*SOL`, `*USD`,
//! `*Percent`) is made of them once, at the edge, and every amount of money is there as a decimal
//! string of lamports too. What is not known is `null`, never zero.

mod accrual;
pub(crate) mod apy;
mod book;
mod chain;
pub(crate) mod defillama;
mod display;
pub(crate) mod distributions;
mod headline;
pub(crate) mod history;
mod input;
mod jobs;
mod model;
pub(crate) mod network;
mod paging;
mod pool_rates;
pub(crate) mod pools;
pub(crate) mod positions;
mod rate;
mod realised;
mod rendered;
pub(crate) mod revenue_model;
pub(crate) mod series;
pub(crate) mod stream;
mod ticket;
pub(crate) mod yield_stats;

pub(crate) use headline::{Headline, headline};
pub(crate) use paging::link as paging_link;
pub(crate) use rendered::Bodies;
pub use stream::Hub;

/// Seconds of the year that realised rates are scaled to: 365.25 days.
const YEAR_SECONDS: u64 = 31_557_600;
