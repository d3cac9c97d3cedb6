//! `GET /api/auth/oauth/{provider}`.

use std::sync::Arc;

use axum::{
    extract::{Path, State, rejection::PathRejection},
    http::{
        HeaderMap, StatusCode,
        header::{LOCATION, SET_COOKIE},
    },
    response::{IntoResponse as _, Response},
};

use super::{Asked, flow::Flow, provider::ProviderError};
use crate::{
    app::App,
    http::ApiError,
    platform::accounts::{client::Client, session::secure},
};

/// Begins a login by an OpenID provider.
///
/// For a browser to go to: it is led on to the provider, and comes back to this site logged in.
#[utoipa::path(
    get, path = "/api/auth/oauth/{provider}", tag = "accounts", operation_id = "openIdBegin",
    params(("provider" = String, Path, description = "A provider's name, as configured", example = "google", max_length = 100)),
    responses(
        (status = 303, description = "To the provider"),
        (status = 404, description = "`unknown_provider`: none of this name is configured"),
        (status = 429, description = "`too_many_attempts`: from this address in this minute"),
        (status = 502, description = "`provider_failed`: the provider cannot be reached"),
        (status = 503, description = "`not_configured`: there are no secrets to log in with, or the site has no address"),
    ),
)]
pub(in crate::platform::accounts) async fn begin(
    State(app): State<Arc<App>>,
    client: Client,
    headers: HeaderMap,
    provider: Result<Path<String>, PathRejection>,
) -> Result<Response, ApiError> {
    let asked = Asked::of(&app, client, &headers, provider).await?;
    let flow = Flow::begin(asked.pepper, &asked.name, app.clock.now_unix());
    let url = asked.provider.login_url(&asked.site.base, &flow).await;
    let url = url.map_err(failed)?;
    let cookie = flow.cookie(secure(&app))?;
    let led = [(LOCATION, url)];
    Ok((StatusCode::SEE_OTHER, led, [(SET_COOKIE, cookie)]).into_response())
}

/// 502: the provider, not whoever asks.
pub(super) fn failed(error: ProviderError) -> ApiError {
    tracing::warn!(%error, "a provider failed");
    ApiError::new(
        StatusCode::BAD_GATEWAY,
        "provider_failed",
        &format!("{error}: try again in a moment"),
    )
}
