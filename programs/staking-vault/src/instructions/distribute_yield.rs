//! Specification:
//! - the keeper signs; distributions are not paused
//! - the interval begins where the source's last one ended, is newer, and has ended by the
//!   cluster's clock: two keepers, a replay or a retry can never distribute a second twice. Ids
//!   are the Unix seconds intervals end at, so they also say what a distribution covers
//! - the minimum spacing has passed
//! - the amount is positive, within the cap, and covered by lamports funded for the source
//! - every pool of the vault is passed once, in the order of index, and settles; compute revenue
//!   goes by value, so each pool that takes part has a fresh price
//! - the amount is split over the buckets; the stakers' part, with what was carried over, goes to
//!   the pools by value and from there into their streams; with no value anywhere it is carried
//! - rewards of base staking go to the SOL pool, whose stake earned them: a liquid staking token
//!   earns its own in its price
//! - the cost depends on the number of pools only

use anchor_lang::{address_eq, prelude::*};

extern crate alloc;

use alloc::vec::Vec;

use primis_vault_math::{apportion, split};

use crate::{
    errors::{AccountError, InputError, InvariantError, RuleError},
    events::{PoolStreamed, YieldDistributed, log},
    state::{Pool, PoolKind, Source, Vault},
};

/// Accounts of `distribute_yield`. Remaining accounts: every pool, writable, in order of index.
#[derive(Accounts)]
pub struct DistributeYield {
    /// Distributes.
    pub keeper: Signer,
    /// The vault, which holds the yield.
    #[account(mut, constraint(address_eq(keeper.address(), &vault.keeper) @ AccountError::NotKeeper))]
    pub vault: Account<Vault>,
}

/// See the module.
pub(crate) fn handler(
    ctx: &mut Context<DistributeYield>,
    source: u8,
    previous_interval_id: i64,
    interval_id: i64,
    lamports: u64,
) -> Result<()> {
    let kind = Source::try_from_arg(source)?;
    let now = Clock::get()?.unix_timestamp;
    require_allowed(
        &ctx.accounts.vault,
        kind,
        previous_interval_id,
        interval_id,
        lamports,
        now,
    )?;
    let views = ctx.remaining_accounts()?;
    let vault = &mut ctx.accounts.vault;
    let (mut pools, total_value_lamports) = settle_pools(vault, views, kind, now)?;

    let [stakers, subsidy, reserve, treasury] =
        split(lamports, vault.config.split(kind).bps()).ok_or(InvariantError::Overflow)?;
    let carried_in = vault.carried_lamports;
    let to_stream = stakers
        .checked_add(carried_in)
        .ok_or(InvariantError::Overflow)?;
    let streamed = stream_to_pools(
        &mut pools,
        to_stream,
        total_value_lamports,
        vault.config.stream_seconds,
        now,
    )?;
    let carried_out = to_stream.saturating_sub(streamed);

    let add = |to: &mut u64, lamports: u64| -> Result<()> {
        *to = to.checked_add(lamports).ok_or(InvariantError::Overflow)?;
        Ok(())
    };
    add(&mut vault.stakers_lamports, streamed)?;
    vault.carried_lamports = carried_out;
    add(&mut vault.subsidy_lamports, subsidy)?;
    add(&mut vault.reserve_lamports, reserve)?;
    add(&mut vault.treasury_lamports, treasury)?;
    let state = vault.source_mut(kind);
    state.funded_lamports = state
        .funded_lamports
        .checked_sub(lamports)
        .ok_or(RuleError::Unfunded)?;
    add(&mut state.distributed_total_lamports, lamports)?;
    add(&mut state.stakers_total_lamports, stakers)?;
    add(&mut state.distribution_count, 1)?;
    state.last_interval_id = interval_id;
    state.last_distributed_at = now;

    log(&YieldDistributed {
        previous_interval_id,
        interval_id,
        amount_lamports: lamports,
        stakers_lamports: stakers,
        subsidy_lamports: subsidy,
        reserve_lamports: reserve,
        treasury_lamports: treasury,
        carried_in_lamports: carried_in,
        carried_out_lamports: carried_out,
        total_value_lamports,
        source: u64::from(source),
        at: now,
        vault: *vault.address(),
    });
    vault.invariant(vault.account().lamports())
}

