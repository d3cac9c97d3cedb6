//! SPL stake pools.
//!
//! Layout (`spl_stake_pool::state::StakePool`, Borsh): account type, manager, staker, deposit
//! authority, bump, validator list, reserve, mint, fee account, token program, total lamports,
//! token supply, last update epoch.

use crate::bytes;

const TYPE_STAKE_POOL: u8 = 1;
const MINT_OFFSET: usize = 162;
const TOTAL_LAMPORTS_OFFSET: usize = 258;
const TOKEN_SUPPLY_OFFSET: usize = 266;
const LAST_UPDATE_EPOCH_OFFSET: usize = 274;

/// What is read of a stake pool.
pub struct StakePool {
    /// The mint of its tokens.
    pub mint: [u8; 32],
    /// What it holds, lamports.
    pub total_lamports: u64,
    /// What it has issued, units.
    pub token_supply: u64,
    /// The epoch both are of.
    pub last_update_epoch: u64,
}

/// Reads a stake pool; `None` if it is none.
#[inline]
pub fn read(data: &[u8]) -> Option<StakePool> {
    if data.first() != Some(&TYPE_STAKE_POOL) {
        return None;
    }
    Some(StakePool {
        mint: bytes::array(data, MINT_OFFSET)?,
        total_lamports: bytes::u64_at(data, TOTAL_LAMPORTS_OFFSET)?,
        token_supply: bytes::u64_at(data, TOKEN_SUPPLY_OFFSET)?,
        last_update_epoch: bytes::u64_at(data, LAST_UPDATE_EPOCH_OFFSET)?,
    })
}
