//! `/api/account`: what is known of a customer, and the end of it.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Query, State, rejection::QueryRejection},
    http::StatusCode,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{caller::Caller, names, private::Private, refusal::unauthorized, scope::Scope};
use crate::{app::App, http::ApiError, store::AccountRecord};

/// A customer's account.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Account {
    /// Its name for programs.
    #[schema(example = "acct_0193f0c4a1b27c3e8d4f5a6b7c8d9e0f")]
    id: String,
    /// The address it logs in with; `null` where somebody else says who it is.
    email: Option<String>,
    /// Its name for people.
    display_name: String,
    /// Its plan.
    #[schema(example = "free")]
    plan: String,
    /// When it was opened.
    created_at_unix: i64,
}

impl From<AccountRecord> for Account {
    fn from(account: AccountRecord) -> Self {
        Self {
            id: account.id,
            email: account.email,
            display_name: account.display_name,
            plan: account.plan,
            created_at_unix: account.created_at,
        }
    }
}

/// What is to be changed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct AccountChange {
    /// Its new name.
    #[schema(
        min_length = 1,
        max_length = 100,
        pattern = "^[ -~]*[!-~][ -~]*$",
        example = "Ada"
    )]
    display_name: String,
}

/// How an account is closed.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Closing {
    /// Whether the money that is left is given up.
    #[serde(default)]
    forfeit_balance: bool,
}

/// Your account.
///
/// Needs the scope `read`.
#[utoipa::path(
    get, path = "/api/account", tag = "accounts", operation_id = "account",
    security(("apiKey" = []), ("apiKeyHeader" = [])),
    responses(
        (status = 200, description = "The account", body = Account),
        (status = 403, description = "`scope_missing`: the key has not the scope"),
    ),
)]
pub(crate) async fn show(
    State(app): State<Arc<App>>,
    caller: Caller,
) -> Result<Json<Account>, ApiError> {
    caller.require(Scope::Read)?;
    let account = app.store.account(&caller.account).await?;
    Ok(Json(account.ok_or_else(unauthorized)?.into()))
}

/// Renames your account.
///
/// Needs the scope `admin`.
#[utoipa::path(
    patch, path = "/api/account", tag = "accounts", operation_id = "changeAccount",
    request_body = AccountChange,
    security(("apiKey" = []), ("apiKeyHeader" = [])),
    responses(
        (status = 200, description = "The account as it is now", body = Account),
        (status = 400, description = "`invalid_body`: not JSON"),
        (status = 403, description = "`scope_missing`: the key has not the scope"),
        (status = 408, description = "`request_timeout`: the body did not arrive in time"),
        (status = 413, description = "`body_too_large`: more than 16 KiB"),
        (status = 415, description = "`not_json`: the content type is another"),
        (status = 422, description = "`invalid_body`: JSON of another form; `invalid_name`: nothing to see, or too long"),
    ),
)]
pub(crate) async fn change(
    State(app): State<Arc<App>>,
    caller: Caller,
    Private(change): Private<AccountChange>,
) -> Result<Json<Account>, ApiError> {
    caller.require(Scope::Admin)?;
    let name = names::display("displayName", &change.display_name)?;
    app.store.rename_account(&caller.account, &name).await?;
    let account = app.store.account(&caller.account).await?;
    Ok(Json(account.ok_or_else(unauthorized)?.into()))
}

/// Closes your account.
///
/// Needs the scope `admin`. Its keys and sessions end within two seconds, and its address is free again.
/// Money that is left has to be given up by name: it stays in the ledger, where nobody can use it. What is
/// subscribed to is cancelled at once and not charged again; prepaid runs are given up.
#[utoipa::path(
    delete, path = "/api/account", tag = "accounts", operation_id = "closeAccount",
    params(Closing),
    security(("apiKey" = []), ("apiKeyHeader" = [])),
    responses(
        (status = 204, description = "Closed"),
        (status = 400, description = "`invalid_query`: forfeitBalance is true or false"),
        (status = 403, description = "`scope_missing`: the key has not the scope"),
        (status = 409, description = "`balance_left`: money is left; `work_under_way`: money is held for work that has not ended"),
        (status = 503, description = "`payments_unavailable`: the payment provider cannot be asked to end the subscriptions: the account is open still; `not_configured`: no provider is configured any more"),
    ),
)]
pub(crate) async fn close(
    State(app): State<Arc<App>>,
    caller: Caller,
    closing: Result<Query<Closing>, QueryRejection>,
) -> Result<StatusCode, ApiError> {
    caller.require(Scope::Admin)?;
    let Query(closing) =
        closing.map_err(|e| ApiError::bad_request("invalid_query", &e.body_text()))?;
    let conflict = |code, message: &str| ApiError::new(StatusCode::CONFLICT, code, message);
    let balance = app.platform.ledger.balance(&caller.account).await;
    let balance = balance.map_err(|error| ApiError::internal(&error))?;
    if balance.held_nano_usd > 0 {
        return Err(conflict(
            "work_under_way",
            "money is held for work that has not ended: close the account afterwards",
        ));
    }
    if balance.balance_nano_usd > 0 && !closing.forfeit_balance {
        return Err(conflict(
            "balance_left",
            &format!(
                "{} nano-USD are left: use them, or give them up by forfeitBalance=true",
                balance.balance_nano_usd
            ),
        ));
    }
    // First: an account that nobody can reach any more must not be charged.
    app.billing.cancel_all(&caller.account).await?;
    let now = app.clock.now_unix();
    app.store.close_account(&caller.account, now).await?;
    app.accounts.callers.forget_account(&caller.account);
    tracing::info!(account = caller.account, "an account was closed");
    Ok(StatusCode::NO_CONTENT)
}
