//! `pyth_solana_receiver_sdk::price_update::PriceUpdateV2` as that crate declares it. Its own reader
//! comes with Anchor; `tests/pyth` holds the seeds made of its accounts against it.

use borsh::BorshDeserialize;

#[derive(BorshDeserialize)]
pub struct PriceUpdateV2 {
    _write_authority: [u8; 32],
    pub verification: Verification,
    pub message: Message,
    _posted_slot: u64,
}

#[derive(BorshDeserialize, Debug, PartialEq, Eq)]
pub enum Verification {
    Partial { _signatures: u8 },
    Full,
}

#[derive(BorshDeserialize)]
pub struct Message {
    pub feed_id: [u8; 32],
    pub price: i64,
    pub conf: u64,
    pub exponent: i32,
    pub publish_time: i64,
    _prev_publish_time: i64,
    _ema_price: i64,
    _ema_conf: u64,
}

/// As an Anchor account: the discriminator, the fields, and whatever is left of the account.
pub fn read(data: &[u8]) -> Option<PriceUpdateV2> {
    let mut fields = data.strip_prefix(&[34, 241, 35, 99, 157, 126, 244, 205])?;
    PriceUpdateV2::deserialize(&mut fields).ok()
}
