//! Texts that nobody may see, new ones, and what is kept in their place.

use std::fmt;

use rand::distr::{Alphanumeric, SampleString as _};
use serde::{Deserialize, Serialize};

use crate::{config::ConfigError, platform::mac::Mac};

/// Shortest pepper taken, characters: as long as what HMAC-SHA256 gives, in base 256.
const MIN_PEPPER_CHARS: usize = 32;

pub(super) use crate::platform::mac::Tag as Hash;

/// A password, a token or a key. Its `Debug` tells nothing.
#[derive(Clone, Deserialize, Serialize)]
#[serde(transparent)]
pub(super) struct Secret(String);

impl Secret {
    /// `prefix` and random characters, 5.95 bits each, of the operating system's making.
    pub(super) fn random(prefix: &str, chars: usize) -> Self {
        let random = Alphanumeric.sample_string(&mut rand::rng(), chars);
        Self(format!("{prefix}{random}"))
    }

    pub(super) fn new(text: String) -> Self {
        Self(text)
    }

    pub(super) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret([hidden])")
    }
}

/// What is hashed. Each has a name of its own in the hash, so that none can stand for another.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    /// An API key.
    Key,
    /// A refresh token.
    Refresh,
    /// A session, as what is known of it is remembered.
    Session,
    /// An address that somebody logs in with.
    Email,
    /// What a challenge was made for.
    Challenge,
    /// What belongs to a login by a provider.
    Flow,
    /// What a webhook's deliveries are signed with.
    Webhook,
}

impl Kind {
    fn name(self) -> &'static [u8] {
        match self {
            Self::Key => b"key:",
            Self::Refresh => b"refresh:",
            Self::Session => b"session:",
            Self::Email => b"email:",
            Self::Challenge => b"challenge:",
            Self::Flow => b"flow:",
            Self::Webhook => b"webhook:",
        }
    }
}

/// The secret without which a stolen database says nothing of the keys in it.
pub(super) struct Pepper(Mac);

impl Pepper {
    /// As read from its file.
    pub(super) fn new(secret: &str) -> Result<Self, ConfigError> {
        if secret.len() < MIN_PEPPER_CHARS {
            return Err(ConfigError::Invalid {
                key: "accounts.key_pepper_path",
                problem: "names a file with a short secret: write at least 32 random characters",
            });
        }
        Ok(Self(Mac::new(secret.as_bytes())))
    }

    pub(super) fn hash(&self, kind: Kind, text: &str) -> Hash {
        self.0.sign(&[kind.name(), text.as_bytes()])
    }

    /// As the database keeps it.
    pub(super) fn hex(&self, kind: Kind, text: &str) -> String {
        hex::encode(self.hash(kind, text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_of_its_kind_and_its_pepper() {
        let pepper = |c: &str| Pepper::new(&c.repeat(32)).unwrap();
        let hash = pepper("a").hash(Kind::Key, "x");
        assert_eq!(hash, pepper("a").hash(Kind::Key, "x"));
        assert_ne!(hash, pepper("a").hash(Kind::Refresh, "x"));
        assert_ne!(hash, pepper("b").hash(Kind::Key, "x"));
        assert!(Pepper::new(&"a".repeat(31)).is_err());
    }

    #[test]
    fn a_secret_is_not_printed() {
        let secret = Secret::random("prmis_", 32);
        assert_eq!(secret.expose().len(), 38);
        assert!(!format!("{secret:?}").contains(secret.expose()));
    }
}
