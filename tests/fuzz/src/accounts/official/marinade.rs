//! `marinade_finance::state::State` as Marinade declares it, up to the last field that is read.

use borsh::BorshDeserialize;

#[derive(BorshDeserialize)]
pub struct State {
    pub msol_mint: [u8; 32],
    _admin_authority: [u8; 32],
    _operational_sol_account: [u8; 32],
    _treasury_msol_account: [u8; 32],
    _reserve_bump_seed: u8,
    _msol_mint_authority_bump_seed: u8,
    _rent_exempt_for_token_account: u64,
    _reward_fee_basis_points: u32,
    _stake_system: StakeSystem,
    _validator_system: ValidatorSystem,
    _liquidity_pool: LiquidityPool,
    _available_reserve_balance: u64,
    _msol_supply: u64,
    pub msol_price: u64,
}

#[derive(BorshDeserialize)]
struct List {
    _account: [u8; 32],
    _item_size: u32,
    _count: u32,
    _new_account: [u8; 32],
    _copied_count: u32,
}

#[derive(BorshDeserialize)]
struct StakeSystem {
    _stake_list: List,
    _delayed_unstake_cooling_down: u64,
    _stake_deposit_bump_seed: u8,
    _stake_withdraw_bump_seed: u8,
    _slots_for_stake_delta: u64,
    _last_stake_delta_epoch: u64,
    _min_stake: u64,
    _extra_stake_delta_runs: u32,
}

#[derive(BorshDeserialize)]
struct ValidatorSystem {
    _validator_list: List,
    _manager_authority: [u8; 32],
    _total_validator_score: u32,
    _total_active_balance: u64,
    _auto_add_validator_enabled: u8,
}

#[derive(BorshDeserialize)]
struct LiquidityPool {
    _lp_mint: [u8; 32],
    _lp_mint_authority_bump_seed: u8,
    _sol_leg_bump_seed: u8,
    _msol_leg_authority_bump_seed: u8,
    _msol_leg: [u8; 32],
    _lp_liquidity_target: u64,
    _lp_max_fee_basis_points: u32,
    _lp_min_fee_basis_points: u32,
    _treasury_cut_basis_points: u32,
    _lp_supply: u64,
    _lent_from_sol_leg: u64,
    _liquidity_sol_cap: u64,
}

/// As an Anchor account: the discriminator, the fields, and whatever is left of the account.
pub fn read(data: &[u8]) -> Option<State> {
    let mut fields = data.strip_prefix(&[216, 146, 107, 94, 104, 75, 182, 177])?;
    State::deserialize(&mut fields).ok()
}
