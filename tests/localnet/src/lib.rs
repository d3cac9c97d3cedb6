//! The whole of Primis on one machine, and its parts one by one for tests that need only some:
//! a Solana of one's own ([`Chain`]), a price service ([`Hermes`]), stand-ins for Stripe and a model
//! API ([`Services`]), the daemons ([`Keeper`], [`Api`]), whoever stakes ([`Staker`]) and whoever buys
//! compute ([`Traffic`]), and an audit that trusts none of them ([`Audit`]).
//!
//! This is the only crate that embeds a Solana runtime. Nothing that goes into production may
//! depend on it.

mod api;
pub mod audit;
mod base;
mod by_hand;
pub mod chain;
mod customer;
pub mod daemon;
mod hermes;
mod joint;
mod keeper;
mod lst;
mod models;
mod money;
pub mod network;
mod options;
mod report;
mod roles;
mod services;
mod staker;
mod story;
mod tally;
mod traffic;
mod voice;

pub use api::{Api, ApiClient, ApiSetup, FEE_BPS, Revenue, Secrets};
pub use audit::Audit;
pub use base::Cluster;
pub use by_hand::{Delegated, HandKeeper};
pub use chain::{Chain, Port, VaultAddresses, VaultView};
pub use customer::{Customer, Ended, Seen};
pub use daemon::Daemon;
pub use hermes::{Hermes, SOL_USD_FEED};
pub use keeper::{Keeper, KeeperSetup};
pub use lst::{Issuer, Lst, TokenStaker};
pub use options::Options;
pub use report::Report;
pub use roles::{Roles, SOL};
pub use services::{Delivered, Services};
pub use staker::Staker;
pub use tally::Tally;
pub use traffic::{DEMO_EMAIL, DEMO_PASSWORD, Traffic};
