//! Writes `PriceUpdateV2` accounts with Pyth's own type, notes what Pyth's own reader says of each,
//! and holds the committed file of them against it. The program reads the same file in
//! `tests/vault/tests/instructions/refresh_price_pyth.rs`: together they show that its reading at
//! fixed offsets is Pyth's.
//!
//! To write the file anew: `PRIMIS_WRITE_FIXTURES=1 cargo test -p primis-tests-pyth`.
#![allow(clippy::unwrap_used, reason = "a broken expectation is a failed test")]

use std::{env, fs, path::PathBuf};

use anchor_lang::{
    AccountSerialize as _, Discriminator as _, Owner as _,
    prelude::{Clock, Pubkey},
};
use pyth_solana_receiver_sdk::price_update::{PriceFeedMessage, PriceUpdateV2, VerificationLevel};
use serde_json::{Value, json};

/// The feed that is asked for.
const FEED: [u8; 32] = [0xfe; 32];
/// The clock it is asked at, and the oldest price that is taken.
const NOW: i64 = 1_700_010_000;
const MAX_AGE_SECONDS: u64 = 3_600;

/// A sound update: 1.25 with a tenth of a percent of confidence, a minute old. What must not be
/// mistaken for another field is another number.
fn sound() -> PriceUpdateV2 {
    PriceUpdateV2 {
        write_authority: Pubkey::new_from_array([0xab; 32]),
        verification_level: VerificationLevel::Full,
        price_message: PriceFeedMessage {
            feed_id: FEED,
            price: 125_000_000,
            conf: 125_000,
            exponent: -8,
            publish_time: NOW - 60,
            prev_publish_time: NOW - 63,
            ema_price: 126_000_011,
            ema_conf: 126_013,
        },
        posted_slot: 0x0102_0304_0506_0708,
    }
}

/// A sound update with something changed in its message.
fn with(change: impl FnOnce(&mut PriceFeedMessage)) -> PriceUpdateV2 {
    let mut update = sound();
    change(&mut update.price_message);
    update
}

/// Each update by name.
fn updates() -> Vec<(&'static str, PriceUpdateV2)> {
    let partial = |num_signatures| PriceUpdateV2 {
        verification_level: VerificationLevel::Partial { num_signatures },
        ..sound()
    };
    vec![
        ("sound", sound()),
        ("a lower price", with(|m| m.price = 120_000_001)),
        (
            "twelve decimals",
            with(|m| {
                (m.price, m.conf, m.exponent) = (1_250_000_000_007, 5, -12);
            }),
        ),
        (
            "two decimals",
            with(|m| (m.price, m.conf, m.exponent) = (128, 1, -2)),
        ),
        ("as old as may be", with(|m| m.publish_time = NOW - 3_600)),
        ("a second too old", with(|m| m.publish_time = NOW - 3_601)),
        ("of now", with(|m| m.publish_time = NOW)),
        ("of another feed", with(|m| m.feed_id = [0xfd; 32])),
        ("of no signature", partial(0)),
        ("of some signatures", partial(5)),
        ("of many signatures", partial(255)),
    ]
}

/// The update as an account, with Pyth's answer to who asks for the feed.
fn case(name: &str, update: &PriceUpdateV2) -> Value {
    let mut data = Vec::new();
    update.try_serialize(&mut data).unwrap();
    // The receiver makes every account as long as the longest.
    data.resize(PriceUpdateV2::LEN, 0);
    let clock = Clock {
        unix_timestamp: NOW,
        ..Clock::default()
    };
    let answer = update.get_price_no_older_than(&clock, MAX_AGE_SECONDS, &FEED);
    json!({
        "name": name,
        "data_hex": hex::encode(data),
        "read": answer.ok().map(|price| json!({
            "price": price.price,
            "exponent": price.exponent,
            "publish_time": price.publish_time,
        })),
    })
}

#[test]
fn the_committed_accounts_are_what_pyths_own_type_writes_and_its_own_reader_says() {
    let cases: Vec<Value> = updates().iter().map(|(name, u)| case(name, u)).collect();
    let expected = json!({
        "owner": PriceUpdateV2::owner().to_string(),
        "discriminator": PriceUpdateV2::DISCRIMINATOR,
        "feed_hex": hex::encode(FEED),
        "now": NOW,
        "max_age_seconds": MAX_AGE_SECONDS,
        "cases": cases,
    });
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("price-updates.json");
    if env::var_os("PRIMIS_WRITE_FIXTURES").is_some() {
        let text = serde_json::to_string_pretty(&expected).unwrap();
        fs::write(&path, text + "\n").unwrap();
    }
    let text = fs::read_to_string(&path).unwrap();
    let committed: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(committed, expected);
}

#[test]
fn pyths_reader_takes_some_and_refuses_some() {
    let read = |(name, update): &(&str, PriceUpdateV2)| !case(name, update)["read"].is_null();
    let taken = updates().iter().filter(|update| read(update)).count();
    assert_eq!((taken, updates().len() - taken), (6, 5));
}
