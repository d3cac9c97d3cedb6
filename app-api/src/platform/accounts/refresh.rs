//! `POST /api/auth/refresh`.

use std::sync::Arc;

use axum::{extract::State, http::HeaderMap, response::Response};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    cookie,
    private::OrDefault,
    refusal::wrong_refresh,
    secret::{Kind, Secret},
    session::{self, Session, Transport},
};
use crate::{app::App, http::ApiError, store::Refreshed};

/// A refresh token, for those without cookies.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Refresh {
    /// Without it, the one in the cookie.
    #[schema(value_type = Option<String>)]
    pub(super) refresh_token: Option<Secret>,
}

impl Refresh {
    /// The token that was sent, and how.
    pub(super) fn given(self, headers: &HeaderMap) -> Option<(Secret, Transport)> {
        let by_cookie = || {
            let token = cookie::get(headers, cookie::REFRESH)?;
            Some((Secret::new(token.to_owned()), Transport::Cookie))
        };
        let by_body = self.refresh_token.map(|token| (token, Transport::Body));
        by_body.or_else(by_cookie)
    }
}

/// Goes on with a session.
///
/// The refresh token is exchanged for another, once, and comes the way it was sent. One that is sent
/// again was stolen, or is another's copy: its session ends, for both.
#[utoipa::path(
    post, path = "/api/auth/refresh", tag = "accounts", operation_id = "refreshSession",
    request_body = Option<Refresh>,
    responses(
        (status = 200, description = "The session with new tokens", body = Session),
        (status = 400, description = "`invalid_body`: not JSON"),
        (status = 401, description = "`session_over`: no token, or none that is taken"),
        (status = 408, description = "`request_timeout`: the body did not arrive in time"),
        (status = 413, description = "`body_too_large`: more than 16 KiB"),
        (status = 415, description = "`not_json`: the content type is another"),
        (status = 422, description = "`invalid_body`: JSON of another form"),
        (status = 503, description = "`not_configured`: there are no secrets to log in with"),
    ),
)]
pub(crate) async fn refresh(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    OrDefault(body): OrDefault<Refresh>,
) -> Result<Response, ApiError> {
    app.accounts.tokens()?;
    let pepper = app.accounts.pepper()?;
    let (token, transport) = body.given(&headers).ok_or_else(wrong_refresh)?;
    let hash = pepper.hex(Kind::Refresh, token.expose());
    let (new_token, new_hash) = session::new_refresh_token(&app)?;
    let now = app.clock.now_unix();
    let refreshed = app
        .store
        .rotate_refresh_token(&hash, &new_hash, now)
        .await?;
    match refreshed {
        Refreshed::Rotated {
            session,
            account,
            expires_at,
        } => session::answer(&app, &account, &session, new_token, expires_at, transport),
        Refreshed::Reused { session, account } => {
            let known = pepper.hash(Kind::Session, &session);
            app.accounts.callers.forget(&known);
            tracing::warn!(
                account,
                "a refresh token was used again: its session is ended"
            );
            Err(wrong_refresh())
        }
        Refreshed::Unknown => Err(wrong_refresh()),
    }
}
