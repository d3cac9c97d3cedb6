//! The program's reading of Pyth against Pyth's own. `tests/pyth` wrote the accounts with the type
//! of `pyth-solana-receiver-sdk` and noted what its reader says of each; the program, which reads
//! bytes at fixed offsets, must say the same. (The crate brings Anchor 1 and would have this one
//! built with it, so it stands in one of its own and a file lies between.)

use std::{fs, path::PathBuf};

use primis_tests_vault::{
    World,
    prices::{Oracle, PYTH, PythUpdate},
    tokens::Lst,
};
use primis_vault_interface::{math::price_from_rate, types::PriceSource};
use serde_json::Value;

use super::{apply_price_source, refresh_price::priced};

/// What `tests/pyth` wrote.
fn written() -> Value {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../pyth/price-updates.json");
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// Bytes from hexadecimal digits.
fn bytes(hex: &Value) -> Vec<u8> {
    let digits = hex.as_str().unwrap();
    let byte = |at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap();
    (0..digits.len()).step_by(2).map(byte).collect()
}

/// A pool that reads the feed of the file, at the file's time, and has no price yet.
fn asking(file: &Value) -> (World, Lst) {
    let (mut world, lst) = priced(Oracle::PythRate);
    let now = file["now"].as_i64().unwrap();
    let rules = PriceSource {
        feed: bytes(&file["feed_hex"]).try_into().unwrap(),
        max_age_seconds: file["max_age_seconds"].as_u64().unwrap(),
        ..lst.rules()
    };
    world.set_time(now - 86_400);
    apply_price_source::change(&mut world, &lst, rules);
    assert_eq!((world.now(), world.pool_at(&lst.pool).price), (now, 0));
    (world, lst)
}

#[test]
fn takes_and_refuses_what_pyths_own_reader_does() {
    let file = written();
    assert_eq!(file["owner"].as_str().unwrap(), PYTH.to_string());
    for case in file["cases"].as_array().unwrap() {
        let (mut world, lst) = asking(&file);
        world.put_account(lst.source, PYTH, bytes(&case["data_hex"]));
        let (refreshed, read) = (world.refresh(&lst), &case["read"]);
        assert_eq!(refreshed.is_ok(), !read.is_null(), "{case}: {refreshed:?}");
        if read.is_null() {
            continue;
        }
        let (price, exponent) = (
            read["price"].as_i64().unwrap(),
            i32::try_from(read["exponent"].as_i64().unwrap()).unwrap(),
        );
        let pool = world.pool_at(&lst.pool);
        assert_eq!(Some(pool.price), price_from_rate(price, exponent, 9));
        assert_eq!(
            pool.price_updated_at,
            read["publish_time"].as_i64().unwrap()
        );
    }
}

/// The other tests write their accounts themselves: in the fields that are read, byte for byte as
/// Pyth does.
#[test]
fn the_accounts_of_these_tests_are_pyths() {
    let file = written();
    for case in file["cases"].as_array().unwrap() {
        let theirs = bytes(&case["data_hex"]);
        // Where the level is `Full` it takes a byte, else two.
        let (partial, at) = match theirs[40] {
            0 => (Some(theirs[41]), 42),
            level => {
                assert_eq!(level, 1);
                (None, 41)
            }
        };
        let field = |offset: usize| theirs[at + offset..].first_chunk::<8>().unwrap();
        let ours = PythUpdate {
            partial,
            feed: *theirs[at..].first_chunk().unwrap(),
            price: i64::from_le_bytes(*field(32)),
            confidence: u64::from_le_bytes(*field(40)),
            exponent: i32::from_le_bytes(*theirs[at + 48..].first_chunk().unwrap()),
            publish_time: i64::from_le_bytes(*field(52)),
        }
        .to_bytes();
        assert_eq!(ours.len(), theirs.len());
        assert_eq!(ours[..8], theirs[..8]);
        assert_eq!(ours[40..at + 60], theirs[40..at + 60]);
    }
}
