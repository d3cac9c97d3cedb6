//! The signed updates that come with an answer of Hermes, in Pyth's wire format.
//!
//! An update (`pythnet_sdk::wire::v1::AccumulatorUpdateData`, big-endian): magic `PNAU`, version,
//! a trailing header to skip, the kind of proof, the guardians' message (length in two bytes), and
//! the price messages (their number in one byte), each with its length in two bytes and a path of
//! 20-byte hashes. A price message: kind 0, feed, price, confidence, exponent, publish time, and more
//! that is not read.

use base64::{Engine as _, prelude::BASE64_STANDARD};

use crate::{PriceError, published::Published};

/// Begins an update.
const MAGIC: [u8; 4] = *b"PNAU";
/// The version whose layout is known; minor ones only add to the trailing header.
const MAJOR_VERSION: u8 = 1;
/// The only kind of proof.
const WORMHOLE_MERKLE: u8 = 0;
/// The kind of message that holds a price.
const PRICE_MESSAGE: u8 = 0;
/// Bytes of a hash on the path to the signed root.
const HASH_BYTES: usize = 20;

/// The bytes of an update.
pub(crate) fn decode(encoding: &str, text: &str) -> Result<Vec<u8>, PriceError> {
    let malformed =
        |e: String| PriceError::Malformed(format!("the binary update is no {encoding}: {e}"));
    match encoding {
        "hex" => hex::decode(text).map_err(|e| malformed(e.to_string())),
        "base64" => BASE64_STANDARD
            .decode(text)
            .map_err(|e| malformed(e.to_string())),
        other => Err(PriceError::Malformed(format!(
            "binary updates in encoding {other:?}, neither hex nor base64"
        ))),
    }
}

/// The price of a feed in an update; `None` where it is not of that feed.
pub(crate) fn find(update: &[u8], feed_id: &[u8; 32]) -> Result<Option<Published>, PriceError> {
    messages(update)
        .map(|messages| messages.into_iter().find_map(|m| price_of(m, feed_id)))
        .ok_or_else(|| PriceError::Malformed("the binary update is not in Pyth's format".into()))
}

fn messages(update: &[u8]) -> Option<Vec<&[u8]>> {
    let mut rest = update;
    let rest = &mut rest;
    let head = array(rest)? == MAGIC && byte(rest)? == MAJOR_VERSION;
    let _minor_version = byte(rest)?;
    let trailing = usize::from(byte(rest)?);
    take(rest, trailing)?;
    if !head || byte(rest)? != WORMHOLE_MERKLE {
        return None;
    }
    let guardians_message = usize::from(u16::from_be_bytes(array(rest)?));
    take(rest, guardians_message)?;
    let count = byte(rest)?;
    let mut messages = Vec::with_capacity(usize::from(count));
    for _ in 0..count {
        let length = usize::from(u16::from_be_bytes(array(rest)?));
        messages.push(take(rest, length)?);
        let path = usize::from(byte(rest)?);
        take(rest, path.checked_mul(HASH_BYTES)?)?;
    }
    rest.is_empty().then_some(messages)
}

fn price_of(message: &[u8], feed_id: &[u8; 32]) -> Option<Published> {
    let mut rest = message;
    let rest = &mut rest;
    let of_feed = byte(rest)? == PRICE_MESSAGE && array(rest)? == *feed_id;
    of_feed.then_some(())?;
    Some(Published {
        price: i64::from_be_bytes(array(rest)?),
        conf: u64::from_be_bytes(array(rest)?),
        exponent: i32::from_be_bytes(array(rest)?),
        publish_time: i64::from_be_bytes(array(rest)?),
    })
}

fn take<'a>(rest: &mut &'a [u8], bytes: usize) -> Option<&'a [u8]> {
    let (taken, left) = rest.split_at_checked(bytes)?;
    *rest = left;
    Some(taken)
}

fn byte(rest: &mut &[u8]) -> Option<u8> {
    let [byte] = array(rest)?;
    Some(byte)
}

fn array<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, left) = rest.split_first_chunk()?;
    *rest = left;
    Some(*taken)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What Pyth's own crate wrote.
    const WRITTEN: &str = include_str!("../../../tests/pyth/hermes-updates.json");

    #[test]
    fn what_pyths_own_crate_writes_is_read() {
        let written: serde_json::Value = serde_json::from_str(WRITTEN).unwrap();
        let bytes = decode("hex", written["data_hex"].as_str().unwrap()).unwrap();
        let prices = written["prices"].as_array().unwrap();
        assert_eq!(prices.len(), 2);
        for price in prices {
            let mut feed = [0; 32];
            hex::decode_to_slice(price["feed_hex"].as_str().unwrap(), &mut feed).unwrap();
            let expected = Published {
                price: price["price"].as_i64().unwrap(),
                conf: price["conf"].as_u64().unwrap(),
                exponent: i32::try_from(price["exponent"].as_i64().unwrap()).unwrap(),
                publish_time: price["publish_time"].as_i64().unwrap(),
            };
            assert_eq!(find(&bytes, &feed).unwrap(), Some(expected));
        }
        assert_eq!(find(&bytes, &[7; 32]).unwrap(), None);
        for length in 0..bytes.len() {
            assert!(find(&bytes[..length], &[7; 32]).is_err(), "cut at {length}");
        }
        assert!(find(&[bytes, vec![0]].concat(), &[7; 32]).is_err());
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes: Vec<u8>) {
            let _ = find(&bytes, &[0; 32]);
            let _ = find(&[b"PNAU\x01\0\0\0", &bytes[..]].concat(), &[0; 32]);
        }
    }
}
