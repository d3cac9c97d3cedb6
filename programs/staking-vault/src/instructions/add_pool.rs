//! Specification:
//! - the authority signs and pays the rent
//! - the mint is the native mint; tokens come by `add_lst_pool`
//! - the address is `["pool", vault, mint]`; a prefunded one still works, a used one is refused
//! - the minimum deposit is positive and at most the cap; the vault has room for a pool

use anchor_lang::prelude::*;

use crate::{
    errors::{AccountError, ConfigError},
    events::{PoolAdded, log},
    seeds::{ACCOUNT_VERSION, DEFAULT_BUFFER_BPS, MAX_POOLS, NATIVE_MINT, POOL_SEED},
    state::{Pool, PoolKind, PoolStatus, Vault},
};

/// Decimals of SOL.
const SOL_DECIMALS: u8 = 9;

/// Accounts of `add_pool`.
#[derive(Accounts)]
pub struct AddPool {
    /// Governs the vault, and pays.
    #[account(mut)]
    pub authority: Signer,
    /// The vault.
    #[account(mut)]
    pub vault: Account<Vault>,
    /// The native mint.
    #[account(address = NATIVE_MINT @ AccountError::WrongMint)]
    pub mint: UncheckedAccount,
    /// The pool.
    #[account(init, payer = authority, seeds = [POOL_SEED, vault.address().as_ref(), mint.address().as_ref()], bump)]
    pub pool: Account<Pool>,
    /// The System program.
    pub system_program: Program<System>,
}

/// See the module.
pub(crate) fn handler(
    ctx: &mut Context<AddPool>,
    cap_units: u64,
    min_deposit_units: u64,
) -> Result<()> {
    ctx.accounts
        .vault
        .require_authority(ctx.accounts.authority.address())?;
    require!(
        (1..=cap_units).contains(&min_deposit_units),
        ConfigError::MinimumDepositOutOfBounds
    );
    let index = ctx.accounts.vault.pool_count;
    require!(index < MAX_POOLS, AccountError::TooManyPools);
    let now = Clock::get()?.unix_timestamp;
    let vault_address = *ctx.accounts.vault.address();
    let pool_address = *ctx.accounts.pool.address();
    let rent_lamports = ctx.accounts.pool.min_lamports()?;
    let bump = ctx.bumps.pool;

    // A new account is zero: kind and status are already `NATIVE` and `ACTIVE`.
    const { assert!(PoolKind::NATIVE == 0 && PoolStatus::ACTIVE == 0) };
    let pool = &mut ctx.accounts.pool;
    pool.version = ACCOUNT_VERSION;
    pool.bump = bump;
    pool.index = index;
    pool.decimals = SOL_DECIMALS;
    pool.vault = vault_address;
    pool.mint = NATIVE_MINT;
    pool.rent_lamports = rent_lamports;
    pool.cap_units = cap_units;
    pool.cap_lamports = u64::MAX;
    pool.buffer_bps = DEFAULT_BUFFER_BPS;
    pool.min_deposit_units = min_deposit_units;
    pool.last_update = now;
    pool.price = primis_vault_math::PRICE_SCALE;
    ctx.accounts.vault.pool_count = index.saturating_add(1);

    log(&PoolAdded {
        cap_units,
        min_deposit_units,
        at: now,
        index: u64::from(index),
        vault: vault_address,
        pool: pool_address,
        mint: NATIVE_MINT,
    });
    Ok(())
}
