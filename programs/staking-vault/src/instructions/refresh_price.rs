//! Specification:
//! - anyone may bring a pool's price up to date
//! - it is read from the pool's source: owner, kind, mint or feed, verification, age, confidence and
//!   epoch are checked; it is not older than the price the pool has
//! - it lies within the allowed move of a reference that stands for a day, so that many updates move
//!   it no further than one
//! - principal is not touched, nor is what streams already

use anchor_lang::{address_eq, prelude::*};
use primis_vault_math::moved_within;

use crate::{
    errors::{AccountError, RuleError},
    events::{PriceRefreshed, log},
    price,
    seeds::PRICE_REFERENCE_SECONDS,
    state::{Pool, PriceKind},
};

/// Accounts of `refresh_price`.
#[derive(Accounts)]
pub struct RefreshPrice {
    /// The pool.
    #[account(mut)]
    pub pool: Account<Pool>,
    /// The price account.
    pub source: UncheckedAccount,
    /// The price account of SOL in USD where the token's price is in USD; else the first one again.
    pub quote: UncheckedAccount,
}

/// See the module.
pub(crate) fn handler(ctx: &mut Context<RefreshPrice>) -> Result<()> {
    let accounts = &mut ctx.accounts;
    accounts.pool.require_token()?;
    require!(
        accounts.pool.price_source.kind == PriceKind::PYTH_USD
            || address_eq(accounts.quote.address(), accounts.source.address()),
        AccountError::WrongPriceAccount
    );
    let clock = Clock::get()?;
    let now = clock.unix_timestamp;
    let read = price::read(
        &accounts.pool,
        accounts.source.account(),
        accounts.quote.account(),
        &clock,
    )?;
    let address = *accounts.pool.address();
    let pool = &mut accounts.pool;
    require!(read.as_of >= pool.price_updated_at, RuleError::PriceTooOld);
    let before = pool.price;
    if before == 0 {
        pool.price_reference = read.price;
        pool.price_reference_at = now;
    } else if now.saturating_sub(pool.price_reference_at) >= PRICE_REFERENCE_SECONDS.cast_signed() {
        pool.price_reference = before;
        pool.price_reference_at = now;
    }
    require!(
        moved_within(
            read.price,
            pool.price_reference,
            pool.price_source.max_move_bps
        ),
        RuleError::PriceMovedTooFar
    );
    pool.price = read.price;
    pool.price_updated_at = read.as_of;

    log(&PriceRefreshed {
        price_before: before,
        price: read.price,
        as_of: read.as_of,
        at: now,
        pool: address,
    });
    Ok(())
}
