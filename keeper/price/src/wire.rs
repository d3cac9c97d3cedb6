//! The answer of `/v2/updates/price/latest`.

use serde::{Deserialize, Deserializer, de::Error as _};

use crate::{PriceError, binary, published::Published};

/// The part of the answer that is read.
#[derive(Debug, Deserialize)]
pub(crate) struct Latest {
    binary: Option<Binary>,
    parsed: Vec<ParsedFeed>,
}

/// The signed updates, as a receiver on chain takes them.
#[derive(Debug, Deserialize)]
struct Binary {
    encoding: String,
    data: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct ParsedFeed {
    id: String,
    price: ParsedPrice,
}

#[derive(Debug, Deserialize)]
struct ParsedPrice {
    #[serde(deserialize_with = "integer_in_string")]
    price: i64,
    #[serde(deserialize_with = "integer_in_string")]
    conf: u64,
    expo: i32,
    publish_time: i64,
}

/// Hermes writes 64-bit integers as strings, since JSON's numbers cannot hold them.
fn integer_in_string<'de, D: Deserializer<'de>, T: std::str::FromStr>(
    from: D,
) -> Result<T, D::Error> {
    let text = String::deserialize(from)?;
    text.parse()
        .map_err(|_| D::Error::custom(format!("not an integer: {text:?}")))
}

impl Latest {
    /// The price of `feed_id` as Hermes writes it out.
    pub(crate) fn parsed(&self, feed_id: &[u8; 32]) -> Result<Published, PriceError> {
        let feed = self
            .parsed
            .iter()
            .find(|feed| crate::decode_feed_id(&feed.id).is_some_and(|id| id == *feed_id))
            .ok_or_else(|| PriceError::wrong_feed(feed_id))?;
        Ok(Published {
            price: feed.price.price,
            conf: feed.price.conf,
            exponent: feed.price.expo,
            publish_time: feed.price.publish_time,
        })
    }

    /// The price of `feed_id` as the guardians signed it. The signatures are not verified here.
    pub(crate) fn signed(&self, feed_id: &[u8; 32]) -> Result<Published, PriceError> {
        let binary = self
            .binary
            .as_ref()
            .ok_or_else(|| PriceError::Malformed("there is no binary update".into()))?;
        for update in &binary.data {
            let bytes = binary::decode(&binary.encoding, update)?;
            if let Some(published) = binary::find(&bytes, feed_id)? {
                return Ok(published);
            }
        }
        Err(PriceError::wrong_feed(feed_id))
    }
}
