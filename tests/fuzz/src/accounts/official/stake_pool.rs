//! `spl_stake_pool::state::StakePool` as that crate declares it, up to the last field that is read.

use borsh::BorshDeserialize;

#[derive(BorshDeserialize)]
pub struct StakePool {
    account_type: AccountType,
    _manager: [u8; 32],
    _staker: [u8; 32],
    _stake_deposit_authority: [u8; 32],
    _stake_withdraw_bump_seed: u8,
    _validator_list: [u8; 32],
    _reserve_stake: [u8; 32],
    pub pool_mint: [u8; 32],
    _manager_fee_account: [u8; 32],
    _token_program_id: [u8; 32],
    pub total_lamports: u64,
    pub pool_token_supply: u64,
    pub last_update_epoch: u64,
}

#[derive(BorshDeserialize, PartialEq, Eq)]
enum AccountType {
    Uninitialized,
    StakePool,
    ValidatorList,
}

pub fn read(mut data: &[u8]) -> Option<StakePool> {
    let pool = StakePool::deserialize(&mut data).ok()?;
    (pool.account_type == AccountType::StakePool).then_some(pool)
}
