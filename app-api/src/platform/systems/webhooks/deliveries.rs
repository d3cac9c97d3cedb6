//! `GET /api/webhooks/{id}/deliveries`: what a webhook was told, and will be.

use std::sync::Arc;

use axum::{
    Json,
    extract::{
        Path, Query, State,
        rejection::{PathRejection, QueryRejection},
    },
};
use serde::Serialize;
use utoipa::ToSchema;

use super::no_such_webhook;
use crate::{
    app::App,
    http::ApiError,
    platform::{
        accounts::{Caller, Scope},
        systems::{
            Event,
            gates::{self, Feature},
            page::{self, Page, Paging},
        },
    },
    store::{DeliveryRow, StoreError},
};

/// Something that a webhook is told.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct DeliveryView {
    /// Its `webhook-id`, the same in every attempt.
    #[schema(example = "msg_0193f0c4a1b27c3e8d4f5a6b7c8d9e0f")]
    id: String,
    /// What happened.
    event: Event,
    /// `pending`, `delivered` or `failed`.
    #[schema(example = "delivered")]
    state: String,
    /// Attempts begun.
    #[schema(example = 1)]
    attempts: i64,
    /// When it happened.
    created_at_unix: i64,
    /// When the next attempt may begin; `null` where there is none.
    next_attempt_at_unix: Option<i64>,
    /// When it was delivered, or given up.
    finished_at_unix: Option<i64>,
    /// The status that the latest attempt was answered with.
    #[schema(example = 200)]
    last_status: Option<i64>,
    /// What went wrong in it.
    last_error: Option<String>,
}

impl DeliveryView {
    fn of(row: DeliveryRow) -> Result<Self, StoreError> {
        Ok(Self {
            event: Event::named(&row.event).ok_or(StoreError::Corrupt("webhook's event"))?,
            id: row.id,
            attempts: row.attempts,
            created_at_unix: row.created_at,
            next_attempt_at_unix: (row.state == "pending").then_some(row.next_at),
            finished_at_unix: row.finished_at,
            last_status: row.last_status,
            last_error: row.last_error,
            state: row.state,
        })
    }
}

/// A page of deliveries.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::platform::systems) struct Deliveries {
    /// The newest first; those that ended for thirty days.
    deliveries: Vec<DeliveryView>,
    /// Names the next page; `null` on the last.
    next_cursor: Option<String>,
}

/// Deliveries of a webhook.
///
/// Needs the scope `read`, and a plan with webhooks.
#[utoipa::path(
    get, path = "/api/webhooks/{id}/deliveries", tag = "systems", operation_id = "webhookDeliveries",
    params(
        ("id" = String, Path, description = "The webhook", example = "wh_0193f0c4a1b27c3e8d4f5a6b7c8d9e0f", max_length = 100),
        Paging,
    ),
    security(("apiKey" = []), ("apiKeyHeader" = [])),
    responses(
        (status = 200, description = "A page of them", body = Deliveries),
        (status = 400, description = "`invalid_query`: another parameter, or of another form; `invalid_limit`: not 1 to 200; `invalid_cursor`: not one that was answered"),
        (status = 403, description = "`scope_missing`: the key has not the scope; `feature_not_in_plan`: the plan has no webhooks"),
        (status = 404, description = "`no_such_webhook`: the account has none of this id"),
    ),
)]
pub(in crate::platform::systems) async fn deliveries(
    State(app): State<Arc<App>>,
    caller: Caller,
    id: Result<Path<String>, PathRejection>,
    paging: Result<Query<Paging>, QueryRejection>,
) -> Result<Json<Deliveries>, ApiError> {
    caller.require(Scope::Read)?;
    let page = Page::read(paging)?;
    gates::require(&app, &caller.account, Feature::Webhooks).await?;
    let id = page::id(id).ok_or_else(no_such_webhook)?;
    let webhook = app.store.webhook(&caller.account, &id).await?;
    let webhook = webhook.ok_or_else(no_such_webhook)?;
    let before = page.before.as_deref();
    let mut rows = app
        .store
        .deliveries(&webhook.id, before, page.wanted())
        .await?;
    let next_cursor = page::next(&mut rows, page.limit, |row| row.id.clone());
    let deliveries = rows
        .into_iter()
        .map(DeliveryView::of)
        .collect::<Result<_, _>>()?;
    Ok(Json(Deliveries {
        deliveries,
        next_cursor,
    }))
}
