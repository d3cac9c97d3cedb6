//! Specification:
//! - the keeper signs and pays the rents, which come back when the delegation is reclaimed
//! - the validator is on the pool's list, open, and stays within its cap
//! - the amount is positive; after it the pool's free SOL still covers the buffer and every ticket
//! - the stake account is at `["stake", pool, number]`, its staker and withdrawer are the pool, it has
//!   no lockup; a prefunded one still works, and what it held is reward

use anchor_lang::{address_eq, prelude::*};

use crate::{
    errors::{AccountError, InputError, InvariantError},
    events::{Delegated, log},
    lamports::pay_out,
    seeds::{ACCOUNT_VERSION, DELEGATION_SEED, STAKE_SEED},
    stake::{self, CLOCK, Delegate, RENT, STAKE_CONFIG, STAKE_HISTORY, STAKE_PROGRAM},
    state::{Delegation, DelegationStatus, Pool, Validator, Vault},
};

/// Accounts of `delegate`.
#[derive(Accounts)]
pub struct DelegateStake {
    /// Delegates, and pays the rents.
    #[account(mut)]
    pub keeper: Signer,
    /// The vault.
    #[account(constraint(address_eq(keeper.address(), &vault.keeper) @ AccountError::NotKeeper))]
    pub vault: Account<Vault>,
    /// The SOL pool.
    #[account(mut, constraint(address_eq(&pool.vault, vault.address()) @ AccountError::PoolOfAnotherVault))]
    pub pool: Account<Pool>,
    /// The validator's place on the list.
    #[account(mut, constraint(address_eq(&validator.pool, pool.address()) @ AccountError::WrongValidator))]
    pub validator: Account<Validator>,
    /// Its vote account.
    #[account(address = validator.vote @ AccountError::WrongValidator)]
    pub vote: UncheckedAccount,
    /// The delegation.
    #[account(init, payer = keeper, seeds = [DELEGATION_SEED, pool.address().as_ref(), &pool.delegation_next.to_le_bytes()], bump)]
    pub delegation: Account<Delegation>,
    /// Its stake account; created here.
    #[account(mut)]
    pub stake: UncheckedAccount,
    /// The clock sysvar.
    #[account(address = CLOCK)]
    pub clock: UncheckedAccount,
    /// The stake history sysvar.
    #[account(address = STAKE_HISTORY)]
    pub stake_history: UncheckedAccount,
    /// The rent sysvar.
    #[account(address = RENT)]
    pub rent: UncheckedAccount,
    /// The stake config's address; the stake program asks for it and reads nothing of it.
    #[account(address = STAKE_CONFIG)]
    pub stake_config: UncheckedAccount,
    /// The stake program.
    #[account(address = STAKE_PROGRAM)]
    pub stake_program: UncheckedAccount,
    /// The System program.
    pub system_program: Program<System>,
}

/// See the module.
pub(crate) fn handler(ctx: &mut Context<DelegateStake>, lamports: u64) -> Result<()> {
    let bump = ctx.bumps.delegation;
    let accounts = &mut ctx.accounts;
    accounts.pool.require_native()?;
    require!(lamports > 0, InputError::ZeroAmount);
    let now = Clock::get()?.unix_timestamp;
    accounts.validator.add_stake(lamports, now)?;
    let balance = accounts.pool.account().lamports();
    let left = accounts
        .pool
        .instant_lamports(balance)?
        .checked_sub(lamports)
        .ok_or(InputError::BufferShort)?;
    require!(
        left >= accounts.pool.buffer_lamports(balance)?,
        InputError::BufferShort
    );

    let pool_address = *accounts.pool.address();
    let number = accounts.pool.delegation_next;
    let (stake_bump, rent_lamports) = create_stake_account(accounts, &pool_address, number)?;
    let pool = &mut accounts.pool;
    pool.delegation_next = number.checked_add(1).ok_or(InvariantError::Overflow)?;
    pool.staked_lamports = pool
        .staked_lamports
        .checked_add(lamports)
        .ok_or(InvariantError::Overflow)?;
    pay_out(pool.account(), accounts.stake.account(), lamports)?;
    Delegate {
        stake: accounts.stake.account(),
        vote: accounts.vote.account(),
        clock: accounts.clock.account(),
        stake_history: accounts.stake_history.account(),
        stake_config: accounts.stake_config.account(),
    }
    .run(pool);

    let (vote, stake) = (*accounts.vote.address(), *accounts.stake.address());
    let payer = *accounts.keeper.address();
    let delegation = &mut accounts.delegation;
    delegation.version = ACCOUNT_VERSION;
    delegation.bump = bump;
    delegation.stake_bump = stake_bump;
    delegation.status = DelegationStatus::ACTIVE;
    delegation.number = number;
    delegation.principal_lamports = lamports;
    delegation.delegated_lamports = lamports;
    delegation.rent_lamports = rent_lamports;
    delegation.delegated_at = now;
    delegation.pool = pool_address;
    delegation.vote = vote;
    delegation.stake = stake;
    delegation.payer = payer;

    log(&Delegated {
        number,
        amount_lamports: lamports,
        staked_lamports: accounts.pool.staked_lamports,
        at: now,
        pool: pool_address,
        vote,
        stake,
    });
    accounts.pool.invariant(accounts.pool.account().lamports())
}

/// Creates and initialises the stake account; returns its bump and its rent.
fn create_stake_account(
    accounts: &DelegateStake,
    pool: &Address,
    number: u64,
) -> Result<(u8, u64)> {
    let number = number.to_le_bytes();
    let seeds: [&[u8]; 3] = [STAKE_SEED, pool.as_ref(), &number];
    let (address, bump) = anchor_lang::find_program_address(&seeds, &crate::ID);
    let view = accounts.stake.account();
    require!(
        address_eq(view.address(), &address),
        AccountError::WrongStakeAccount
    );
    let signer: [&[u8]; 4] = [STAKE_SEED, pool.as_ref(), &number, &[bump]];
    create_account_signed(
        accounts.keeper.account(),
        view,
        stake::STAKE_ACCOUNT_LENGTH,
        &STAKE_PROGRAM,
        &signer,
    )?;
    stake::initialize(view, accounts.rent.account(), pool);
    let rent = anchor_lang::cpi::rent_exempt_lamports(stake::STAKE_ACCOUNT_LENGTH)?;
    Ok((bump, rent))
}
