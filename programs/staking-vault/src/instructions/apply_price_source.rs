//! Specification:
//! - anyone may apply a proposed price source once its time lock has passed
//! - the pool has no price until it is read from the new source; its first one is not bound by the
//!   old one's reference

use anchor_lang::prelude::*;
use bytemuck::Zeroable as _;

use crate::{
    errors::RuleError,
    events::{PriceSourceApplied, log},
    state::{Pool, PriceSource},
};

/// Accounts of `apply_price_source`.
#[derive(Accounts)]
pub struct ApplyPriceSource {
    /// The pool.
    #[account(mut)]
    pub pool: Account<Pool>,
}

/// See the module.
pub(crate) fn handler(ctx: &mut Context<ApplyPriceSource>) -> Result<()> {
    let now = Clock::get()?.unix_timestamp;
    let address = *ctx.accounts.pool.address();
    let pool = &mut ctx.accounts.pool;
    require!(
        pool.pending_price_source_at != 0,
        RuleError::NoPendingPriceSource
    );
    require!(
        now >= pool.pending_price_source_at,
        RuleError::TimelockNotElapsed
    );
    pool.price_source = pool.pending_price_source;
    pool.pending_price_source = PriceSource::zeroed();
    pool.pending_price_source_at = 0;
    pool.price = 0;
    pool.price_updated_at = 0;
    pool.price_reference = 0;
    pool.price_reference_at = 0;
    let price_source = pool.price_source;
    log(&PriceSourceApplied {
        price_source,
        at: now,
        pool: address,
    });
    Ok(())
}
