//! What the tests stand on.

pub mod cluster;
pub mod database;
pub mod facilitator;
#[path = "../../../simulate/tests/fmu/mod.rs"]
pub mod fmu;
pub mod hermes;
pub mod logs;
pub mod openid;
pub mod platform;
pub mod postgres;
pub mod process;
pub mod receiver;
pub mod server;
pub mod stand;
pub mod stripe;
pub mod upstream;
pub mod vault;
