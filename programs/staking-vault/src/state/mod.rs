//! The accounts: what they hold, how they settle, and what must hold of them.

mod config;
mod delegation;
mod pool;
mod position;
mod price_source;
mod ticket;
mod validator;
mod vault;

pub use config::{Config, Split};
pub use delegation::{Delegation, DelegationStatus};
pub use pool::{Pool, PoolKind, PoolStatus};
pub use position::Position;
pub use price_source::{PriceKind, PriceSource};
pub use ticket::Ticket;
pub use validator::Validator;
pub use vault::{Bucket, Pause, Source, SourceState, Vault};
