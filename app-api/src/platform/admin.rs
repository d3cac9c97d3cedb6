//! Who may change what is sold: operators, each by a key of their own, on the internal listener.

use std::{fmt, sync::Arc};

use axum::{
    extract::FromRequestParts,
    http::{StatusCode, header::AUTHORIZATION, request::Parts},
};
use sha2::{Digest as _, Sha256};
use subtle::{ConditionallySelectable as _, ConstantTimeEq as _};

use crate::{app::App, http::ApiError};

/// Shortest key taken, characters.
const MIN_KEY_CHARS: usize = 16;

/// The operators' keys. Only their hashes are kept.
pub struct AdminKeys(Vec<(String, [u8; 32])>);

impl fmt::Debug for AdminKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AdminKeys({})", self.0.len())
    }
}

impl AdminKeys {
    /// Reads keys, one a line, `NAME:KEY` or a key alone, whose name is `admin`; lines that begin with `#`
    /// are comments. `None`: there is no key, one is too short to be secret, or a name is empty.
    pub fn parse(text: &str) -> Option<Self> {
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

/// An operator who asks, by `Authorization: Bearer KEY`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdminCaller {
    /// Whose key it was: what the audit log says.
    pub name: String,
}

impl FromRequestParts<Arc<App>> for AdminCaller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let Some(keys) = &app.platform.admin_keys else {
            return Err(ApiError::not_configured(
                "set [platform] admin_key_path to administrate",
            ));
        };
        parts
            .headers
            .get(AUTHORIZATION)
            .and_then(|v| v.to_str().ok())
            .and_then(|v| v.strip_prefix("Bearer "))
            .and_then(|key| keys.whose(key.trim()))
            .map(|name| Self {
                name: name.to_owned(),
            })
            .ok_or_else(|| {
                ApiError::new(
                    StatusCode::UNAUTHORIZED,
                    "unauthorized",
                    "send an operator's key as `Authorization: Bearer KEY`",
                )
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_have_names() {
        let keys = AdminKeys::parse("# ops\nalice:0123456789abcdef\nfedcba9876543210\n").unwrap();
        assert_eq!(keys.whose("0123456789abcdef"), Some("alice"));
        assert_eq!(keys.whose("fedcba9876543210"), Some("admin"));
        assert_eq!(keys.whose("alice:0123456789abcdef"), None);
        assert_eq!(keys.whose(""), None);
        assert!(AdminKeys::parse("").is_none());
        assert!(AdminKeys::parse("alice:short").is_none());
        assert!(AdminKeys::parse(":0123456789abcdef").is_none());
    }
}
