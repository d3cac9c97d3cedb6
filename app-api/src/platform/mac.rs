//! HMAC-SHA256, which signatures, tokens and the hashes of secrets are made by.

use std::fmt;

use hmac::{Hmac, Mac as _};
use sha2::Sha256;

/// What it makes of a text.
pub(in crate::platform) type Tag = [u8; 32];

/// A secret to sign with. Its `Debug` tells nothing.
#[derive(Clone)]
pub(in crate::platform) struct Mac(Hmac<Sha256>);

impl Mac {
    /// By a secret of any length: whether it is long enough is for whoever reads it to say.
    #[expect(
        clippy::expect_used,
        reason = "RFC 2104 takes every key; a signer without one would sign as anybody"
    )]
    pub(in crate::platform) fn new(secret: &[u8]) -> Self {
        Self(Hmac::new_from_slice(secret).expect("HMAC takes keys of every length"))
    }

    /// Signs the parts, one after the other.
    pub(in crate::platform) fn sign(&self, parts: &[&[u8]]) -> Tag {
        self.over(parts).finalize().into_bytes().into()
    }

    /// Whether `given` is the signature of the parts. Takes the same time whatever is wrong with it.
    pub(in crate::platform) fn verifies(&self, parts: &[&[u8]], given: &[u8]) -> bool {
        self.over(parts).verify_slice(given).is_ok()
    }

    fn over(&self, parts: &[&[u8]]) -> Hmac<Sha256> {
        let mut mac = self.0.clone();
        for part in parts {
            mac.update(part);
        }
        mac
    }
}

impl fmt::Debug for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Mac([hidden])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4231, test cases 2 and 6: a short key, and one longer than a block.
    #[test]
    fn signatures_are_those_of_the_rfc() {
        for (key, text, tag) in [
            (
                b"Jefe".to_vec(),
                "what do ya want for nothing?",
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            ),
            (
                vec![0xaa; 131],
                "Test Using Larger Than Block-Size Key - Hash Key First",
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
            ),
        ] {
            let mac = Mac::new(&key);
            let (begin, end) = text.as_bytes().split_at(7);
            assert_eq!(hex::encode(mac.sign(&[begin, end])), tag);
            let given = hex::decode(tag).unwrap();
            assert!(mac.verifies(&[text.as_bytes()], &given));
            assert!(!mac.verifies(&[end, begin], &given));
            assert!(!mac.verifies(&[text.as_bytes()], &given[..31]));
            assert!(!mac.verifies(&[text.as_bytes()], &[]));
            assert_eq!(format!("{mac:?}"), "Mac([hidden])");
        }
    }
}
