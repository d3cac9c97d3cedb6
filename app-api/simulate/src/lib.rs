//! Runs a functional mock-up unit (FMI 2.0 and 3.0, co-simulation) whose author nobody trusts.
//!
//! The archive is unpacked and described here ([`archive`], [`description`]) without running anything of
//! it. [`supervise`] then starts a process of its own, which confines itself ([`confine`]) before the
//! unit's code is loaded, and ends it when it exceeds its limits.

pub mod archive;
pub mod child;
pub mod confine;
pub mod description;
mod failure;
mod fmi;
mod job;
pub mod supervise;
mod table;

pub use failure::{Code, Failure, Fault};
pub use job::{Job, Limits, Value};
pub use supervise::{Finished, Simulator};
pub use table::Table;
