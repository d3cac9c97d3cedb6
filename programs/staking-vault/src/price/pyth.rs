//! Pyth's pull oracle: `PriceUpdateV2` accounts of the receiver program. Anyone posts them, so the
//! feed, the verification and the age decide, not the address.

use anchor_lang::prelude::*;
use primis_foreign_accounts::pyth::{self, Refusal};

use crate::{
    bytes,
    errors::{AccountError, RuleError},
    seeds::MAX_CLOCK_LEAD_SECONDS,
    state::PriceSource,
};

/// The receiver program.
const RECEIVER: Address = anchor_lang::address!("rec5EKMGg6MxZYaMdyBfgwp4d5rB9T1VQH5pJv5LtFJ");

/// A published price, `price × 10^exponent`.
pub struct Published {
    /// Without its power of ten.
    pub price: i64,
    /// Power of ten.
    pub exponent: i32,
    /// When, Unix seconds.
    pub publish_time: i64,
}

/// Reads a price of `feed` that satisfies `rules`.
pub fn read(
    view: &AccountView,
    feed: &[u8; 32],
    rules: &PriceSource,
    now: i64,
) -> Result<Published> {
    require!(view.owned_by(&RECEIVER), AccountError::WrongPriceAccount);
    let update = match pyth::read(bytes::of(view)) {
        Ok(update) => update,
        Err(Refusal::NotAPriceUpdate) => return Err(AccountError::WrongPriceAccount.into()),
        Err(Refusal::NotFullyVerified) => return Err(RuleError::PriceUnverified.into()),
    };
    require!(update.feed == *feed, AccountError::WrongPriceFeed);
    require!(update.price > 0, RuleError::NoPrice);
    require!(
        update.publish_time <= now.saturating_add(MAX_CLOCK_LEAD_SECONDS),
        RuleError::PriceInFuture
    );
    require!(
        now.saturating_sub(update.publish_time) <= rules.max_age_seconds.cast_signed(),
        RuleError::PriceTooOld
    );
    require!(
        primis_vault_math::confidence_within(
            update.price,
            update.confidence,
            rules.max_confidence_bps
        ),
        RuleError::PriceTooWide
    );
    Ok(Published {
        price: update.price,
        exponent: update.exponent,
        publish_time: update.publish_time,
    })
}
