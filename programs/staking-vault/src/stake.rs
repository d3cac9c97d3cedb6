//! The stake program: creating, delegating, deactivating and emptying stake accounts of which the
//! pool is staker and withdrawer. Instructions are those of `solana_stake_interface`.

use anchor_lang::prelude::*;
use pinocchio::instruction::InstructionAccount;
use primis_foreign_accounts::stake;

use crate::{bytes, cpi::call, state::Pool};

/// The stake program.
pub const STAKE_PROGRAM: Address =
    anchor_lang::address!("Stake11111111111111111111111111111111111111");
/// The vote program, which owns vote accounts.
pub const VOTE_PROGRAM: Address =
    anchor_lang::address!("Vote111111111111111111111111111111111111111");
/// The clock sysvar.
pub const CLOCK: Address = anchor_lang::address!("SysvarC1ock11111111111111111111111111111111");
/// The stake history sysvar.
pub const STAKE_HISTORY: Address =
    anchor_lang::address!("SysvarStakeHistory1111111111111111111111111");
/// The rent sysvar.
pub const RENT: Address = anchor_lang::address!("SysvarRent111111111111111111111111111111111");
/// What stands where the stake config once did; read by nobody.
pub const STAKE_CONFIG: Address =
    anchor_lang::address!("StakeConfig11111111111111111111111111111111");
/// Bytes of a stake account.
pub const STAKE_ACCOUNT_LENGTH: usize = stake::LENGTH;

const INITIALIZE: u8 = 0;
const DELEGATE: u8 = 2;
const WITHDRAW: u8 = 4;
const DEACTIVATE: u8 = 5;

/// Makes `stake`, created and empty, a stake account of the pool, without a lockup.
pub fn initialize(stake: &AccountView, rent: &AccountView, pool: &Address) {
    let mut data = [0; 4 + 64 + 48];
    data[0] = INITIALIZE;
    data[4..36].copy_from_slice(pool.as_ref());
    data[36..68].copy_from_slice(pool.as_ref());
    let accounts = [
        InstructionAccount::writable(stake.address()),
        InstructionAccount::readonly(rent.address()),
    ];
    call(&STAKE_PROGRAM, &accounts, [stake, rent], &data, None);
}

/// The accounts of a delegation.
pub struct Delegate<'a> {
    /// The stake account.
    pub stake: &'a AccountView,
    /// The validator's vote account.
    pub vote: &'a AccountView,
    /// The clock sysvar.
    pub clock: &'a AccountView,
    /// The stake history sysvar.
    pub stake_history: &'a AccountView,
    /// The stake config's address.
    pub stake_config: &'a AccountView,
}

impl Delegate<'_> {
    /// Delegates all of the stake account, signed by the pool.
    pub fn run(&self, pool: &Account<Pool>) {
        let accounts = [
            InstructionAccount::writable(self.stake.address()),
            InstructionAccount::readonly(self.vote.address()),
            InstructionAccount::readonly(self.clock.address()),
            InstructionAccount::readonly(self.stake_history.address()),
            InstructionAccount::readonly(self.stake_config.address()),
            InstructionAccount::readonly_signer(pool.address()),
        ];
        let views = [
            self.stake,
            self.vote,
            self.clock,
            self.stake_history,
            self.stake_config,
            pool.account(),
        ];
        call(
            &STAKE_PROGRAM,
            &accounts,
            views,
            &[DELEGATE, 0, 0, 0],
            Some(pool),
        );
    }
}

/// Whether a delegated stake account is deactivated, or about to be, already.
pub fn is_deactivated(account: &AccountView) -> bool {
    !stake::is_delegated(bytes::of(account))
}

/// Begins to deactivate, signed by the pool.
pub fn deactivate(stake: &AccountView, clock: &AccountView, pool: &Account<Pool>) {
    let accounts = [
        InstructionAccount::writable(stake.address()),
        InstructionAccount::readonly(clock.address()),
        InstructionAccount::readonly_signer(pool.address()),
    ];
    let views = [stake, clock, pool.account()];
    call(
        &STAKE_PROGRAM,
        &accounts,
        views,
        &[DEACTIVATE, 0, 0, 0],
        Some(pool),
    );
}

/// Moves all lamports of an inactive stake account to the pool, which closes it. The stake program
/// refuses while any of it is active.
pub fn withdraw_all(
    stake: &AccountView,
    clock: &AccountView,
    stake_history: &AccountView,
    pool: &Account<Pool>,
) {
    let mut data = [0; 12];
    data[0] = WITHDRAW;
    data[4..].copy_from_slice(&stake.lamports().to_le_bytes());
    let accounts = [
        InstructionAccount::writable(stake.address()),
        InstructionAccount::writable(pool.address()),
        InstructionAccount::readonly(clock.address()),
        InstructionAccount::readonly(stake_history.address()),
        InstructionAccount::readonly_signer(pool.address()),
    ];
    let views = [stake, pool.account(), clock, stake_history, pool.account()];
    call(&STAKE_PROGRAM, &accounts, views, &data, Some(pool));
}
