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

use axum::http::StatusCode;

use crate::http::ApiError;

/// 404: there is no such provider.
fn unknown_provider() -> ApiError {
    ApiError::new(
        StatusCode::NOT_FOUND,
        "unknown_provider",
        "no provider of this name is configured in [[accounts.providers]]",
    )
}
