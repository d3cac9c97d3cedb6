//! Pyth's pull oracle: `PriceUpdateV2` accounts of the receiver program. Anyone posts them, so the
//! feed, the verification and the age decide, not the address.
//!
//! Layout (`pyth_solana_receiver_sdk::price_update::PriceUpdateV2`, Borsh): discriminator, write
//! authority, verification level (`Full` is the byte 1), then the message: feed, price, confidence,
//! exponent, publish time.

use anchor_lang::prelude::*;

use crate::{
    bytes,
    errors::{AccountError, RuleError},
    seeds::MAX_CLOCK_LEAD_SECONDS,
    state::PriceSource,
};

/// The receiver program.
const RECEIVER: Address = anchor_lang::address!("rec5EKMGg6MxZYaMdyBfgwp4d5rB9T1VQH5pJv5LtFJ");
/// Discriminator of `PriceUpdateV2`.
const DISCRIMINATOR: [u8; 8] = [34, 241, 35, 99, 157, 126, 244, 205];
const VERIFICATION_OFFSET: usize = 40;
const VERIFICATION_PARTIAL: u8 = 0;
const VERIFICATION_FULL: u8 = 1;
const FEED_OFFSET: usize = 41;
const PRICE_OFFSET: usize = 73;
const CONFIDENCE_OFFSET: usize = 81;
const EXPONENT_OFFSET: usize = 89;
const PUBLISH_TIME_OFFSET: usize = 93;

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
    let data = bytes::of(view);
    require!(
        bytes::array(data, 0) == Some(DISCRIMINATOR),
        AccountError::WrongPriceAccount
    );
    match data.get(VERIFICATION_OFFSET) {
        Some(&VERIFICATION_FULL) => {}
        Some(&VERIFICATION_PARTIAL) => return Err(RuleError::PriceUnverified.into()),
        _ => return Err(AccountError::WrongPriceAccount.into()),
    }
    require!(
        bytes::array(data, FEED_OFFSET).as_ref() == Some(feed),
        AccountError::WrongPriceFeed
    );
    let (Some(price), Some(confidence), Some(exponent), Some(publish_time)) = (
        bytes::i64_at(data, PRICE_OFFSET),
        bytes::u64_at(data, CONFIDENCE_OFFSET),
        bytes::i32_at(data, EXPONENT_OFFSET),
        bytes::i64_at(data, PUBLISH_TIME_OFFSET),
    ) else {
        return Err(AccountError::WrongPriceAccount.into());
    };
    require!(price > 0, RuleError::NoPrice);
    require!(
        publish_time <= now.saturating_add(MAX_CLOCK_LEAD_SECONDS),
        RuleError::PriceInFuture
    );
    require!(
        now.saturating_sub(publish_time) <= rules.max_age_seconds.cast_signed(),
        RuleError::PriceTooOld
    );
    require!(
        primis_vault_math::confidence_within(price, confidence, rules.max_confidence_bps),
        RuleError::PriceTooWide
    );
    Ok(Published {
        price,
        exponent,
        publish_time,
    })
}
