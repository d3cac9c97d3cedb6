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

mod bytes;
mod cpi;
pub mod errors;
pub mod events;
pub mod instructions;
mod lamports;
mod price;
mod security;
pub mod seeds;
mod stake;
pub mod state;
mod token;

use anchor_lang::prelude::*;
pub use instructions::*;

use crate::state::{Config, PriceSource};

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

    /// Adds a pool of a liquid staking token. Deposits open after the time lock, or at once while
    /// no pool has a position.
    pub fn add_lst_pool(
        ctx: &mut Context<AddLstPool>,
        cap_units: u64,
        cap_lamports: u64,
        min_deposit_units: u64,
        price_source: PriceSource,
    ) -> Result<()> {
        instructions::add_lst_pool::handler(
            ctx,
            cap_units,
            cap_lamports,
            min_deposit_units,
            price_source,
        )
    }

    /// Changes a pool's cap, minimum deposit and status (0 active, 1 closed to deposits, 2 retired).
    pub fn update_pool(
        ctx: &mut Context<UpdatePool>,
        cap_units: u64,
        min_deposit_units: u64,
        status: u8,
    ) -> Result<()> {
        instructions::update_pool::handler(ctx, cap_units, min_deposit_units, status)
    }

    /// Changes a pool's cap in SOL and, of the SOL pool, the part that is never delegated.
    pub fn set_pool_limits(
        ctx: &mut Context<SetPoolLimits>,
        cap_lamports: u64,
        buffer_bps: u64,
    ) -> Result<()> {
        instructions::set_pool_limits::handler(ctx, cap_lamports, buffer_bps)
    }

    /// Proposes another price source for a pool; the time lock starts anew.
    pub fn propose_price_source(
        ctx: &mut Context<ProposePriceSource>,
        price_source: PriceSource,
    ) -> Result<()> {
        instructions::propose_price_source::handler(ctx, price_source)
    }

    /// Applies the proposed price source after its time lock; anyone may.
    pub fn apply_price_source(ctx: &mut Context<ApplyPriceSource>) -> Result<()> {
        instructions::apply_price_source::handler(ctx)
    }

    /// Brings a token pool's price up to date from its source; anyone may.
    pub fn refresh_price(ctx: &mut Context<RefreshPrice>) -> Result<()> {
        instructions::refresh_price::handler(ctx)
    }

    /// Opens an empty position for an owner; anyone may pay for it.
    pub fn open_position(ctx: &mut Context<OpenPosition>, owner: Address) -> Result<()> {
        instructions::open_position::handler(ctx, owner)
    }

    /// Deposits SOL; opens the position when it is missing.
    pub fn deposit_sol(ctx: &mut Context<DepositSol>, lamports: u64) -> Result<()> {
        instructions::deposit_sol::handler(ctx, lamports)
    }

    /// Withdraws SOL to the position's owner. Never paused. A unit is a lamport unless a loss was
    /// recognised.
    pub fn withdraw_sol(ctx: &mut Context<WithdrawSol>, units: u64) -> Result<()> {
        instructions::withdraw_sol::handler(ctx, units)
    }

    /// Deposits a token; opens the position when it is missing.
    pub fn deposit_lst(ctx: &mut Context<DepositLst>, units: u64) -> Result<()> {
        instructions::deposit_lst::handler(ctx, units)
    }

    /// Withdraws tokens to the position's owner. Never paused.
    pub fn withdraw_lst(ctx: &mut Context<WithdrawLst>, units: u64) -> Result<()> {
        instructions::withdraw_lst::handler(ctx, units)
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

    /// Returns tokens without touching any reward state. Never paused.
    pub fn emergency_withdraw_lst(ctx: &mut Context<WithdrawLst>) -> Result<()> {
        instructions::emergency_withdraw_lst::handler(ctx)
    }

    /// Asks for SOL that is staked: the next SOL that returns serves tickets in order. Never paused.
    pub fn open_ticket(ctx: &mut Context<OpenTicket>, units: u64) -> Result<()> {
        instructions::open_ticket::handler(ctx, units)
    }

    /// Takes a ticket back.
    pub fn cancel_ticket(ctx: &mut Context<CancelTicket>) -> Result<()> {
        instructions::cancel_ticket::handler(ctx)
    }

    /// Pays the first ticket from free SOL, as far as it goes; anyone may. Never paused.
    pub fn serve_ticket(ctx: &mut Context<ServeTicket>) -> Result<()> {
        instructions::serve_ticket::handler(ctx)
    }

    /// Allows a validator to be delegated to after the time lock, or at once while the pool is empty.
    pub fn add_validator(ctx: &mut Context<AddValidator>, cap_lamports: u64) -> Result<()> {
        instructions::add_validator::handler(ctx, cap_lamports)
    }

    /// Changes the most a validator may hold; 0: none any more.
    pub fn set_validator_cap(ctx: &mut Context<SetValidatorCap>, cap_lamports: u64) -> Result<()> {
        instructions::set_validator_cap::handler(ctx, cap_lamports)
    }

    /// Delegates SOL beyond the buffer to an allowed validator.
    pub fn delegate(ctx: &mut Context<DelegateStake>, lamports: u64) -> Result<()> {
        instructions::delegate::handler(ctx, lamports)
    }

    /// Begins to bring a delegation back: the keeper, or anyone while tickets wait.
    pub fn deactivate(ctx: &mut Context<DeactivateStake>) -> Result<()> {
        instructions::deactivate::handler(ctx)
    }

    /// Brings an inactive delegation back; anyone may.
    pub fn reclaim(ctx: &mut Context<ReclaimStake>) -> Result<()> {
        instructions::reclaim::handler(ctx)
    }

    /// Makes a delegation's rewards yield of base staking, or recognises its loss; anyone may.
    pub fn harvest(ctx: &mut Context<HarvestStake>) -> Result<()> {
        instructions::harvest::handler(ctx)
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
