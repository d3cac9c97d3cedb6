//! The chain: several RPC endpoints, the state that is decided on, the transaction, and the way
//! it lands.

mod fees;
mod land;
mod program_error;
mod refresh;
mod rpc;
mod simulate;
mod stake_account;
mod staking;
mod staking_address;
mod state;
mod status;
mod transaction;

pub use self::{
    fees::percentile,
    land::{Ending, land, settle},
    program_error::{error_from_runtime, vault_error},
    refresh::{LANDING_SECONDS, Refresh, due_refreshes},
    rpc::{Blockhash, Rpc},
    simulate::Simulation,
    stake_account::{EpochClock, StakeAccount, VoteStatus},
    staking::StakingState,
    staking_address::{delegation_address, stake_address, ticket_address, validator_address},
    state::ChainState,
    status::{Execution, Expiry},
    transaction::{SignedTransaction, Terms, distribution_instructions, sign},
};
