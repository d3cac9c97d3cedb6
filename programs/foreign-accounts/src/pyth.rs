//! Pyth's pull oracle: `PriceUpdateV2` accounts of the receiver program.
//!
//! Layout (`pyth_solana_receiver_sdk::price_update::PriceUpdateV2`, Borsh): discriminator, write
//! authority, verification level (`Full` is the byte 1), then the message: feed, price, confidence,
//! exponent, publish time, the previous one, two averages; and the slot.

use crate::bytes;

/// Discriminator of `PriceUpdateV2`.
const DISCRIMINATOR: [u8; 8] = [34, 241, 35, 99, 157, 126, 244, 205];
/// Bytes of a fully verified update; the receiver makes every account one byte longer.
const FULL_LENGTH: usize = 133;
const VERIFICATION_OFFSET: usize = 40;
const VERIFICATION_PARTIAL: u8 = 0;
const VERIFICATION_FULL: u8 = 1;
const FEED_OFFSET: usize = 41;
const PRICE_OFFSET: usize = 73;
const CONFIDENCE_OFFSET: usize = 81;
const EXPONENT_OFFSET: usize = 89;
const PUBLISH_TIME_OFFSET: usize = 93;

/// A published price, `price × 10^exponent`.
pub struct PriceUpdate {
    /// Of which feed.
    pub feed: [u8; 32],
    /// Without its power of ten.
    pub price: i64,
    /// Half the width of the confidence interval, with the same power of ten.
    pub confidence: u64,
    /// Power of ten.
    pub exponent: i32,
    /// When, Unix seconds.
    pub publish_time: i64,
}

/// Why an account is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It is no price update.
    NotAPriceUpdate,
    /// Not all signatures were checked when it was posted.
    NotFullyVerified,
}

/// Reads a fully verified price update.
#[inline]
pub fn read(data: &[u8]) -> Result<PriceUpdate, Refusal> {
    let data = data
        .first_chunk::<FULL_LENGTH>()
        .ok_or(Refusal::NotAPriceUpdate)?;
    if bytes::array(data, 0) != Some(DISCRIMINATOR) {
        return Err(Refusal::NotAPriceUpdate);
    }
    match data[VERIFICATION_OFFSET] {
        VERIFICATION_FULL => fields(data).ok_or(Refusal::NotAPriceUpdate),
        VERIFICATION_PARTIAL => Err(Refusal::NotFullyVerified),
        _ => Err(Refusal::NotAPriceUpdate),
    }
}

#[inline]
fn fields(data: &[u8; FULL_LENGTH]) -> Option<PriceUpdate> {
    Some(PriceUpdate {
        feed: bytes::array(data, FEED_OFFSET)?,
        price: bytes::i64_at(data, PRICE_OFFSET)?,
        confidence: bytes::u64_at(data, CONFIDENCE_OFFSET)?,
        exponent: bytes::i32_at(data, EXPONENT_OFFSET)?,
        publish_time: bytes::i64_at(data, PUBLISH_TIME_OFFSET)?,
    })
}
