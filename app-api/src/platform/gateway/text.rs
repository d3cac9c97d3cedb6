//! How much text a message brings.

use std::{borrow::Cow, fmt};

use serde::{
    Deserializer,
    de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor},
};

/// Fields of a message that are no tokens of it, or tell it again.
const NO_TEXT: [&str; 8] = [
    "role",
    "id",
    "type",
    "index",
    "annotations",
    "reasoning_details",
    "format",
    "object",
];

/// Bytes of the texts in a message: what it says, thinks, refuses, and calls functions with.
pub(super) fn text_bytes(json: &str) -> u64 {
    TextBytes
        .deserialize(&mut serde_json::Deserializer::from_str(json))
        .unwrap_or_default()
}

/// Sums up the lengths of texts without keeping them.
#[derive(Clone, Copy)]
struct TextBytes;

impl<'de> DeserializeSeed<'de> for TextBytes {
    type Value = u64;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<u64, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for TextBytes {
    type Value = u64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_str<E>(self, text: &str) -> Result<u64, E> {
        Ok(u64::try_from(text.len()).unwrap_or(u64::MAX))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<u64, A::Error> {
        let mut sum = 0u64;
        while let Some(key) = map.next_key::<Cow<'_, str>>()? {
            if NO_TEXT.contains(&key.as_ref()) {
                map.next_value::<IgnoredAny>()?;
            } else {
                sum = sum.saturating_add(map.next_value_seed(self)?);
            }
        }
        Ok(sum)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<u64, A::Error> {
        let mut sum = 0u64;
        while let Some(bytes) = list.next_element_seed(self)? {
            sum = sum.saturating_add(bytes);
        }
        Ok(sum)
    }

    fn visit_unit<E>(self) -> Result<u64, E> {
        Ok(0)
    }

    fn visit_bool<E>(self, _: bool) -> Result<u64, E> {
        Ok(0)
    }

    fn visit_i64<E>(self, _: i64) -> Result<u64, E> {
        Ok(0)
    }

    fn visit_u64<E>(self, _: u64) -> Result<u64, E> {
        Ok(0)
    }

    fn visit_f64<E>(self, _: f64) -> Result<u64, E> {
        Ok(0)
    }
}
