//! The verbs, one module each.

pub mod check_config;
pub mod describe;
pub mod healthcheck;
pub mod history;
pub mod init_vault;
pub mod once;
pub mod plan;
pub mod reconcile;
pub mod run;
pub mod sample_config;
pub mod status;
