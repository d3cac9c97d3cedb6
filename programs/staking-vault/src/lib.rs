//! The Primis staking vault.
//!
//! People stake SOL; revenue of a compute platform and rewards of base staking are funded into
//! the vault, split over four buckets, and the stakers' part streams to them second by second.
//! Principal lies in the pools and leaves only to its owner; yield lies in the vault. The keeper
//! distributes, the guardian pauses, the authority changes rules through a time lock, and none of
//! them can reach principal.
#![cfg_attr(not(any(feature = "idl-build", test)), no_std)]
#![expect(
    missing_docs,
    reason = "Anchor's derives write client modules without docs"
)]

pub mod errors;
pub mod events;
pub mod instructions;
mod lamports;
mod security;
pub mod seeds;
pub mod state;

use anchor_lang::prelude::*;
pub use instructions::*;

use crate::state::Config;

declare_id!("Bp4pmvckwNicvQrxafeCgrM35WnTE1qz2MbvGWA4GhDf");

/// The instructions. Each is described, with its checks, in the module of its name.
#[program]
pub mod staking_vault {
    use super::*;

    /// Creates a vault; the signer becomes its authority.
    pub fn create_vault(
        ctx: &mut Context<CreateVault>,
        id: u64,
        keeper: Address,
        guardian: Address,
        timelock_seconds: u64,
        config: Config,
    ) -> Result<()> {
        instructions::create_vault::handler(ctx, id, keeper, guardian, timelock_seconds, config)
    }

    /// Adds the SOL pool.
    pub fn add_pool(
        ctx: &mut Context<AddPool>,
        cap_units: u64,
        min_deposit_units: u64,
    ) -> Result<()> {
        instructions::add_pool::handler(ctx, cap_units, min_deposit_units)
    }

    /// Changes a pool's cap, minimum deposit and status.
    pub fn update_pool(
        ctx: &mut Context<UpdatePool>,
        cap_units: u64,
        min_deposit_units: u64,
        status: u8,
    ) -> Result<()> {
        instructions::update_pool::handler(ctx, cap_units, min_deposit_units, status)
    }

    /// Opens an empty position for an owner; anyone may pay for it.
    pub fn open_position(ctx: &mut Context<OpenPosition>, owner: Address) -> Result<()> {
        instructions::open_position::handler(ctx, owner)
    }

    /// Deposits SOL; opens the position when it is missing.
    pub fn deposit_sol(ctx: &mut Context<DepositSol>, lamports: u64) -> Result<()> {
        instructions::deposit_sol::handler(ctx, lamports)
    }

    /// Withdraws SOL to the position's owner. Never paused.
    pub fn withdraw_sol(ctx: &mut Context<WithdrawSol>, lamports: u64) -> Result<()> {
        instructions::withdraw_sol::handler(ctx, lamports)
    }

    /// Pays the yield owed to the position's owner. Never paused.
    pub fn claim(ctx: &mut Context<Claim>) -> Result<()> {
        instructions::claim::handler(ctx)
    }

    /// Turns the yield owed into principal of the same position. SOL pool only.
    pub fn compound(ctx: &mut Context<Compound>) -> Result<()> {
        instructions::compound::handler(ctx)
    }

    /// Pays what is still owed, closes an empty position and returns its rent.
    pub fn close_position(ctx: &mut Context<ClosePosition>) -> Result<()> {
        instructions::close_position::handler(ctx)
    }

    /// Returns principal without touching any reward state. Never paused.
    pub fn emergency_withdraw(ctx: &mut Context<EmergencyWithdraw>) -> Result<()> {
        instructions::emergency_withdraw::handler(ctx)
    }

    /// Adds lamports to a source (0 staking, 1 compute); anyone may.
    pub fn fund(ctx: &mut Context<Fund>, source: u8, lamports: u64) -> Result<()> {
        instructions::fund::handler(ctx, source, lamports)
    }

    /// Splits a source's yield for the interval from `previous_interval_id` to `interval_id`
    /// (Unix seconds) and streams the stakers' part. Every pool is passed, in order of index.
    pub fn distribute_yield(
        ctx: &mut Context<DistributeYield>,
        source: u8,
        previous_interval_id: i64,
        interval_id: i64,
        lamports: u64,
    ) -> Result<()> {
        instructions::distribute_yield::handler(
            ctx,
            source,
            previous_interval_id,
            interval_id,
            lamports,
        )
    }

    /// Pays a bucket (1 subsidy, 2 reserve, 3 treasury) to the address fixed for it.
    pub fn sweep_bucket(ctx: &mut Context<SweepBucket>, bucket: u8, lamports: u64) -> Result<()> {
        instructions::sweep_bucket::handler(ctx, bucket, lamports)
    }

    /// Sets the pause flags (1 deposits, 2 distributions); the guardian can only add to them.
    pub fn set_pause(ctx: &mut Context<SetPause>, flags: u8) -> Result<()> {
        instructions::set_pause::handler(ctx, flags)
    }

    /// Proposes a config; the time lock starts anew.
    pub fn propose_config(ctx: &mut Context<ProposeConfig>, config: Config) -> Result<()> {
        instructions::propose_config::handler(ctx, config)
    }

    /// Applies the proposed config after its time lock; anyone may.
    pub fn apply_config(ctx: &mut Context<ApplyConfig>) -> Result<()> {
        instructions::apply_config::handler(ctx)
    }

    /// Withdraws the proposed config.
    pub fn cancel_config(ctx: &mut Context<CancelConfig>) -> Result<()> {
        instructions::cancel_config::handler(ctx)
    }

    /// Proposes a new authority; the zero address withdraws the proposal.
    pub fn propose_authority(
        ctx: &mut Context<ProposeAuthority>,
        new_authority: Address,
    ) -> Result<()> {
        instructions::propose_authority::handler(ctx, new_authority)
    }

    /// The proposed authority takes over.
    pub fn accept_authority(ctx: &mut Context<AcceptAuthority>) -> Result<()> {
        instructions::accept_authority::handler(ctx)
    }

    /// Sets the keeper; the zero address: none.
    pub fn set_keeper(ctx: &mut Context<SetKeeper>, keeper: Address) -> Result<()> {
        instructions::set_keeper::handler(ctx, keeper)
    }

    /// Sets the guardian; the zero address: none.
    pub fn set_guardian(ctx: &mut Context<SetGuardian>, guardian: Address) -> Result<()> {
        instructions::set_guardian::handler(ctx, guardian)
    }
}
