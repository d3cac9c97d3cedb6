//! Who asks: an account, or nobody known.

use std::sync::Arc;

use axum::{
    extract::FromRequestParts,
    http::{header::AUTHORIZATION, request::Parts},
};

use super::order::Orderer;
use crate::{
    app::App,
    http::ApiError,
    platform::accounts::{Caller, Scope},
};

/// Whoever sends a key or a session is known by it, and counted; who sends none is nobody known.
pub(super) struct Asker(Option<Caller>);

impl FromRequestParts<Arc<App>> for Asker {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let headers = &parts.headers;
        if !headers.contains_key(AUTHORIZATION) && !headers.contains_key("x-api-key") {
            return Ok(Self(None));
        }
        Caller::from_request_parts(parts, app)
            .await
            .map(|caller| Self(Some(caller)))
    }
}

impl Asker {
    /// Who it is, where they may do this.
    ///
    /// # Errors
    /// 403 `scope_missing`.
    pub(super) fn orderer(&self, scope: Scope) -> Result<Orderer, ApiError> {
        let Some(caller) = &self.0 else {
            return Ok(Orderer::default());
        };
        caller.require(scope)?;
        Ok(Orderer {
            account: caller.account.clone(),
            key_id: caller.key.as_ref().map(|key| key.as_str().to_owned()),
        })
    }
}
