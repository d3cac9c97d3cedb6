//! `POST /api/auth/signup`.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{attempts, client::Client, names, private::Private, secret::Secret};
use crate::{app::App, http::ApiError, platform::id, store::AccountRecord};

/// The plan of a new account.
pub(super) const FIRST_PLAN: &str = "free";

/// Who wants an account.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct SignUp {
    /// To log in with; small and capital letters are the same.
    #[schema(
        pattern = "^[!-?A-~]{1,64}@[!-?A-~]{1,189}$",
        example = "ada@example.com"
    )]
    email: String,
    /// 10 to 256 bytes.
    #[schema(value_type = String, min_length = 10, max_length = 256, format = Password)]
    password: Secret,
    /// What the account is called; without it, what is before the `@`.
    #[schema(min_length = 1, max_length = 100, pattern = "^[ -~]*[!-~][ -~]*$")]
    display_name: Option<String>,
}

/// What is to be done next.
#[derive(Serialize, ToSchema)]
pub(crate) struct SignedUp {
    /// `login`.
    #[schema(example = "login")]
    next: &'static str,
}

/// Opens an account.
///
/// The answer is the same, and takes the same time, where the address has an account already; that one
/// stays as it is. Log in next.
#[utoipa::path(
    post, path = "/api/auth/signup", tag = "accounts", operation_id = "signUp",
    request_body = SignUp,
    responses(
        (status = 202, description = "Log in next", body = SignedUp),
        (status = 400, description = "`invalid_body`: not JSON"),
        (status = 408, description = "`request_timeout`: the body did not arrive in time"),
        (status = 413, description = "`body_too_large`: more than 16 KiB"),
        (status = 415, description = "`not_json`: the content type is another"),
        (status = 422, description = "`invalid_body`: JSON of another form; `invalid_email`: not an address; `invalid_password`: not 10 to 256 bytes; `invalid_name`: nothing to see, or too long"),
        (status = 429, description = "`too_many_attempts`: from this address in this minute"),
        (status = 503, description = "`not_configured`: there are no secrets to log in with; `busy`: too many log in at once"),
    ),
)]
pub(crate) async fn signup(
    State(app): State<Arc<App>>,
    client: Client,
    Private(asked): Private<SignUp>,
) -> Result<(StatusCode, Json<SignedUp>), ApiError> {
    app.accounts.tokens()?;
    app.accounts.pepper()?;
    let email = names::email(&asked.email)?;
    let password = names::password(asked.password)?;
    let display_name = match &asked.display_name {
        Some(name) => names::display("displayName", name)?,
        None => email.split('@').next().unwrap_or(&email).to_owned(),
    };
    attempts::count(&app, client, None).await?;
    let hash = app.accounts.passwords.hash(password).await?;
    let account = AccountRecord {
        id: id::new("acct"),
        email: Some(email),
        display_name,
        plan: FIRST_PLAN.to_owned(),
        created_at: app.clock.now_unix(),
    };
    let opened = app.store.open_account(&account, &hash).await?;
    tracing::info!(opened, "somebody signed up");
    Ok((StatusCode::ACCEPTED, Json(SignedUp { next: "login" })))
}
