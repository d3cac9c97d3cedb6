//! Statistics of the staking vault, usage metering and the revenue report, over HTTP.
//!
//! A usage event comes in through [`platform`], is priced and stored once in the [`store`], and is
//! reported to the keeper as revenue. What the keeper makes of it on the chain comes back through
//! the [`indexer`] and is told to the world by `stats`.

mod actions;
mod app;
pub mod clock;
pub mod config;
pub mod http;
pub mod indexer;
pub mod platform;
mod price;
pub mod server;
mod stats;
pub mod store;

pub use app::{App, AppError, Lag};
pub use price::SetupError;
