//! What the tests stand on.

pub mod cluster;
pub mod database;
#[path = "../../../simulate/tests/fmu/mod.rs"]
pub mod fmu;
pub mod hermes;
pub mod logs;
pub mod platform;
pub mod postgres;
pub mod process;
pub mod receiver;
pub mod server;
pub mod services;
pub mod stand;
pub mod vault;

pub use primis_services::{facilitator, openid, stripe, upstream};