/// The rules of time and amount.
fn require_allowed(
    vault: &Vault,
    source: Source,
    previous_interval_id: i64,
    interval_id: i64,
    lamports: u64,
    now: i64,
) -> Result<()> {
    vault.require_distributions_open()?;
    require!(lamports > 0, InputError::ZeroAmount);
    let state = vault.source(source);
    require!(
        interval_id > state.last_interval_id,
        RuleError::IntervalNotNewer
    );
    require!(
        previous_interval_id == state.last_interval_id,
        RuleError::IntervalMismatch
    );
    require!(interval_id <= now, RuleError::IntervalInFuture);
    let earliest = state
        .last_distributed_at
        .saturating_add_unsigned(vault.config.min_spacing_seconds);
    require!(now >= earliest, RuleError::SpacingNotElapsed);
    require!(
        lamports <= vault.config.max_distribution_lamports,
        RuleError::OverDistributionCap
    );
    require!(lamports <= state.funded_lamports, RuleError::Unfunded);
    Ok(())
}

/// A settled pool and what it takes part with, lamports.
struct Share {
    pool: Account<Pool>,
    value_lamports: u64,
}

/// Loads and settles every pool; returns them with the value of all.
fn settle_pools(
    vault: &Account<Vault>,
    views: Vec<AccountView>,
    source: Source,
    now: i64,
) -> Result<(Vec<Share>, u64)> {
    require!(
        views.len() == usize::from(vault.pool_count),
        AccountError::WrongPools
    );
    let mut pools = Vec::with_capacity(views.len());
    let mut total_value: u64 = 0;
    for (index, view) in views.into_iter().enumerate() {
        // SAFETY: the same account passed twice has one index, so the second is refused below
        // before anything is written through either.
        #[expect(unsafe_code, reason = "see above")]
        let mut pool = unsafe { Account::<Pool>::load_mut(view) }?;
        require!(
            address_eq(&pool.vault, vault.address()),
            AccountError::PoolOfAnotherVault
        );
        require!(usize::from(pool.index) == index, AccountError::WrongPools);
        pool.settle(now)?;
        let value_lamports = value_for(&pool, source, now)?;
        total_value = total_value
            .checked_add(value_lamports)
            .ok_or(InvariantError::Overflow)?;
        pools.push(Share {
            pool,
            value_lamports,
        });
    }
    Ok((pools, total_value))
}

/// What a pool takes part with, lamports.
fn value_for(pool: &Pool, source: Source, now: i64) -> Result<u64> {
    if pool.kind == PoolKind::NATIVE {
        return pool.yield_value_lamports();
    }
    if source == Source::Staking {
        return Ok(0);
    }
    pool.require_fresh_price(now)?;
    pool.yield_value_lamports()
}

/// Gives each pool its part of `lamports` by value; returns what the pools took: all, or nothing
/// where no pool has value.
fn stream_to_pools(
    shares: &mut [Share],
    lamports: u64,
    total_value: u64,
    stream_seconds: u64,
    now: i64,
) -> Result<u64> {
    let (mut left, mut value_left) = (lamports, total_value);
    for Share {
        pool,
        value_lamports: value,
    } in shares
    {
        let value = *value;
        let part = apportion(left, value, value_left).ok_or(InvariantError::Overflow)?;
        value_left = value_left.saturating_sub(value);
        if part == 0 {
            continue;
        }
        pool.fold(part, stream_seconds, now)?;
        left = left.saturating_sub(part);
        log(&PoolStreamed {
            amount_lamports: part,
            value_lamports: value,
            total_units: pool.total_units,
            stream_end: pool.stream_end,
            at: now,
            rate: pool.rate,
            acc: pool.acc,
            pool: *pool.address(),
        });
    }
    Ok(lamports.saturating_sub(left))
}
