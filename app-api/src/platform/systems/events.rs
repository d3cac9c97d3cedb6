//! `GET /api/systems/{id}/alert-events`: what happened to a system's rules.

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

use super::{
    AlertState,
    gates::{self, Feature},
    history,
    page::{self, Page, Paging},
    registry::find,
};
use crate::{
    app::App,
    http::ApiError,
    platform::accounts::{Caller, Scope},
    store::{AlertEventRow, StoreError},
};

/// A rule that changed its state.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct AlertEvent {
    /// Its name for programs.
    #[schema(example = "alev_0193f0c4a1b27c3e8d4f5a6b7c8d9e0f")]
    id: String,
    /// The rule.
    #[schema(example = "rule_0193f0c4a1b27c3e8d4f5a6b7c8d9e0f")]
    rule: String,
    /// The state since.
    state: AlertState,
    /// The value of the point that changed it.
    #[schema(example = 93.5)]
    value: f64,
    /// When that was measured.
    at_unix: i64,
    /// When it came.
    created_at_unix: i64,
}

impl AlertEvent {
    fn of(row: AlertEventRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.id,
            rule: row.rule,
            state: AlertState::named(&row.state).ok_or(StoreError::Corrupt("alert state"))?,
            value: row.value,
            at_unix: row.at,
            created_at_unix: row.created_at,
        })
    }
}

/// A page of what happened.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct AlertEvents {
    /// The newest first.
    events: Vec<AlertEvent>,
    /// From when on the plan shows them.
    from_unix: i64,
    /// Names the next page; `null` on the last.
    next_cursor: Option<String>,
}

/// Alerts of a system.
///
/// Needs the scope `read`, and a plan with alerts, which says how far back they go.
#[utoipa::path(
    get, path = "/api/systems/{id}/alert-events", tag = "systems", operation_id = "alertEvents",
    params(
        ("id" = String, Path, description = "The system", example = "sys_0193f0c4a1b27c3e8d4f5a6b7c8d9e0f", max_length = 100),
        Paging,
    ),
    security(("apiKey" = []), ("apiKeyHeader" = [])),
    responses(
        (status = 200, description = "A page of them", body = AlertEvents),
        (status = 400, description = "`invalid_query`: another parameter, or of another form; `invalid_limit`: not 1 to 200; `invalid_cursor`: not one that was answered"),
        (status = 403, description = "`scope_missing`: the key has not the scope; `feature_not_in_plan`: the plan has no alerts"),
        (status = 404, description = "`no_such_system`: the account has none of this id"),
    ),
)]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    id: Result<Path<String>, PathRejection>,
    paging: Result<Query<Paging>, QueryRejection>,
) -> Result<Json<AlertEvents>, ApiError> {
    caller.require(Scope::Read)?;
    let page = Page::read(paging)?;
    let plan = gates::require(&app, &caller.account, Feature::Alerts).await?;
    let system = find(&app, &caller, id).await?;
    let from_unix = history::begin(&plan.terms, app.clock.now_unix());
    let before = page.before.as_deref();
    let mut rows = app
        .store
        .alert_events(&system.id, from_unix, before, page.wanted())
        .await?;
    let next_cursor = page::next(&mut rows, page.limit, |row| row.id.clone());
    let events = rows
        .into_iter()
        .map(AlertEvent::of)
        .collect::<Result<_, _>>()?;
    Ok(Json(AlertEvents {
        events,
        from_unix,
        next_cursor,
    }))
}
