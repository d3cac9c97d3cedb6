//! `POST /api/account/password`.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    attempts, caller::Caller, client::Client, names, private::Private, refusal::wrong_login,
    scope::Scope, secret::Secret,
};
use crate::{app::App, http::ApiError};

/// A password in place of another.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct PasswordChange {
    /// The one until now.
    #[schema(value_type = String, min_length = 10, max_length = 256, format = Password)]
    current_password: Secret,
    /// The one from now on.
    #[schema(value_type = String, min_length = 10, max_length = 256, format = Password)]
    new_password: Secret,
}

/// Changes your password.
///
/// Needs the scope `admin`. All sessions end, this one too: log in again. Keys stay.
#[utoipa::path(
    post, path = "/api/account/password", tag = "accounts", operation_id = "changePassword",
    request_body = PasswordChange,
    security(("apiKey" = []), ("apiKeyHeader" = [])),
    responses(
        (status = 204, description = "Changed"),
        (status = 400, description = "`invalid_body`: not JSON"),
        (status = 401, description = "`unauthorized`: without an API key or an access token that is taken; `wrong_login`: the account has another password, or none"),
        (status = 403, description = "`scope_missing`: the key has not the scope"),
        (status = 408, description = "`request_timeout`: the body did not arrive in time"),
        (status = 413, description = "`body_too_large`: more than 16 KiB"),
        (status = 415, description = "`not_json`: the content type is another"),
        (status = 422, description = "`invalid_body`: JSON of another form; `invalid_password`: not 10 to 256 bytes"),
        (status = 429, description = "`rate_limited`: the key has made as many requests as it may; `too_many_attempts`: at this account or from this address in this minute"),
        (status = 503, description = "`not_configured`: there are no secrets to know customers by; `busy`: too many log in at once"),
    ),
)]
pub(crate) async fn change_password(
    State(app): State<Arc<App>>,
    client: Client,
    caller: Caller,
    Private(change): Private<PasswordChange>,
) -> Result<StatusCode, ApiError> {
    caller.require(Scope::Admin)?;
    let current = names::password(change.current_password)?;
    let new = names::password(change.new_password)?;
    attempts::count(&app, client, Some(&caller.account)).await?;
    let passwords = &app.accounts.passwords;
    let known = app.store.password_hash(&caller.account).await?;
    if !passwords.fits(current, known.clone()).await? {
        return Err(wrong_login());
    }
    let known = known.ok_or_else(wrong_login)?;
    let hash = passwords.hash(new).await?;
    let now = app.clock.now_unix();
    // Of two changes at the same time the second finds another password than it was told.
    let changed = app
        .store
        .change_password(&caller.account, &known, &hash, now)
        .await?;
    if !changed {
        return Err(wrong_login());
    }
    app.accounts.callers.forget_account(&caller.account);
    tracing::info!(account = caller.account, "a password was changed");
    Ok(StatusCode::NO_CONTENT)
}
