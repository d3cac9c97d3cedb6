//! Specification:
//! - anyone may pay for it; the rent goes to the owner when the position is closed
//! - the owner is an argument, so that payer and owner can be one wallet
//! - the address is `["position", pool, owner]` with the canonical bump; a prefunded one still
//!   works, a used one is refused

use anchor_lang::{AccountInitialize as _, address_eq, prelude::*};

use crate::{
    errors::AccountError,
    events::{PositionOpened, log},
    seeds::{ACCOUNT_VERSION, POSITION_SEED},
    state::{Pool, Position},
};

/// Accounts of `open_position`.
#[derive(Accounts)]
pub struct OpenPosition {
    /// Pays the rent.
    #[account(mut)]
    pub payer: Signer,
    /// The pool.
    #[account(mut)]
    pub pool: Account<Pool>,
    /// The position; checked and created in the handler.
    #[account(mut)]
    pub position: UncheckedAccount,
    /// The System program.
    pub system_program: Program<System>,
}

/// See the module.
pub(crate) fn handler(ctx: &mut Context<OpenPosition>, owner: Address) -> Result<()> {
    let now = Clock::get()?.unix_timestamp;
    let accounts = &mut ctx.accounts;
    create(
        accounts.payer.account(),
        *accounts.position.account(),
        &mut accounts.pool,
        &owner,
        now,
    )?;
    Ok(())
}

/// Creates the position of `owner` in `pool`. `deposit_sol` opens positions through it too.
pub(crate) fn create(
    payer: &AccountView,
    position: AccountView,
    pool: &mut Account<Pool>,
    owner: &Address,
    now: i64,
) -> Result<Account<Position>> {
    let pool_address = *pool.address();
    let seeds: [&[u8]; 3] = [POSITION_SEED, pool_address.as_ref(), owner.as_ref()];
    let (address, bump) = anchor_lang::find_program_address(&seeds, &crate::ID);
    require!(
        address_eq(position.address(), &address),
        AccountError::WrongPositionAddress
    );

    let space = Position::DISCRIMINATOR
        .len()
        .saturating_add(core::mem::size_of::<Position>());
    let signer: [&[u8]; 4] = [
        POSITION_SEED,
        pool_address.as_ref(),
        owner.as_ref(),
        &[bump],
    ];
    let mut opened = Account::<Position>::create_and_initialize(
        payer,
        &position,
        space,
        &crate::ID,
        &(),
        Some(&signer),
        None,
    )?;
    opened.version = ACCOUNT_VERSION;
    opened.bump = bump;
    opened.pool = pool_address;
    opened.owner = *owner;
    opened.opened_at = now;
    opened.acc = pool.acc;
    // As many accounts as wrap it cannot exist.
    pool.position_count = pool.position_count.wrapping_add(1);

    log(&PositionOpened {
        at: now,
        position_count: pool.position_count,
        pool: pool_address,
        position: address,
        owner: *owner,
    });
    Ok(opened)
}
