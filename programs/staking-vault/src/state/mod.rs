//! The accounts: what they hold, how they settle, and what must hold of them.

mod config;
mod pool;
mod position;
mod vault;

pub use config::{Config, Split};
pub use pool::{Pool, PoolKind, PoolStatus};
pub use position::Position;
pub use vault::{Bucket, Pause, Source, SourceState, Vault};
