//! Stake accounts by the stake program's own crate.

use borsh::BorshDeserialize as _;
use solana_stake_interface::state::StakeStateV2;

/// Whether it is delegated and nobody has begun to deactivate it; none for what the stake program
/// would not write: another length, an unknown state, something behind the state.
pub fn is_delegated(mut data: &[u8]) -> Option<bool> {
    if data.len() != StakeStateV2::size_of() {
        return None;
    }
    let state = StakeStateV2::deserialize(&mut data).ok()?;
    if data.iter().any(|byte| *byte != 0) {
        return None;
    }
    Some(match state {
        StakeStateV2::Stake(_, stake, _) => stake.delegation.deactivation_epoch == u64::MAX,
        _ => false,
    })
}
