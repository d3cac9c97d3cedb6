//! The operators, on the internal listener.

use std::sync::Arc;

use axum::{extract::FromRequestParts, http::request::Parts};

use super::refusal::unauthorized;
use crate::{app::App, config::ConfigError, http::ApiError, platform::UsageKeys};

/// The keys of the operators. Only their hashes are kept.
pub(super) struct AdminKeys(UsageKeys);

impl AdminKeys {
    /// One a line, as usage keys.
    pub(super) fn parse(text: &str) -> Result<Self, ConfigError> {
        UsageKeys::parse(text)
            .map(Self)
            .ok_or(ConfigError::Invalid {
                key: "platform.admin_key_path",
                problem: "names a file without keys: write one key a line, of at least 16 characters",
            })
    }
}

/// An operator asks, by one of the keys in `[platform] admin_key_path`: 401 `unauthorized`, 503
/// `not_configured`.
#[derive(Clone, Copy, Debug)]
pub struct AdminCaller;

impl FromRequestParts<Arc<App>> for AdminCaller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let Some(AdminKeys(keys)) = &app.accounts.admins else {
            return Err(ApiError::not_configured(
                "set [platform] admin_key_path for operators to be known",
            ));
        };
        if keys.allow(&parts.headers) {
            Ok(Self)
        } else {
            Err(unauthorized())
        }
    }
}
