//! The keeper: measures compute revenue, converts it to SOL, funds the staking vault and
//! distributes the yield, each second of revenue exactly once.
//!
//! [`plan`] decides and does nothing; [`keeper`] reads, asks it, and does what it says. That a
//! second is never distributed twice rests on the chain: the program compares and swaps the id of
//! the last interval. [`memory`] only remembers what is in flight.

pub mod chain;
pub mod cli;
pub mod command;
pub mod config;
pub mod duties;
pub mod error;
pub mod history;
pub mod human;
pub mod keeper;
pub mod memory;
pub mod ops;
pub mod plan;
pub mod price;
pub mod revenue;
