//! Specification:
//! - the owner signs and pays; a missing position is opened
//! - deposits are not paused, the pool takes SOL, is active, and stays within its cap
//! - the amount is at least the pool's minimum deposit
//! - pool and position settle before units change, so a deposit earns nothing of the past
//! - a lamport is a unit, or more than one after a recognised loss, rounded down; once all units that
//!   bore the loss have left it is one again. While units worth nothing remain nobody can deposit: at no
//!   price would they have no part in it

use anchor_lang::{address_eq, prelude::*};

use super::open_position;
use crate::{
    errors::{AccountError, InputError},
    events::{Deposited, PriceRefreshed, log},
    lamports::transfer_in,
    state::{Pool, Position, Vault},
};

/// Accounts of `deposit_sol`.
#[derive(Accounts)]
pub struct DepositSol {
    /// Owns the position, and pays.
    #[account(mut)]
    pub owner: Signer,
    /// The vault, for its pause flags.
    pub vault: Account<Vault>,
    /// The SOL pool; its account receives the principal.
    #[account(mut, constraint(address_eq(&pool.vault, vault.address()) @ AccountError::PoolOfAnotherVault))]
    pub pool: Account<Pool>,
    /// The owner's position; opened when missing.
    #[account(mut)]
    pub position: UncheckedAccount,
    /// The System program.
    pub system_program: Program<System>,
}

/// See the module.
pub(crate) fn handler(ctx: &mut Context<DepositSol>, lamports: u64) -> Result<()> {
    let accounts = &mut ctx.accounts;
    accounts.vault.require_deposits_open()?;
    accounts.pool.require_native()?;
    require!(lamports > 0, InputError::ZeroAmount);
    require!(
        lamports >= accounts.pool.min_deposit_units,
        InputError::BelowMinimumDeposit
    );

    let now = Clock::get()?.unix_timestamp;
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
    let units = units_for(&mut accounts.pool, lamports, now)?;
    position.add_units(units)?;
    accounts.pool.add_units(units)?;
    transfer_in(accounts.owner.account(), accounts.pool.account(), lamports);

    log(&Deposited {
        amount_units: units,
        position_units: position.units,
        total_units: accounts.pool.total_units,
        owed_lamports: position.owed_lamports,
        at: now,
        pool: pool_address,
        owner,
    });
    accounts.pool.invariant(accounts.pool.account().lamports())
}

/// Units that lamports become in the SOL pool. `compound` makes them through it too.
#[inline(always)]
pub(crate) fn units_for(pool: &mut Account<Pool>, lamports: u64, now: i64) -> Result<u64> {
    if pool.is_at_par() {
        return Ok(lamports);
    }
    let address = *pool.address();
    units_below_par(pool, address, lamports, now)
}

/// [`units_for`] after a recognised loss.
#[cold]
#[inline(never)]
fn units_below_par(pool: &mut Pool, address: Address, lamports: u64, now: i64) -> Result<u64> {
    let price_before = pool.price;
    if pool.start_over() {
        log(&PriceRefreshed {
            price_before,
            price: pool.price,
            as_of: now,
            at: now,
            pool: address,
        });
    }
    pool.units_for_deposit(lamports)
}

/// The owner's position in the settled pool, opened when missing.
#[inline(always)]
pub(crate) fn open_or_load(
    owner: &AccountView,
    view: AccountView,
    pool: &mut Account<Pool>,
    now: i64,
) -> Result<Account<Position>> {
    if !view.owned_by(&crate::ID) {
        return open_position::create(owner, view, pool, owner.address(), now);
    }
    // SAFETY: the only typed account made of this view; the accounts of the instruction that are
    // mutable are distinct.
    #[expect(unsafe_code, reason = "see above")]
    let position = unsafe { Account::<Position>::load_mut(view) }?;
    position.require_of(pool.address(), owner.address())?;
    Ok(position)
}
