//! Specification:
//! - the position's owner signs; the tokens go to a token account of theirs; never paused, open in
//!   every pool status, no price needed
//! - the amount is positive and within the position
//! - pool and position settle before units change; what is owed stays owed

use anchor_lang::{address_eq, prelude::*};

use crate::{
    errors::{AccountError, InputError},
    events::{Withdrawn, log},
    state::{Pool, Position},
    token::{self, Transfer},
};

/// Accounts of `withdraw_lst`, and of `emergency_withdraw_lst`.
#[derive(Accounts)]
pub struct WithdrawLst {
    /// Owns the position.
    pub owner: Signer,
    /// The pool.
    #[account(mut)]
    pub pool: Account<Pool>,
    /// The owner's position in it.
    #[account(mut)]
    pub position: Account<Position>,
    /// The pool's mint.
    #[account(address = pool.mint @ AccountError::WrongMint)]
    pub mint: UncheckedAccount,
    /// The pool's token account.
    #[account(mut, address = pool.token_account @ AccountError::WrongTokenAccount)]
    pub token_account: UncheckedAccount,
    /// A token account of the owner's.
    #[account(mut)]
    pub destination: UncheckedAccount,
    /// The mint's token program.
    #[account(address = pool.token_program @ AccountError::WrongTokenProgram)]
    pub token_program: UncheckedAccount,
}

/// See the module.
pub(crate) fn handler(ctx: &mut Context<WithdrawLst>, units: u64) -> Result<()> {
    let accounts = &mut ctx.accounts;
    accounts
        .position
        .require_of(accounts.pool.address(), accounts.owner.address())?;
    accounts.pool.require_token()?;
    require!(units > 0, InputError::ZeroAmount);
    let now = Clock::get()?.unix_timestamp;
    accounts.pool.settle(now)?;
    accounts.position.settle(&accounts.pool)?;
    pay(accounts, units, now, 0)
}

/// Takes units from position and pool and sends them to their owner.
pub(crate) fn pay(accounts: &mut WithdrawLst, units: u64, now: i64, emergency: u64) -> Result<()> {
    let owner = *accounts.owner.address();
    accounts.position.remove_units(units)?;
    accounts.pool.remove_units(units)?;
    let program = *accounts.token_program.address();
    let destination =
        token::read_account(accounts.destination.account(), &program).filter(|account| {
            address_eq(&account.owner, &owner) && address_eq(&account.mint, &accounts.pool.mint)
        });
    require!(destination.is_some(), AccountError::NotOwnersTokenAccount);
    Transfer {
        from: accounts.token_account.account(),
        mint: accounts.mint.account(),
        to: accounts.destination.account(),
        authority: accounts.pool.account(),
    }
    .run(
        &program,
        units,
        accounts.pool.decimals,
        Some(&accounts.pool),
    );

    log(&Withdrawn {
        amount_units: units,
        position_units: accounts.position.units,
        total_units: accounts.pool.total_units,
        owed_lamports: accounts.position.owed_lamports,
        at: now,
        emergency,
        pool: *accounts.pool.address(),
        owner,
    });
    let left = token::read_account(accounts.token_account.account(), &program)
        .ok_or(AccountError::WrongTokenAccount)?;
    accounts.pool.token_invariant(left.units)
}
