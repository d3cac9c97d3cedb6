//! The operators, each by a key of their own, on the internal listener.

use std::{fmt, sync::Arc};

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, header::AUTHORIZATION, request::Parts},
};
use sha2::{Digest as _, Sha256};
use subtle::{ConditionallySelectable as _, ConstantTimeEq as _};

use super::refusal::unauthorized;
use crate::{app::App, config::ConfigError, http::ApiError};

/// Shortest key taken, characters.
const MIN_KEY_CHARS: usize = 16;

/// The operators' keys. Only their hashes are kept.
pub(super) struct AdminKeys(Vec<(String, [u8; 32])>);

impl fmt::Debug for AdminKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AdminKeys({})", self.0.len())
    }
}

impl AdminKeys {
    /// Reads keys, one a line, `NAME:KEY` or a key alone, whose name is `admin`; lines that begin with `#`
    /// are comments.
    pub(super) fn parse(text: &str) -> Result<Self, ConfigError> {
        Self::read(text).ok_or(ConfigError::Invalid {
            key: "platform.admin_key_path",
            problem: "names a file without keys: write NAME:KEY lines, keys of at least 16 characters",
        })
    }

    /// `None`: there is no key, one is too short to be secret, or a name is empty.
    fn read(text: &str) -> Option<Self> {
        let keys = text
            .lines()
            .map(str::trim)
            .filter(|l| !l.is_empty() && !l.starts_with('#'))
            .map(|line| {
                let (name, key) = line.split_once(':').unwrap_or(("admin", line));
                let usable = key.len() >= MIN_KEY_CHARS && !name.is_empty();
                usable.then(|| (name.to_owned(), Sha256::digest(key).into()))
            })
            .collect::<Option<Vec<_>>>()?;
        (!keys.is_empty()).then_some(Self(keys))
    }

    /// Whose key this is. All are compared: which one matched cannot be timed.
    fn whose(&self, key: &str) -> Option<&str> {
        let given: [u8; 32] = Sha256::digest(key).into();
        let mut found = u32::MAX;
        for (n, (_, hash)) in (0u32..).zip(&self.0) {
            found.conditional_assign(&n, hash.ct_eq(&given));
        }
        let found = usize::try_from(found).ok()?;
        self.0.get(found).map(|(name, _)| name.as_str())
    }
}

/// An operator asks, by one of the keys in `[platform] admin_key_path`: 401 `unauthorized`, 503
/// `not_configured`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdminCaller {
    /// Whose key it was: what the audit log says.
    pub name: String,
}

impl FromRequestParts<Arc<App>> for AdminCaller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let Some(keys) = &app.accounts.admins else {
            return Err(ApiError::not_configured(
                "set [platform] admin_key_path for operators to be known",
            ));
        };
        let name = shown(&parts.headers).and_then(|key| keys.whose(key));
        name.map(|name| Self {
            name: name.to_owned(),
        })
        .ok_or_else(unauthorized)
    }
}

/// The key a request shows, as `Authorization: Bearer` or `x-api-key`.
fn shown(headers: &HeaderMap) -> Option<&str> {
    let bearer = headers
        .get(AUTHORIZATION)
        .and_then(|v| v.to_str().ok())
        .and_then(|v| v.strip_prefix("Bearer "));
    bearer
        .or_else(|| headers.get("x-api-key").and_then(|v| v.to_str().ok()))
        .map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_have_names() {
        let keys = AdminKeys::read("# ops\nalice:0123456789abcdef\nfedcba9876543210\n").unwrap();
        assert_eq!(keys.whose("0123456789abcdef"), Some("alice"));
        assert_eq!(keys.whose("fedcba9876543210"), Some("admin"));
        assert_eq!(keys.whose("alice:0123456789abcdef"), None);
        assert_eq!(keys.whose(""), None);
        assert!(AdminKeys::read("").is_none());
        assert!(AdminKeys::read("alice:short").is_none());
        assert!(AdminKeys::read(":0123456789abcdef").is_none());
    }
}
