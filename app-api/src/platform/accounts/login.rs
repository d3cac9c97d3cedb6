//! `POST /api/auth/login`.

use std::sync::Arc;

use axum::{extract::State, response::Response};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    attempts,
    client::Client,
    names,
    private::Private,
    refusal::wrong_login,
    secret::Secret,
    session::{self, Session, Transport},
};
use crate::{app::App, http::ApiError};

/// Who says to have an account.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct LogIn {
    /// As at the sign-up.
    #[schema(
        pattern = "^[!-?A-~]{1,64}@[!-?A-~]{1,189}$",
        example = "ada@example.com"
    )]
    email: String,
    /// As at the sign-up.
    #[schema(value_type = String, min_length = 10, max_length = 256, format = Password)]
    password: Secret,
    /// How the refresh token is handed out; `cookie` unless told.
    #[serde(default)]
    transport: Transport,
}

/// Logs in.
///
/// Whether an address has an account cannot be told from the answer, nor from the time it takes.
#[utoipa::path(
    post, path = "/api/auth/login", tag = "accounts", operation_id = "logIn",
    request_body = LogIn,
    responses(
        (status = 200, description = "A session", body = Session),
        (status = 400, description = "`invalid_body`: not JSON"),
        (status = 401, description = "`wrong_login`: no account has this address and this password"),
        (status = 408, description = "`request_timeout`: the body did not arrive in time"),
        (status = 413, description = "`body_too_large`: more than 16 KiB"),
        (status = 415, description = "`not_json`: the content type is another"),
        (status = 422, description = "`invalid_body`: JSON of another form; `invalid_email`: not an address; `invalid_password`: not 10 to 256 bytes"),
        (status = 429, description = "`too_many_attempts`: at this account or from this address in this minute"),
        (status = 503, description = "`not_configured`: there are no secrets to log in with; `busy`: too many log in at once"),
    ),
)]
pub(crate) async fn login(
    State(app): State<Arc<App>>,
    client: Client,
    Private(asked): Private<LogIn>,
) -> Result<Response, ApiError> {
    app.accounts.tokens()?;
    let email = names::email(&asked.email)?;
    let password = names::password(asked.password)?;
    attempts::count(&app, client, Some(&email)).await?;
    let found = app.store.password_of(&email).await?;
    let (account, hash) = found.unzip();
    let fits = app.accounts.passwords.fits(password, hash).await?;
    let account = account.filter(|_| fits).ok_or_else(wrong_login)?;
    session::begin(&app, &account, asked.transport).await
}
