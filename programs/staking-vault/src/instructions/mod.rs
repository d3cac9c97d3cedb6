//! One file an instruction: its accounts, its specification, its handler.
//!
//! The account structs are exported whole: the derive keeps its client module beside each.

pub mod create_vault;
pub mod add_pool;
pub mod update_pool;
pub mod open_position;
pub mod deposit_sol;
pub mod withdraw_sol;
pub mod claim;
pub mod compound;
pub mod close_position;
pub mod emergency_withdraw;
pub mod fund;
pub mod distribute_yield;
pub mod sweep_bucket;
pub mod set_pause;
pub mod propose_config;
pub mod apply_config;
pub mod cancel_config;
pub mod propose_authority;
pub mod accept_authority;
pub mod set_keeper;
pub mod set_guardian;

pub use create_vault::*;
pub use add_pool::*;
pub use update_pool::*;
pub use open_position::*;
pub use deposit_sol::*;
pub use withdraw_sol::*;
pub use claim::*;
pub use compound::*;
pub use close_position::*;
pub use emergency_withdraw::*;
pub use fund::*;
pub use distribute_yield::*;
pub use sweep_bucket::*;
pub use set_pause::*;
pub use propose_config::*;
pub use apply_config::*;
pub use cancel_config::*;
pub use propose_authority::*;
pub use accept_authority::*;
pub use set_keeper::*;
pub use set_guardian::*;
