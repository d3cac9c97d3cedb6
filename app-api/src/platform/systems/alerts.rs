//! `/api/systems/{id}/alerts`: what is watched for.

use std::sync::Arc;

use axum::{
    Json,
    extract::{
        Path, State,
        rejection::{JsonRejection, PathRejection},
    },
    http::StatusCode,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    AlertState, Condition, Rule,
    gates::{self, Feature},
    page::{is_id, no_such_system},
    record::name,
    registry::find,
};
use crate::{
    app::App,
    http::ApiError,
    platform::{
        accounts::{Caller, Scope, unprocessable},
        id,
    },
};

/// Rules of one system: each is looked at with every batch.
const MOST: i64 = 50;
/// Points in a row that a rule may ask for.
const CONSECUTIVE: std::ops::RangeInclusive<i64> = 1..=1_000;

/// A rule to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RuleRequest {
    /// Which points it looks at, by their name.
    #[schema(
        min_length = 1,
        max_length = 100,
        pattern = "^[!-~]+$",
        example = "temperature"
    )]
    metric: String,
    /// On which side of the threshold a point is beyond it.
    condition: Condition,
    /// What the value is compared with.
    #[schema(example = 80.0)]
    threshold: f64,
    /// How many points in a row have to be beyond; 1 unless told.
    #[schema(minimum = 1, maximum = 1_000, example = 3)]
    consecutive: Option<i64>,
}

/// A rule.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct AlertRule {
    /// Its name for programs.
    #[schema(example = "rule_0193f0c4a1b27c3e8d4f5a6b7c8d9e0f")]
    id: String,
    /// Which points it looks at.
    #[schema(example = "temperature")]
    metric: String,
    /// On which side of the threshold a point is beyond it.
    condition: Condition,
    /// What the value is compared with.
    #[schema(example = 80.0)]
    threshold: f64,
    /// How many points in a row have to be beyond.
    #[schema(example = 3)]
    consecutive: i64,
    /// What it says now.
    state: AlertState,
    /// When it was made.
    created_at_unix: i64,
}

impl From<Rule> for AlertRule {
    fn from(rule: Rule) -> Self {
        Self {
            id: rule.id,
            metric: rule.metric,
            condition: rule.condition,
            threshold: rule.threshold,
            consecutive: rule.consecutive,
            state: rule.state,
            created_at_unix: rule.created_at,
        }
    }
}

/// A system's rules.
#[derive(Serialize, ToSchema)]
pub(super) struct AlertRules {
    /// The oldest first.
    rules: Vec<AlertRule>,
}

/// Rules of a system.
///
/// Needs the scope `read`, and a plan with alerts.
#[utoipa::path(
    get, path = "/api/systems/{id}/alerts", tag = "systems", operation_id = "alertRules",
    params(("id" = String, Path, description = "The system", example = "sys_0193f0c4a1b27c3e8d4f5a6b7c8d9e0f", max_length = 100)),
    security(("apiKey" = []), ("apiKeyHeader" = [])),
    responses(
        (status = 200, description = "All of them", body = AlertRules),
        (status = 403, description = "`scope_missing`: the key has not the scope; `feature_not_in_plan`: the plan has no alerts"),
        (status = 404, description = "`no_such_system`: the account has none of this id"),
    ),
)]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<AlertRules>, ApiError> {
    caller.require(Scope::Read)?;
    gates::require(&app, &caller.account, Feature::Alerts).await?;
    let system = find(&app, &caller, id).await?;
    let rules = app.store.rules(&system.id).await?;
    Ok(Json(AlertRules {
        rules: rules.into_iter().map(AlertRule::from).collect(),
    }))
}

