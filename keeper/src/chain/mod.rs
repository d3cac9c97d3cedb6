//! The chain: several RPC endpoints, the state that is decided on, the transaction, and the way
//! it lands.

mod cluster;
mod endpoint;
mod fees;
mod land;
mod program_error;
mod refresh;
mod rpc;
mod score;
mod simulate;
mod slots;
mod stake_account;
mod staking;
mod state;
mod status;
mod transaction;

pub(crate) use self::land::{LOOK_EVERY, LOOK_PATIENCE, SEND_EVERY, STOP_PATIENCE};
pub use self::{
    endpoint::describe_metrics,
    fees::percentile,
    land::{Ending, land, settle},
    program_error::{error_from_runtime, vault_error},
    refresh::{LANDING_SECONDS, Refresh, due_refreshes},
    rpc::{Blockhash, Rpc},
    simulate::Simulation,
    stake_account::{EpochClock, StakeAccount, VoteStatus},
    staking::StakingState,
    state::ChainState,
    status::{Claim, Execution, Expiry},
    transaction::{SignedTransaction, Terms, distribution_instructions, sign},
};
