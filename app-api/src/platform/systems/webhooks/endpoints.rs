//! `/api/webhooks`: where an account wants to be told.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State, rejection::PathRejection},
    http::StatusCode,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{address, no_such_webhook, signing};
use crate::{
    app::App,
    http::ApiError,
    platform::{
        accounts::{Caller, Private, Scope, unprocessable},
        id,
        systems::{
            Event,
            gates::{self, Feature},
            page,
        },
    },
    store::{StoreError, WebhookRow},
};

/// Webhooks of an account.
const MOST: i64 = 10;

/// A webhook to be created.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::platform::systems) struct WebhookRequest {
    /// Where it is, on the public internet.
    #[schema(
        max_length = 500,
        pattern = "^https://[a-z]{1,20}[.]example/[a-z]{0,20}$",
        example = "https://customer.example/hook"
    )]
    url: String,
    /// What it wants to be told; everything unless told.
    #[schema(min_items = 1, max_items = 3)]
    events: Option<Vec<Event>>,
}

/// A webhook.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::platform::systems) struct WebhookView {
    /// Its name for programs.
    #[schema(example = "wh_0193f0c4a1b27c3e8d4f5a6b7c8d9e0f")]
    id: String,
    /// Where it is.
    #[schema(example = "https://customer.example/hook")]
    url: String,
    /// What it wants to be told.
    events: Vec<Event>,
    /// Which version of its secret signs, from 1.
    #[schema(example = 1)]
    secret_version: i64,
    /// When it was created.
    created_at_unix: i64,
    /// Since when no delivery has succeeded; `null` where the last one did.
    failing_since_unix: Option<i64>,
    /// When it was given up, after three days without a success.
    disabled_at_unix: Option<i64>,
}

impl WebhookView {
    fn of(row: WebhookRow) -> Result<Self, StoreError> {
        let events = row.events.split(',').map(Event::named);
        Ok(Self {
            events: events
                .collect::<Option<_>>()
                .ok_or(StoreError::Corrupt("webhook's event"))?,
            id: row.id,
            url: row.url,
            secret_version: row.secret_version,
            created_at_unix: row.created_at,
            failing_since_unix: row.failing_since,
            disabled_at_unix: row.disabled_at,
        })
    }
}

/// A webhook and its secret.
#[derive(Serialize, ToSchema)]
pub(in crate::platform::systems) struct WebhookSecret {
    /// What deliveries are signed with: it is told now and never again.
    #[schema(pattern = "^whsec_[0-9A-Za-z+/=]{44}$")]
    secret: String,
    /// What is known of the webhook.
    webhook: WebhookView,
}

/// An account's webhooks.
#[derive(Serialize, ToSchema)]
pub(in crate::platform::systems) struct Webhooks {
    /// The newest first.
    webhooks: Vec<WebhookView>,
}

/// Your webhooks.
///
/// Needs the scope `read`, and a plan with webhooks.
#[utoipa::path(
    get, path = "/api/webhooks", tag = "systems", operation_id = "webhooks",
    security(("apiKey" = []), ("apiKeyHeader" = [])),
    responses(
        (status = 200, description = "All of them", body = Webhooks),
        (status = 403, description = "`scope_missing`: the key has not the scope; `feature_not_in_plan`: the plan has no webhooks"),
    ),
)]
pub(in crate::platform::systems) async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
) -> Result<Json<Webhooks>, ApiError> {
    caller.require(Scope::Read)?;
    gates::require(&app, &caller.account, Feature::Webhooks).await?;
    let rows = app.store.webhooks(&caller.account).await?;
    let webhooks = rows
        .into_iter()
        .map(WebhookView::of)
        .collect::<Result<_, _>>()?;
    Ok(Json(Webhooks { webhooks }))
}

