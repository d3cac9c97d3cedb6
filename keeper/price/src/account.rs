//! `PriceUpdateV2`, the accounts Pyth's receiver program writes.
//!
//! Layout (Borsh): discriminator, write authority, verification level (`Full` is the byte 1), then
//! the message: feed, price, confidence, exponent, publish time. The vault reads the same fields;
//! both are held against what Pyth's own crate writes, `tests/pyth/price-updates.json`.

use crate::{Bounds, PriceError, SolUsd, published::Published};

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

/// The price of `feed_id` in the data of an account of the receiver program, checked against
/// `now_unix` (Unix seconds; the cluster's clock). Whoever calls checks the account's owner: only
/// the receiver's own accounts mean anything.
///
/// # Errors
/// See [`PriceError`].
pub fn sol_usd_of_account(
    data: &[u8],
    feed_id: &[u8; 32],
    bounds: Bounds,
    now_unix: i64,
) -> Result<SolUsd, PriceError> {
    let not_one = || PriceError::Account("it is no PriceUpdateV2".into());
    if field(data, 0) != Some(DISCRIMINATOR) {
        return Err(not_one());
    }
    match data.get(VERIFICATION_OFFSET) {
        Some(&VERIFICATION_FULL) => {}
        Some(&VERIFICATION_PARTIAL) => return Err(PriceError::Unverified),
        _ => return Err(not_one()),
    }
    if field(data, FEED_OFFSET).ok_or_else(not_one)? != *feed_id {
        return Err(PriceError::wrong_feed(feed_id));
    }
    let (Some(price), Some(conf), Some(exponent), Some(publish_time)) = (
        field(data, PRICE_OFFSET),
        field(data, CONFIDENCE_OFFSET),
        field(data, EXPONENT_OFFSET),
        field(data, PUBLISH_TIME_OFFSET),
    ) else {
        return Err(not_one());
    };
    let published = Published {
        price: i64::from_le_bytes(price),
        conf: u64::from_le_bytes(conf),
        exponent: i32::from_le_bytes(exponent),
        publish_time: i64::from_le_bytes(publish_time),
    };
    published.checked(bounds, now_unix)
}

/// `N` bytes at an offset.
fn field<const N: usize>(data: &[u8], offset: usize) -> Option<[u8; N]> {
    data.get(offset..)?.first_chunk().copied()
}
