//! `GET /admin/audit`: who changed what, when.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Query, State, rejection::QueryRejection},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use crate::{
    app::App,
    http::ApiError,
    platform::{accounts::AdminCaller, id},
    store::AuditRow,
};

/// Lines of one answer, unless told.
const LINES: u32 = 50;

/// A line to be written.
pub(crate) fn line(
    at: i64,
    caller: &AdminCaller,
    action: &str,
    object: &str,
    was: &Value,
    became: &Value,
) -> AuditRow {
    AuditRow {
        id: id::new("audit"),
        at,
        who: caller.name.clone(),
        action: action.to_owned(),
        object: object.to_owned(),
        was: was.to_string(),
        became: became.to_string(),
    }
}

/// Which lines.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    /// Lines before this: `next` of the answer before.
    #[param(max_length = 80, pattern = "^[0-9]{1,18}\\.audit_[0-9a-f]{32}$")]
    before: Option<String>,
    /// How many.
    #[param(minimum = 1, maximum = 500, example = 50)]
    limit: Option<u32>,
}

/// Lines of the audit log, the newest first.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AuditAnswer {
    /// The lines.
    entries: Vec<AuditEntry>,
    /// For the next answer's `before`; `null`: these are the last.
    next: Option<String>,
}

/// A change.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct AuditEntry {
    /// Its id.
    #[schema(example = "audit_019a7b2e5c3f7d41a2b3c4d5e6f70819")]
    id: String,
    /// When.
    #[schema(example = 1_795_262_400)]
    at_unix: i64,
    /// By whose key.
    #[schema(example = "alice")]
    who: String,
    /// What was done.
    #[schema(example = "plan.changed")]
    action: String,
    /// To what.
    #[schema(example = "pro")]
    object: String,
    /// How it was; `null`: it was not there.
    #[schema(value_type = Object)]
    before: Value,
    /// How it is since.
    #[schema(value_type = Object)]
    after: Value,
}

/// The audit log.
///
/// Every change of plans and of the models' prices, and every refund made here: by whom, when, before and
/// after. Of prices the rules that went and those that came.
#[utoipa::path(
    get, path = "/admin/audit", tag = "internal", operation_id = "auditLog",
    params(Asked),
    security(("adminKey" = [])),
    responses(
        (status = 200, description = "Lines, the newest first", body = AuditAnswer),
        (status = 400, description = "`invalid_query`: a parameter of another form"),
        (status = 401, description = "`unauthorized`: without an operator's key"),
        (status = 503, description = "`not_configured`: no operators are configured"),
    ),
)]
pub(crate) async fn audit(
    State(app): State<Arc<App>>,
    _: AdminCaller,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Json<AuditAnswer>, ApiError> {
    let bad = |message: &str| ApiError::bad_request("invalid_query", message);
    let Query(asked) = asked.map_err(|e| bad(&e.body_text()))?;
    let limit = asked.limit.unwrap_or(LINES);
    if !(1..=500).contains(&limit) {
        return Err(bad("limit must lie between 1 and 500"));
    }
    let before = match &asked.before {
        None => (i64::MAX, ""),
        Some(text) => text
            .split_once('.')
            .filter(|(_, id)| id.starts_with("audit_") && !id.contains('\0'))
            .and_then(|(at, id)| Some((at.parse().ok()?, id)))
            .ok_or_else(|| bad("before is the next of an earlier answer"))?,
    };
    let rows = app.store.audit(before, i64::from(limit)).await?;
    let full = u32::try_from(rows.len()).is_ok_and(|n| n == limit);
    let next = rows
        .last()
        .filter(|_| full)
        .map(|row| format!("{}.{}", row.at, row.id));
    let read = |text: &str| serde_json::from_str(text).unwrap_or_default();
    Ok(Json(AuditAnswer {
        entries: rows
            .into_iter()
            .map(|row| AuditEntry {
                before: read(&row.was),
                after: read(&row.became),
                id: row.id,
                at_unix: row.at,
                who: row.who,
                action: row.action,
                object: row.object,
            })
            .collect(),
        next,
    }))
}