/// Creates a webhook.
///
/// Needs the scope `admin`, and a plan with webhooks. Deliveries are signed as Standard Webhooks says, each is
/// tried for a day, and may come more than once: `webhook-id` stays the same.
#[utoipa::path(
    post, path = "/api/webhooks", tag = "systems", operation_id = "createWebhook",
    request_body = WebhookRequest,
    security(("apiKey" = []), ("apiKeyHeader" = [])),
    responses(
        (status = 201, description = "The webhook, and its secret, told once", body = WebhookSecret),
        (status = 400, description = "`invalid_body`: not JSON"),
        (status = 403, description = "`scope_missing`: the key has not the scope; `feature_not_in_plan`: the plan has no webhooks"),
        (status = 408, description = "`request_timeout`: the body did not arrive in time"),
        (status = 409, description = "`too_many_webhooks`: there are ten"),
        (status = 413, description = "`body_too_large`: more than 16 KiB"),
        (status = 415, description = "`not_json`: the content type is another"),
        (status = 422, description = "`invalid_body`: JSON of another form; `invalid_url`: not https://, with a user, or not on the public internet; `invalid_events`: none, or more than three"),
    ),
)]
pub(in crate::platform::systems) async fn create(
    State(app): State<Arc<App>>,
    caller: Caller,
    Private(asked): Private<WebhookRequest>,
) -> Result<(StatusCode, Json<WebhookSecret>), ApiError> {
    caller.require(Scope::Admin)?;
    gates::require(&app, &caller.account, Feature::Webhooks).await?;
    address::parse(&asked.url, app.webhooks.allow_loopback)
        .map_err(|problem| unprocessable("invalid_url", problem))?;
    let row = WebhookRow {
        id: id::new("wh"),
        url: asked.url,
        events: events(asked.events)?,
        secret_version: 1,
        rotated_at: None,
        created_at: app.clock.now_unix(),
        failing_since: None,
        disabled_at: None,
    };
    let secret = signing::secret(&app, &row.id, row.secret_version)?;
    if !app
        .store
        .create_webhook(&caller.account, &row, MOST)
        .await?
    {
        return Err(ApiError::new(
            StatusCode::CONFLICT,
            "too_many_webhooks",
            "there are ten webhooks: delete one first",
        ));
    }
    let webhook = WebhookView::of(row)?;
    Ok((StatusCode::CREATED, Json(WebhookSecret { secret, webhook })))
}

/// Gives a webhook another secret.
///
/// Needs the scope `admin`, and a plan with webhooks. For a day deliveries have a signature by the secret before
/// beside the one by the new one.
#[utoipa::path(
    post, path = "/api/webhooks/{id}/rotate", tag = "systems", operation_id = "rotateWebhook",
    params(("id" = String, Path, description = "The webhook", example = "wh_0193f0c4a1b27c3e8d4f5a6b7c8d9e0f", max_length = 100)),
    security(("apiKey" = []), ("apiKeyHeader" = [])),
    responses(
        (status = 200, description = "The webhook, and its new secret, told once", body = WebhookSecret),
        (status = 403, description = "`scope_missing`: the key has not the scope; `feature_not_in_plan`: the plan has no webhooks"),
        (status = 404, description = "`no_such_webhook`: the account has none of this id"),
    ),
)]
pub(in crate::platform::systems) async fn rotate(
    State(app): State<Arc<App>>,
    caller: Caller,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<WebhookSecret>, ApiError> {
    caller.require(Scope::Admin)?;
    gates::require(&app, &caller.account, Feature::Webhooks).await?;
    let id = page::id(id).ok_or_else(no_such_webhook)?;
    let now = app.clock.now_unix();
    if !app.store.rotate_webhook(&caller.account, &id, now).await? {
        return Err(no_such_webhook());
    }
    let row = app.store.webhook(&caller.account, &id).await?;
    let row = row.ok_or_else(no_such_webhook)?;
    let secret = signing::secret(&app, &row.id, row.secret_version)?;
    let webhook = WebhookView::of(row)?;
    Ok(Json(WebhookSecret { secret, webhook }))
}

/// Deletes a webhook.
///
/// Needs the scope `admin`. What it was to be told is not sent any more.
#[utoipa::path(
    delete, path = "/api/webhooks/{id}", tag = "systems", operation_id = "deleteWebhook",
    params(("id" = String, Path, description = "The webhook", example = "wh_0193f0c4a1b27c3e8d4f5a6b7c8d9e0f", max_length = 100)),
    security(("apiKey" = []), ("apiKeyHeader" = [])),
    responses(
        (status = 204, description = "Deleted"),
        (status = 403, description = "`scope_missing`: the key has not the scope"),
        (status = 404, description = "`no_such_webhook`: the account has none of this id"),
    ),
)]
pub(in crate::platform::systems) async fn delete(
    State(app): State<Arc<App>>,
    caller: Caller,
    id: Result<Path<String>, PathRejection>,
) -> Result<StatusCode, ApiError> {
    caller.require(Scope::Admin)?;
    let id = page::id(id).ok_or_else(no_such_webhook)?;
    if !app.store.delete_webhook(&caller.account, &id).await? {
        return Err(no_such_webhook());
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Events as they are stored, each once.
fn events(asked: Option<Vec<Event>>) -> Result<String, ApiError> {
    let mut events = asked.unwrap_or_else(|| Event::ALL.to_vec());
    if !(1..=Event::ALL.len()).contains(&events.len()) {
        return Err(unprocessable(
            "invalid_events",
            "events must be one to three, or left out",
        ));
    }
    events.sort_unstable();
    events.dedup();
    let names: Vec<&str> = events.into_iter().map(Event::name).collect();
    Ok(names.join(","))
}
