//! What the world is told. Sums are integers to the last step; a display number (`*SOL`, `*USD`,
//! `*Percent`) is made of them once, at the edge, and every amount of money is there as a decimal
//! string of lamports too. What is not known is `null`, never zero.

mod accrual;
mod apy;
mod book;
mod chain;
mod display;
mod distributions;
mod headline;
mod history;
mod input;
mod model;
mod network;
mod owed;
mod paging;
mod pool_rates;
mod pools;
mod positions;
mod rate;
mod realised;
mod revenue_model;
mod series;
mod stream;
mod ticket;
mod yield_stats;

pub(crate) use apy::{apy, my_apy};
pub(crate) use distributions::distributions;
pub(crate) use headline::{Headline, headline};
pub(crate) use history::history;
pub(crate) use network::network;
pub use owed::OwedCache;
pub(crate) use pools::pools;
pub(crate) use positions::positions;
pub(crate) use revenue_model::revenue_model;
pub(crate) use series::series;
pub use stream::Hub;
pub(crate) use stream::stream;
pub(crate) use yield_stats::yield_stats;

/// Seconds of the year that realised rates are scaled to: 365.25 days.
const YEAR_SECONDS: u64 = 31_557_600;