/// Has a system watched.
///
/// Needs the scope `write`, and a plan with alerts. A rule fires once as many points in a row are beyond its
/// threshold, and is resolved by the first that is not. It looks at points that come after it was made, and at
/// none that is older than one it saw.
#[utoipa::path(
    post, path = "/api/systems/{id}/alerts", tag = "systems", operation_id = "createAlertRule",
    params(("id" = String, Path, description = "The system", example = "sys_0193f0c4a1b27c3e8d4f5a6b7c8d9e0f", max_length = 100)),
    request_body = RuleRequest,
    security(("apiKey" = []), ("apiKeyHeader" = [])),
    responses(
        (status = 201, description = "The rule", body = AlertRule),
        (status = 400, description = "`invalid_body`: not JSON"),
        (status = 403, description = "`scope_missing`: the key has not the scope; `feature_not_in_plan`: the plan has no alerts"),
        (status = 404, description = "`no_such_system`: the account has none of this id"),
        (status = 408, description = "`request_timeout`: the body did not arrive in time"),
        (status = 409, description = "`too_many_rules`: the system has fifty"),
        (status = 413, description = "`body_too_large`: more than 16 KiB"),
        (status = 415, description = "`not_json`: the content type is another"),
        (status = 422, description = "`invalid_body`: JSON of another form; `invalid_name`: metric is no name of points; `invalid_consecutive`: not 1 to 1,000"),
    ),
)]
pub(super) async fn create(
    State(app): State<Arc<App>>,
    caller: Caller,
    id: Result<Path<String>, PathRejection>,
    body: Result<Json<RuleRequest>, JsonRejection>,
) -> Result<(StatusCode, Json<AlertRule>), ApiError> {
    caller.require(Scope::Write)?;
    let Json(asked) = body.map_err(ApiError::from_json)?;
    gates::require(&app, &caller.account, Feature::Alerts).await?;
    let system = find(&app, &caller, id).await?;
    name("metric", &asked.metric)?;
    let consecutive = asked.consecutive.unwrap_or(1);
    if !CONSECUTIVE.contains(&consecutive) {
        return Err(unprocessable(
            "invalid_consecutive",
            "consecutive must lie between 1 and 1,000",
        ));
    }
    let rule = Rule {
        id: id::new("rule"),
        metric: asked.metric,
        condition: asked.condition,
        threshold: asked.threshold + 0.0,
        consecutive,
        state: AlertState::Ok,
        run: 0,
        seen_at: 0,
        created_at: app.clock.now_unix(),
    };
    let created = app
        .store
        .create_rule(&caller.account, &system.id, &rule, MOST)
        .await?;
    if !created.ok_or_else(no_such_system)? {
        return Err(ApiError::new(
            StatusCode::CONFLICT,
            "too_many_rules",
            "the system has fifty rules: delete one first",
        ));
    }
    Ok((StatusCode::CREATED, Json(rule.into())))
}

/// Deletes a rule.
///
/// Needs the scope `write`. What happened to it stays.
#[utoipa::path(
    delete, path = "/api/systems/{id}/alerts/{rule}", tag = "systems", operation_id = "deleteAlertRule",
    params(
        ("id" = String, Path, description = "The system", example = "sys_0193f0c4a1b27c3e8d4f5a6b7c8d9e0f", max_length = 100),
        ("rule" = String, Path, description = "The rule", example = "rule_0193f0c4a1b27c3e8d4f5a6b7c8d9e0f", max_length = 100),
    ),
    security(("apiKey" = []), ("apiKeyHeader" = [])),
    responses(
        (status = 204, description = "Deleted"),
        (status = 403, description = "`scope_missing`: the key has not the scope"),
        (status = 404, description = "`no_such_system`: the account has none of this id; `no_such_rule`: the system has none of this id"),
    ),
)]
pub(super) async fn delete(
    State(app): State<Arc<App>>,
    caller: Caller,
    path: Result<Path<(String, String)>, PathRejection>,
) -> Result<StatusCode, ApiError> {
    caller.require(Scope::Write)?;
    let Path((id, rule)) = path.map_err(|_| no_such_system())?;
    let system = find(&app, &caller, Ok(Path(id))).await?;
    if !is_id(&rule) || !app.store.delete_rule(&system.id, &rule).await? {
        return Err(ApiError::new(
            StatusCode::NOT_FOUND,
            "no_such_rule",
            "the system has no rule of this id: GET /api/systems/{id}/alerts lists them",
        ));
    }
    Ok(StatusCode::NO_CONTENT)
}
