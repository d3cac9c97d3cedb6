//! Writes a binary update, as Hermes serves it, with Pyth's own types, and holds the committed file
//! of it against it. The keeper reads the same file in `keeper/price/src/binary.rs`.
//!
//! To write the file anew: `PRIMIS_WRITE_FIXTURES=1 cargo test -p primis-tests-pyth`.
#![allow(clippy::unwrap_used, reason = "a broken expectation is a failed test")]

use std::{env, fs, path::PathBuf};

use pythnet_sdk::{
    accumulators::merkle::MerklePath,
    messages::{Message, PriceFeedMessage},
    wire::{
        PrefixedVec, to_vec,
        v1::{AccumulatorUpdateData, MerklePriceUpdate, Proof},
    },
};
use serde_json::{Value, json};

/// Two prices: of another feed, and of the one that is asked for, with another exponent.
fn prices() -> [PriceFeedMessage; 2] {
    let message = |feed_id, price, conf, exponent| PriceFeedMessage {
        feed_id,
        price,
        conf,
        exponent,
        publish_time: 1_700_000_000,
        prev_publish_time: 1_699_999_999,
        ema_price: 15_111_111_111,
        ema_conf: 7_777_777,
    };
    [
        message([0xfd; 32], -3, 1, 2),
        message([0xfe; 32], 15_000_000_000, 5_000_000, -8),
    ]
}

fn update() -> Vec<u8> {
    let updates = prices()
        .map(|price| {
            let message = to_vec::<_, byteorder::BE>(&Message::PriceFeedMessage(price)).unwrap();
            MerklePriceUpdate {
                message: PrefixedVec::from(message),
                proof: MerklePath::new(vec![[0xaa; 20], [0xbb; 20], [0xcc; 20]]),
            }
        })
        .into();
    // What the guardians sign is passed over by whoever only reads; any bytes do.
    let vaa = PrefixedVec::from(vec![0xdd; 300]);
    let proof = Proof::WormholeMerkle { vaa, updates };
    to_vec::<_, byteorder::BE>(&AccumulatorUpdateData::new(proof)).unwrap()
}

#[test]
fn the_committed_update_is_what_pyths_own_type_writes() {
    let prices = prices().map(|price| {
        json!({
            "feed_hex": hex::encode(price.feed_id),
            "price": price.price,
            "conf": price.conf,
            "exponent": price.exponent,
            "publish_time": price.publish_time,
        })
    });
    let expected = json!({ "data_hex": hex::encode(update()), "prices": prices });
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("hermes-updates.json");
    if env::var_os("PRIMIS_WRITE_FIXTURES").is_some() {
        let text = serde_json::to_string_pretty(&expected).unwrap();
        fs::write(&path, text + "\n").unwrap();
    }
    let text = fs::read_to_string(&path).unwrap();
    let committed: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(committed, expected);
}
