//! A login: an access token of minutes, and a refresh token of weeks that is exchanged at each use.

use axum::{
    Json,
    http::{HeaderMap, header::SET_COOKIE},
    response::{IntoResponse as _, Response},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    cookie::{self, SameSite},
    secret::{Kind, Secret},
};
use crate::{app::App, http::ApiError, platform::id};

/// Longest life of a session, seconds: then somebody has to log in again.
const LIFE_SECONDS: i64 = 30 * 86_400;
const REFRESH_PREFIX: &str = "prmrt_";
const REFRESH_CHARS: usize = 43;

/// How the refresh token is handed out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Transport {
    /// As a cookie that no script can read: for browsers.
    #[default]
    Cookie,
    /// In the answer's body: for programs.
    Body,
}

/// Somebody is logged in.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Session {
    /// The account.
    #[schema(example = "acct_0193f0c4a1b27c3e8d4f5a6b7c8d9e0f")]
    account_id: String,
    /// To be sent as `Authorization: Bearer`, as an API key with all scopes.
    #[schema(value_type = String)]
    access_token: Secret,
    /// When it expires: a refresh gives another.
    expires_at_unix: i64,
    /// Exchanges for a new session once; `null` where it is in a cookie.
    #[schema(value_type = Option<String>)]
    refresh_token: Option<Secret>,
    /// When the session ends, whatever is refreshed.
    session_ends_at_unix: i64,
}

/// A new refresh token, and what the database keeps of it.
pub(super) fn new_refresh_token(app: &App) -> Result<(Secret, String), ApiError> {
    let token = Secret::random(REFRESH_PREFIX, REFRESH_CHARS);
    let hash = app.accounts.pepper()?.hex(Kind::Refresh, token.expose());
    Ok((token, hash))
}

/// Begins a session and answers with it.
pub(super) async fn begin(
    app: &App,
    account: &str,
    transport: Transport,
) -> Result<Response, ApiError> {
    let (session, token, ends_at) = stored(app, account).await?;
    answer(app, account, &session, token, ends_at, transport)
}

/// Begins a session: its id, its first refresh token and its end.
pub(super) async fn stored(app: &App, account: &str) -> Result<(String, Secret, i64), ApiError> {
    let now = app.clock.now_unix();
    let ends_at = now.saturating_add(LIFE_SECONDS);
    let session = id::new("sess");
    let (token, hash) = new_refresh_token(app)?;
    app.store
        .begin_session(&session, account, &hash, now, ends_at)
        .await?;
    Ok((session, token, ends_at))
}

/// The answer with a session's tokens.
pub(super) fn answer(
    app: &App,
    account: &str,
    session: &str,
    token: Secret,
    ends_at: i64,
    transport: Transport,
) -> Result<Response, ApiError> {
    let now = app.clock.now_unix();
    let (access_token, expires_at_unix) = app.accounts.tokens()?.issue(account, session, now)?;
    let mut headers = HeaderMap::new();
    let refresh_token = match transport {
        Transport::Body => Some(token),
        Transport::Cookie => {
            headers.insert(SET_COOKIE, refresh_cookie(app, &token, ends_at)?);
            None
        }
    };
    let body = Session {
        account_id: account.to_owned(),
        access_token,
        expires_at_unix,
        refresh_token,
        session_ends_at_unix: ends_at,
    };
    Ok((headers, Json(body)).into_response())
}

/// The cookie with a refresh token.
pub(super) fn refresh_cookie(
    app: &App,
    token: &Secret,
    ends_at: i64,
) -> Result<axum::http::HeaderValue, ApiError> {
    let seconds = ends_at.saturating_sub(app.clock.now_unix());
    cookie::set(
        cookie::REFRESH,
        token.expose(),
        seconds,
        SameSite::Strict,
        secure(app),
    )
}

/// Whether the world reaches this server by TLS.
pub(super) fn secure(app: &App) -> bool {
    let url = app.accounts.public_url.as_deref();
    url.is_some_and(|url| url.starts_with("https://"))
}
