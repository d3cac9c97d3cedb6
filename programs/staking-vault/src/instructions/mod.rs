//! One file an instruction: its accounts, its specification, its handler.
//!
//! The account structs are exported whole: the derive keeps its client module beside each.

pub mod accept_authority;
pub mod add_pool;
pub mod apply_config;
pub mod cancel_config;
pub mod claim;
pub mod close_position;
pub mod compound;
#[allow(
    unused_variables,
    reason = "the accounts derive names the id where it does not use it"
)]
pub mod create_vault;
pub mod deposit_sol;
pub mod distribute_yield;
pub mod emergency_withdraw;
pub mod fund;
pub mod open_position;
pub mod propose_authority;
pub mod propose_config;
pub mod set_guardian;
pub mod set_keeper;
pub mod set_pause;
pub mod sweep_bucket;
pub mod update_pool;
pub mod withdraw_sol;

pub use accept_authority::*;
pub use add_pool::*;
pub use apply_config::*;
pub use cancel_config::*;
pub use claim::*;
pub use close_position::*;
pub use compound::*;
pub use create_vault::*;
pub use deposit_sol::*;
pub use distribute_yield::*;
pub use emergency_withdraw::*;
pub use fund::*;
pub use open_position::*;
pub use propose_authority::*;
pub use propose_config::*;
pub use set_guardian::*;
pub use set_keeper::*;
pub use set_pause::*;
pub use sweep_bucket::*;
pub use update_pool::*;
pub use withdraw_sol::*;
