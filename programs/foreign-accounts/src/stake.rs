//! Stake accounts.
//!
//! Layout (`solana_stake_interface::state::StakeStateV2`, Bincode): the state, rent, two
//! authorities, lockup; of a delegated one voter, lamports and the epochs of activation and
//! deactivation.

use crate::bytes;

/// Bytes of a stake account.
pub const LENGTH: usize = 200;
const DEACTIVATION_EPOCH_OFFSET: usize = 172;
/// What stands there while it is not being deactivated.
const NO_EPOCH: u64 = u64::MAX;

/// Whether a stake account is delegated and nobody has begun to deactivate it. In any other state
/// the stake program leaves zeros there, or the epoch of a deactivation past.
#[inline]
pub fn is_delegated(data: &[u8]) -> bool {
    bytes::u64_at(data, DEACTIVATION_EPOCH_OFFSET) == Some(NO_EPOCH)
}
