//! `GET` and `PUT /admin/prices`: the price rules, for operators.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Json,
    extract::{DefaultBodyLimit, State, rejection::JsonRejection},
    http::StatusCode,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa_axum::{
    router::{OpenApiRouter, UtoipaMethodRouterExt as _},
    routes,
};

use super::{parsed, rows, rule::Rule, rules::Rules};
use crate::{
    app::App,
    http::ApiError,
    platform::{accounts::AdminCaller, plans::audit},
};

/// Longest body taken, bytes: some thousand rules.
const MAX_BODY_BYTES: usize = 2 * 1024 * 1024;
/// Rules at most.
const MAX_RULES: usize = 5_000;

/// All price rules.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PriceRules {
    /// By name and priority.
    #[schema(min_items = 1, max_items = 5_000)]
    models: Vec<Rule>,
}

/// The endpoints.
pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(prices, replace).layer(DefaultBodyLimit::max(MAX_BODY_BYTES)))
}

/// The models' price rules.
///
/// As they count on this server now.
#[utoipa::path(
    get, path = "/admin/prices", tag = "internal", operation_id = "getPriceRules",
    security(("adminKey" = [])),
    responses(
        (status = 200, description = "All of them", body = PriceRules),
        (status = 401, description = "`unauthorized`: without one of the operators' keys"),
        (status = 503, description = "`not_configured`: there are no such keys"),
    ),
)]
pub(crate) async fn prices(
    _: AdminCaller,
    State(app): State<Arc<App>>,
) -> Result<Json<PriceRules>, ApiError> {
    let rules = app.gateway.rules(&app.store).await?;
    Ok(Json(PriceRules {
        models: rules.all().to_vec(),
    }))
}

/// Replaces the models' price rules.
///
/// All of them at once; this server uses them at once and every other one within some seconds. Requests
/// that are under way are charged by the rules that they began with. The audit log says which rules went
/// and which came.
#[utoipa::path(
    put, path = "/admin/prices", tag = "internal", operation_id = "setPriceRules",
    request_body = PriceRules,
    security(("adminKey" = [])),
    responses(
        (status = 200, description = "As they are now", body = PriceRules),
        (status = 400, description = "`invalid_body`: not JSON"),
        (status = 401, description = "`unauthorized`: without one of the operators' keys"),
        (status = 408, description = "`request_timeout`: the body did not arrive in time"),
        (status = 413, description = "`body_too_large`: more than 2 MiB"),
        (status = 415, description = "`not_json`: the content type is another"),
        (status = 422, description = "`invalid_body`: JSON of another form; `invalid_rules`: none, more than 5,000, or one that contradicts itself or another"),
        (status = 503, description = "`not_configured`: there are no such keys"),
    ),
)]
pub(crate) async fn replace(
    caller: AdminCaller,
    State(app): State<Arc<App>>,
    body: Result<Json<PriceRules>, JsonRejection>,
) -> Result<Json<PriceRules>, ApiError> {
    let Json(asked) = body.map_err(ApiError::from_json)?;
    if asked.models.is_empty() || asked.models.len() > MAX_RULES {
        return Err(invalid("give 1 to 5,000 rules"));
    }
    let rules = Rules::new(asked.models).map_err(|error| invalid(&error.to_string()))?;
    let now = app.clock.now_unix();
    app.store
        .replace_model_prices(&rows(rules.all())?, |stored| {
            let was = parsed(stored)?;
            let (gone, new) = (without(&was, rules.all()), without(rules.all(), &was));
            let action = "prices.changed";
            Ok(audit::line(now, &caller, action, "models", &gone, &new))
        })
        .await?;
    let rules = app.gateway.reload(&app.store).await?;
    tracing::info!(
        rules = rules.all().len(),
        "the models' prices were replaced"
    );
    Ok(Json(PriceRules {
        models: rules.all().to_vec(),
    }))
}

/// Those of `rules` that are not among `others` just so: an operator who reads the log looks for what is
/// different in some hundred rules.
fn without(rules: &[Rule], others: &[Rule]) -> Value {
    let others: BTreeMap<_, _> = others.iter().map(|rule| (rule.key(), rule)).collect();
    let different = |rule: &&Rule| others.get(&rule.key()) != Some(rule);
    json!({ "models": rules.iter().filter(different).collect::<Vec<_>>() })
}

fn invalid(problem: &str) -> ApiError {
    ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_rules", problem)
}
