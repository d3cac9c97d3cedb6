//! Who may post usage, and who may read the revenue. Every comparison takes the same time.

use std::fmt;

use axum::http::{HeaderMap, header::AUTHORIZATION};
use sha2::{Digest as _, Sha256};
use subtle::{Choice, ConstantTimeEq as _};

use super::mac::Mac;

/// Shortest key taken, characters.
const MIN_KEY_CHARS: usize = 16;
/// How far a request's timestamp may lie from this machine's clock, seconds.
const TOLERANCE_SECONDS: u64 = 300;

/// The keys that may post usage. Only their hashes are kept.
pub struct UsageKeys {
    hashes: Vec<[u8; 32]>,
}

impl fmt::Debug for UsageKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UsageKeys({})", self.hashes.len())
    }
}

impl UsageKeys {
    /// Reads keys, one a line; lines that begin with `#` are comments. `None`: there is no key, or
    /// one is too short to be secret.
    pub fn parse(text: &str) -> Option<Self> {
        let keys: Vec<&str> = text
            .lines()
            .map(str::trim)
            .filter(|l| !l.is_empty() && !l.starts_with('#'))
            .collect();
        if keys.is_empty() || keys.iter().any(|key| key.len() < MIN_KEY_CHARS) {
            return None;
        }
        Some(Self {
            hashes: keys
                .into_iter()
                .map(|key| Sha256::digest(key).into())
                .collect(),
        })
    }

    /// Whether the request carries one of the keys, as `Authorization: Bearer` or `x-api-key`.
    pub fn allow(&self, headers: &HeaderMap) -> bool {
        let bearer = headers
            .get(AUTHORIZATION)
            .and_then(|v| v.to_str().ok())
            .and_then(|v| v.strip_prefix("Bearer "));
        let Some(key) = bearer.or_else(|| headers.get("x-api-key").and_then(|v| v.to_str().ok()))
        else {
            return false;
        };
        let given: [u8; 32] = Sha256::digest(key.trim()).into();
        // All are compared: which one matched cannot be timed.
        let any = self
            .hashes
            .iter()
            .fold(Choice::from(0), |found, hash| found | hash.ct_eq(&given));
        any.into()
    }
}

/// Why a signed request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// A header is missing or not of its form.
    #[error("send x-primis-timestamp: UNIX and x-primis-signature: v1=HEX")]
    Missing,
    /// The timestamp is too far off.
    #[error("the timestamp is more than 300 seconds off: check the clock")]
    Expired,
    /// The signature is another.
    #[error(
        "the signature does not match: check the secret and that path and query are signed as sent"
    )]
    Mismatch,
}

/// The secret that the keeper and the revenue report share.
#[derive(Debug)]
pub struct RevenueSecret(Mac);

impl RevenueSecret {
    /// A secret as read from its file.
    pub fn new(secret: &str) -> Self {
        Self(Mac::new(secret.as_bytes()))
    }

    /// Checks `v1=` HMAC-SHA256 over `{timestamp}.GET.{path_and_query}`; returns the timestamp.
    ///
    /// # Errors
    /// See [`SignatureError`].
    pub fn verify(
        &self,
        headers: &HeaderMap,
        path_and_query: &str,
        now_unix: i64,
    ) -> Result<i64, SignatureError> {
        let text = |name| {
            headers
                .get(name)
                .and_then(|v| v.to_str().ok())
                .ok_or(SignatureError::Missing)
        };
        let timestamp: i64 = text("x-primis-timestamp")?
            .parse()
            .map_err(|_| SignatureError::Missing)?;
        let given = text("x-primis-signature")?
            .strip_prefix("v1=")
            .ok_or(SignatureError::Missing)?;
        let given = hex::decode(given).map_err(|_| SignatureError::Missing)?;
        if now_unix.abs_diff(timestamp) > TOLERANCE_SECONDS {
            return Err(SignatureError::Expired);
        }
        let signed = format!("{timestamp}.GET.{path_and_query}");
        if self.0.verifies(&[signed.as_bytes()], &given) {
            Ok(timestamp)
        } else {
            Err(SignatureError::Mismatch)
        }
    }

    /// `v1=` HMAC-SHA256 over `message`, as a header carries it.
    pub fn sign(&self, message: &str) -> String {
        format!("v1={}", hex::encode(self.0.sign(&[message.as_bytes()])))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_need_length_and_presence() {
        assert!(UsageKeys::parse("# only a comment\n").is_none());
        assert!(UsageKeys::parse("short").is_none());
        let keys = UsageKeys::parse("# mine\nabcdefghijklmnop\nqrstuvwxyz012345\n").unwrap();
        let with = |name: &'static str, value: &str| {
            HeaderMap::from_iter([(name.parse().unwrap(), value.parse().unwrap())])
        };
        assert!(keys.allow(&with("authorization", "Bearer abcdefghijklmnop")));
        assert!(keys.allow(&with("x-api-key", "qrstuvwxyz012345")));
        assert!(!keys.allow(&with("authorization", "Basic abcdefghijklmnop")));
        assert!(!keys.allow(&with("x-api-key", "abcdefghijklmno")));
        assert!(!keys.allow(&HeaderMap::new()));
    }
}
