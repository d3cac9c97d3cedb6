//! `POST /api/auth/logout`.

use std::sync::Arc;

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode, header::SET_COOKIE},
    response::{IntoResponse as _, Response},
};

use super::{
    cookie::{self, SameSite},
    private::OrDefault,
    refresh::Refresh,
    secret::Kind,
    session::secure,
};
use crate::{app::App, http::ApiError};

/// Ends a session.
///
/// Its access token is refused within two seconds. A session that is over, or never was, is none either
/// way: the answer is the same.
#[utoipa::path(
    post, path = "/api/auth/logout", tag = "accounts", operation_id = "logOut",
    request_body = Option<Refresh>,
    responses(
        (status = 204, description = "There is no such session any more"),
        (status = 400, description = "`invalid_body`: not JSON"),
        (status = 408, description = "`request_timeout`: the body did not arrive in time"),
        (status = 413, description = "`body_too_large`: more than 16 KiB"),
        (status = 415, description = "`not_json`: the content type is another"),
        (status = 422, description = "`invalid_body`: JSON of another form"),
        (status = 503, description = "`not_configured`: there are no secrets to log in with"),
    ),
)]
pub(crate) async fn logout(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    OrDefault(body): OrDefault<Refresh>,
) -> Result<Response, ApiError> {
    let pepper = app.accounts.pepper()?;
    if let Some((token, _)) = body.given(&headers) {
        let hash = pepper.hex(Kind::Refresh, token.expose());
        let now = app.clock.now_unix();
        if let Some(session) = app.store.end_session_of(&hash, now).await? {
            let known = pepper.hash(Kind::Session, &session);
            app.accounts.callers.forget(&known);
        }
    }
    let gone = cookie::set(cookie::REFRESH, "", 0, SameSite::Strict, secure(&app))?;
    Ok((StatusCode::NO_CONTENT, [(SET_COOKIE, gone)]).into_response())
}
