//! Operating the keeper: signals, logs, health, metrics, messages.

pub mod alerts;
pub mod log;
pub mod metrics;

mod health;
mod http;
mod metric_names;
mod readings;
mod signal;

pub use self::{
    health::{Health, Reason},
    http::{is_ready, router},
    readings::{Dependency, Needs, Readings},
    signal::stop_signal,
};
