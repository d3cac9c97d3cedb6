//! Specification:
//! - the owner signs and pays; a missing position is opened
//! - deposits are not paused; the pool holds tokens, is open and active, and stays within its caps in
//!   units and in SOL
//! - the amount is at least the pool's minimum deposit
//! - mint, token program and the pool's token account are the pool's; the tokens come from another
//!   account (Anchor refuses one writable account for two), and as many arrive as were asked for
//! - pool and position settle before units change, so a deposit earns nothing of the past

use anchor_lang::{address_eq, prelude::*};

use super::deposit_sol::open_or_load;
use crate::{
    errors::{AccountError, InputError, RuleError},
    events::{Deposited, log},
    state::{Pool, Vault},
    token::{self, Transfer},
};

/// Accounts of `deposit_lst`.
#[derive(Accounts)]
pub struct DepositLst {
    /// Owns the position, and pays.
    #[account(mut)]
    pub owner: Signer,
    /// The vault, for its pause flags.
    pub vault: Account<Vault>,
    /// The pool.
    #[account(mut, constraint(address_eq(&pool.vault, vault.address()) @ AccountError::PoolOfAnotherVault))]
    pub pool: Account<Pool>,
    /// The owner's position; opened when missing.
    #[account(mut)]
    pub position: UncheckedAccount,
    /// The pool's mint.
    #[account(address = pool.mint @ AccountError::WrongMint)]
    pub mint: UncheckedAccount,
    /// The owner's token account.
    #[account(mut)]
    pub source: UncheckedAccount,
    /// The pool's token account.
    #[account(mut, address = pool.token_account @ AccountError::WrongTokenAccount)]
    pub token_account: UncheckedAccount,
    /// The mint's token program.
    #[account(address = pool.token_program @ AccountError::WrongTokenProgram)]
    pub token_program: UncheckedAccount,
    /// The System program.
    pub system_program: Program<System>,
}

/// See the module.
pub(crate) fn handler(ctx: &mut Context<DepositLst>, units: u64) -> Result<()> {
    let accounts = &mut ctx.accounts;
    accounts.vault.require_deposits_open()?;
    accounts.pool.require_token()?;
    require!(units > 0, InputError::ZeroAmount);
    require!(
        units >= accounts.pool.min_deposit_units,
        InputError::BelowMinimumDeposit
    );
    let now = Clock::get()?.unix_timestamp;
    require!(now >= accounts.pool.opens_at, RuleError::PoolNotOpen);

    let owner = *accounts.owner.address();
    let pool_address = *accounts.pool.address();
    accounts.pool.settle(now)?;
    let mut position = open_or_load(
        accounts.owner.account(),
        *accounts.position.account(),
        &mut accounts.pool,
        now,
    )?;
    position.settle(&accounts.pool)?;
    position.add_units(units)?;
    accounts.pool.add_units(units)?;
    accounts.pool.require_within_value_cap()?;

    let before = balance(accounts)?;
    Transfer {
        from: accounts.source.account(),
        mint: accounts.mint.account(),
        to: accounts.token_account.account(),
        authority: accounts.owner.account(),
    }
    .run(
        accounts.token_program.address(),
        units,
        accounts.pool.decimals,
        None,
    );
    let after = balance(accounts)?;
    require!(
        after.checked_sub(before) == Some(units),
        AccountError::WrongTokenAccount
    );

    log(&Deposited {
        amount_units: units,
        position_units: position.units,
        total_units: accounts.pool.total_units,
        owed_lamports: position.owed_lamports,
        at: now,
        pool: pool_address,
        owner,
    });
    accounts.pool.token_invariant(after)
}

/// What the pool's token account holds, units.
fn balance(accounts: &DepositLst) -> Result<u64> {
    let account = token::read_account(
        accounts.token_account.account(),
        accounts.token_program.address(),
    );
    Ok(account.ok_or(AccountError::WrongTokenAccount)?.units)
}
