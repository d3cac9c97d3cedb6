//! One file an instruction: its accounts, its specification, its handler.
//!
//! The account structs are exported whole: the derive keeps its client module beside each.

pub mod accept_authority;
pub mod add_lst_pool;
pub mod add_pool;
pub mod add_validator;
pub mod apply_config;
pub mod apply_price_source;
pub mod cancel_config;
pub mod cancel_ticket;
pub mod claim;
pub mod close_position;
pub mod compound;
#[allow(
    unused_variables,
    reason = "the accounts derive names the id where it does not use it"
)]
pub mod create_vault;
pub mod deactivate;
pub mod delegate;
pub mod deposit_lst;
pub mod deposit_sol;
pub mod distribute_yield;
pub mod emergency_withdraw;
pub mod emergency_withdraw_lst;
pub mod fund;
pub mod harvest;
pub mod open_position;
pub mod open_ticket;
pub mod propose_authority;
pub mod propose_config;
pub mod propose_price_source;
pub mod reclaim;
pub mod refresh_price;
pub mod serve_ticket;
pub mod set_guardian;
pub mod set_keeper;
pub mod set_pause;
pub mod set_pool_limits;
pub mod set_validator_cap;
pub mod sweep_bucket;
pub mod update_pool;
pub mod withdraw_lst;
pub mod withdraw_sol;

pub use accept_authority::*;
pub use add_lst_pool::*;
pub use add_pool::*;
pub use add_validator::*;
pub use apply_config::*;
pub use apply_price_source::*;
pub use cancel_config::*;
pub use cancel_ticket::*;
pub use claim::*;
pub use close_position::*;
pub use compound::*;
pub use create_vault::*;
pub use deactivate::*;
pub use delegate::*;
pub use deposit_lst::*;
pub use deposit_sol::*;
pub use distribute_yield::*;
pub use emergency_withdraw::*;
pub use fund::*;
pub use harvest::*;
pub use open_position::*;
pub use open_ticket::*;
pub use propose_authority::*;
pub use propose_config::*;
pub use propose_price_source::*;
pub use reclaim::*;
pub use refresh_price::*;
pub use serve_ticket::*;
pub use set_guardian::*;
pub use set_keeper::*;
pub use set_pause::*;
pub use set_pool_limits::*;
pub use set_validator_cap::*;
pub use sweep_bucket::*;
pub use update_pool::*;
pub use withdraw_lst::*;
pub use withdraw_sol::*;
