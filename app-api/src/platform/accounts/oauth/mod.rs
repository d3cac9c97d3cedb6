//! OpenID Connect: a provider says who somebody is (authorization code flow with PKCE).
//!
//! What belongs to one login is derived from a random value in a short-lived cookie of the browser that
//! began it: state, nonce and PKCE's verifier are HMACs of it. So nothing is stored, and an answer is
//! taken only from the browser that asked. GitHub is not among the providers: it has no OpenID discovery.

mod begin;
mod callback;
mod flow;
mod provider;

pub(super) use begin::{__path_begin, begin};
pub(super) use callback::{__path_callback, callback};
pub(super) use provider::Providers;

use axum::{
    extract::{Path, rejection::PathRejection},
    http::{HeaderMap, StatusCode},
};

use self::provider::Provider;
use super::{attempts, client::Client, secret::Pepper, site::Site};
use crate::{app::App, http::ApiError};

/// A request to log in by a provider.
struct Asked<'a> {
    pepper: &'a Pepper,
    name: String,
    provider: &'a Provider,
    site: Site,
}

impl<'a> Asked<'a> {
    /// Finds the provider, and counts the attempt.
    async fn of(
        app: &'a App,
        client: Client,
        headers: &HeaderMap,
        provider: Result<Path<String>, PathRejection>,
    ) -> Result<Self, ApiError> {
        let accounts = &app.accounts;
        accounts.tokens()?;
        let pepper = accounts.pepper()?;
        let Path(name) = provider.map_err(|_| unknown_provider())?;
        let provider = accounts.providers.named(&name);
        let provider = provider.ok_or_else(unknown_provider)?;
        let site = Site::of(app, headers)?;
        attempts::count(app, client, None).await?;
        Ok(Self {
            pepper,
            name,
            provider,
            site,
        })
    }
}

/// 404: there is no such provider.
fn unknown_provider() -> ApiError {
    ApiError::new(
        StatusCode::NOT_FOUND,
        "unknown_provider",
        "no provider of this name is configured in [[accounts.providers]]",
    )
}
