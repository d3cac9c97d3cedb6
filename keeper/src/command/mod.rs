//! The verbs, one module each.

pub mod describe;
pub mod init_vault;
pub mod once;
pub mod plan;
pub mod run;
pub mod status;
