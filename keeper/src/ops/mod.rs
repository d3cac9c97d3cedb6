//! Operating the keeper: signals, health, metrics.

pub mod metrics;

mod health;
mod http;
mod signal;

pub use self::{health::Health, http::router, signal::stop_signal};
