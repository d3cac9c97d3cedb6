//! The whole of Primis on one machine, and its parts one by one for tests that need only some:
//! a Solana of one's own ([`Chain`]), a price service ([`Hermes`]), and whoever stakes.
//!
//! This is the only crate that embeds a Solana runtime. Nothing that goes into production may
//! depend on it.

mod api;
pub mod audit;
pub mod chain;
pub mod daemon;
mod hermes;
mod keeper;
mod roles;
mod staker;

pub use api::{Api, ApiClient, ApiSetup, FEE_BPS, Revenue, Secrets, UsageAnswer, UsageEvent, UsageResult};
pub use audit::Audit;
pub use chain::{Chain, Port, VaultAddresses, VaultView};
pub use daemon::Daemon;
pub use hermes::{Hermes, SOL_USD_FEED};
pub use keeper::{KEEPER_GRACE_SECONDS, Keeper, KeeperSetup};
pub use roles::{Roles, SOL};
pub use staker::Staker;
