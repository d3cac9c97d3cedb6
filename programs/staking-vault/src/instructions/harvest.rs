//! Specification:
//! - anyone may; amounts come from the chain
//! - what a stake account holds above its principal and rent is reward. It stays staked and becomes
//!   principal, and as much free SOL moves from the pool to the vault as yield of base staking, as far
//!   as no ticket waits for it: the pool's principal is the same before and after
//! - if the stake account holds less than its principal, the loss is recognised: the reserve covers
//!   what it can, the rest is taken out of every unit of the pool alike. As in `reclaim`, the rent is
//!   lost first: it is the keeper's

use anchor_lang::{address_eq, prelude::*};

use crate::{
    errors::{AccountError, InvariantError, RuleError},
    events::{Harvested, LossRecognised, log},
    lamports::pay_out,
    state::{Delegation, DelegationStatus, Pool, Source, Vault},
};

/// Accounts of `harvest`.
#[derive(Accounts)]
pub struct HarvestStake {
    /// The vault.
    #[account(mut)]
    pub vault: Account<Vault>,
    /// The SOL pool.
    #[account(mut, constraint(address_eq(&pool.vault, vault.address()) @ AccountError::PoolOfAnotherVault))]
    pub pool: Account<Pool>,
    /// The delegation.
    #[account(mut)]
    pub delegation: Account<Delegation>,
    /// Its stake account.
    pub stake: UncheckedAccount,
}

/// See the module.
pub(crate) fn handler(ctx: &mut Context<HarvestStake>) -> Result<()> {
    let accounts = &mut ctx.accounts;
    let delegation = &mut accounts.delegation;
    let pool = &mut accounts.pool;
    delegation.require_of(pool, accounts.stake.address())?;
    let held = accounts.stake.account().lamports();
    let lost = delegation.principal_lamports.saturating_sub(held);
    if lost > 0 {
        delegation.principal_lamports = held;
        if delegation.status == DelegationStatus::DEACTIVATING {
            pool.deactivating_lamports = pool.deactivating_lamports.saturating_sub(lost);
        }
        pool.staked_lamports = pool
            .staked_lamports
            .checked_sub(lost)
            .ok_or(InvariantError::Overflow)?;
        cover_loss(&mut accounts.vault, pool, lost)?;
    } else {
        require!(
            delegation.status == DelegationStatus::ACTIVE,
            RuleError::NotActive
        );
        let reward = held
            .saturating_sub(delegation.principal_lamports)
            .saturating_sub(delegation.rent_lamports);
        require!(reward > 0, RuleError::NothingToHarvest);
        let lamports = reward.min(pool.instant_lamports(pool.account().lamports())?);
        require!(
            lamports > 0,
            crate::errors::InputError::InsufficientLiquidity
        );
        pay_out(pool.account(), accounts.vault.account(), lamports)?;
        let add = |to: &mut u64| -> Result<()> {
            *to = to.checked_add(lamports).ok_or(InvariantError::Overflow)?;
            Ok(())
        };
        add(&mut pool.staked_lamports)?;
        add(&mut delegation.principal_lamports)?;
        add(&mut delegation.harvested_total_lamports)?;
        accounts.vault.book_funding(Source::Staking, lamports)?;
        log(&Harvested {
            number: delegation.number,
            amount_lamports: lamports,
            left_lamports: reward.saturating_sub(lamports),
            funded_lamports: accounts.vault.staking.funded_lamports,
            at: Clock::get()?.unix_timestamp,
            pool: *pool.address(),
            stake: *accounts.stake.address(),
        });
    }
    accounts
        .vault
        .invariant(accounts.vault.account().lamports())?;
    accounts.pool.invariant(accounts.pool.account().lamports())
}

/// Books a loss that is out of the pool's staked lamports already: the reserve pays what it can, the
/// rest comes out of every unit alike.
pub(crate) fn cover_loss(
    vault: &mut Account<Vault>,
    pool: &mut Account<Pool>,
    lost: u64,
) -> Result<()> {
    if lost == 0 {
        return Ok(());
    }
    let covered = lost.min(vault.reserve_lamports);
    vault.reserve_lamports = vault.reserve_lamports.saturating_sub(covered);
    pay_out(vault.account(), pool.account(), covered)?;
    let price_before = pool.price;
    let balance = pool.account().lamports();
    pool.recognise_loss(lost.saturating_sub(covered), balance)?;
    log(&LossRecognised {
        lost_lamports: lost,
        covered_lamports: covered,
        price_before,
        price: pool.price,
        at: Clock::get()?.unix_timestamp,
        pool: *pool.address(),
    });
    Ok(())
}
