//! The chain: several RPC endpoints, the state that is decided on, the transaction, and the way
//! it lands.

mod fees;
mod land;
mod program_error;
mod rpc;
mod simulate;
mod state;
mod transaction;

pub use self::{
    fees::percentile,
    land::{Ending, land},
    program_error::{error_from_runtime, vault_error},
    rpc::{Blockhash, Execution, Expiry, Rpc},
    simulate::Simulation,
    state::ChainState,
    transaction::{SignedTransaction, Terms, distribution_instructions, sign},
};
