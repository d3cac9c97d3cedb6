//! Specification:
//! - the authority signs and pays the rents
//! - the mint belongs to SPL Token or Token-2022, has no freeze authority and no extension that can
//!   take, tax, freeze or hide tokens; it is not the native mint, whose pool is the SOL pool
//! - the pool's address is `["pool", vault, mint]`, its token account's `["tokens", pool]`;
//!   prefunded ones still work, used ones are refused
//! - the minimum deposit is positive and at most the cap; the price source fits its kind and bounds;
//!   the vault has room for a pool
//! - deposits open when the vault's time lock has passed, so that nobody's yield is shared anew
//!   without notice; at once if every pool there is was passed and none has a position

use anchor_lang::{address_eq, prelude::*};

use crate::{
    errors::{AccountError, ConfigError},
    events::{PoolAdded, log},
    seeds::{ACCOUNT_VERSION, MAX_POOLS, MIN_BUFFER_BPS, NATIVE_MINT, POOL_SEED, TOKENS_SEED},
    state::{Pool, PoolKind, PoolStatus, PriceSource, Vault},
    token,
};

/// Accounts of `add_lst_pool`. Remaining accounts: none, or every pool, in order of index.
#[derive(Accounts)]
pub struct AddLstPool {
    /// Governs the vault, and pays.
    #[account(mut)]
    pub authority: Signer,
    /// The vault.
    #[account(mut)]
    pub vault: Account<Vault>,
    /// The token's mint.
    pub mint: UncheckedAccount,
    /// The pool.
    #[account(init, payer = authority, seeds = [POOL_SEED, vault.address().as_ref(), mint.address().as_ref()], bump)]
    pub pool: Account<Pool>,
    /// The pool's token account; created here.
    #[account(mut)]
    pub token_account: UncheckedAccount,
    /// SPL Token or Token-2022.
    pub token_program: UncheckedAccount,
    /// The System program.
    pub system_program: Program<System>,
}

/// See the module.
pub(crate) fn handler(
    ctx: &mut Context<AddLstPool>,
    cap_units: u64,
    cap_lamports: u64,
    min_deposit_units: u64,
    price_source: PriceSource,
) -> Result<()> {
    ctx.accounts
        .vault
        .require_authority(ctx.accounts.authority.address())?;
    require!(
        (1..=cap_units).contains(&min_deposit_units),
        ConfigError::MinimumDepositOutOfBounds
    );
    price_source.validate()?;
    let index = ctx.accounts.vault.pool_count;
    require!(index < MAX_POOLS, AccountError::TooManyPools);
    require!(
        !address_eq(ctx.accounts.mint.address(), &NATIVE_MINT),
        AccountError::WrongMint
    );
    let program = *ctx.accounts.token_program.address();
    require!(
        token::is_token_program(&program),
        AccountError::WrongTokenProgram
    );
    let decimals = token::read_mint(ctx.accounts.mint.account(), &program)?;
    let now = Clock::get()?.unix_timestamp;
    let opens_at = opens_at(ctx, now)?;
    create_token_account(&ctx.accounts, &program)?;

    let rent_lamports = ctx.accounts.pool.min_lamports()?;
    let bump = ctx.bumps.pool;
    let vault_address = *ctx.accounts.vault.address();
    let pool_address = *ctx.accounts.pool.address();
    let mint = *ctx.accounts.mint.address();
    let token_account = *ctx.accounts.token_account.address();
    let pool = &mut ctx.accounts.pool;
    pool.version = ACCOUNT_VERSION;
    pool.bump = bump;
    pool.index = index;
    pool.kind = PoolKind::TOKEN;
    pool.status = PoolStatus::ACTIVE;
    pool.decimals = decimals;
    pool.vault = vault_address;
    pool.mint = mint;
    pool.token_program = program;
    pool.token_account = token_account;
    pool.rent_lamports = rent_lamports;
    pool.cap_units = cap_units;
    pool.cap_lamports = cap_lamports;
    pool.buffer_bps = MIN_BUFFER_BPS;
    pool.min_deposit_units = min_deposit_units;
    pool.opens_at = opens_at;
    pool.last_update = now;
    pool.price_source = price_source;
    ctx.accounts.vault.pool_count = index.saturating_add(1);

    log(&PoolAdded {
        cap_units,
        min_deposit_units,
        at: now,
        index: u64::from(index),
        vault: vault_address,
        pool: pool_address,
        mint,
    });
    Ok(())
}

/// When deposits open.
fn opens_at(ctx: &mut Context<AddLstPool>, now: i64) -> Result<i64> {
    let pools = ctx.remaining_accounts()?;
    let vault = &ctx.accounts.vault;
    let mut empty = pools.len() == usize::from(vault.pool_count);
    for (index, view) in pools.into_iter().enumerate() {
        let pool = Account::<Pool>::load(view)?;
        require!(
            address_eq(&pool.vault, vault.address()),
            AccountError::PoolOfAnotherVault
        );
        require!(usize::from(pool.index) == index, AccountError::WrongPools);
        empty &= pool.position_count == 0;
    }
    Ok(if empty {
        now
    } else {
        now.saturating_add_unsigned(vault.timelock_seconds)
    })
}

/// Creates the pool's token account at its address.
fn create_token_account(accounts: &AddLstPool, program: &Address) -> Result<()> {
    let pool = *accounts.pool.address();
    let seeds: [&[u8]; 2] = [TOKENS_SEED, pool.as_ref()];
    let (address, bump) = anchor_lang::find_program_address(&seeds, &crate::ID);
    let view = accounts.token_account.account();
    require!(
        address_eq(view.address(), &address),
        AccountError::WrongTokenAccount
    );
    let signer: [&[u8]; 3] = [TOKENS_SEED, pool.as_ref(), &[bump]];
    create_account_signed(
        accounts.authority.account(),
        view,
        token::ACCOUNT_LENGTH,
        program,
        &signer,
    )?;
    token::initialize(view, accounts.mint.account(), program, &pool);
    Ok(())
}
