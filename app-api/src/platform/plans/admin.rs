//! `GET` and `PUT /admin/plans`: what is sold, changed by adding versions.

use std::sync::Arc;

use axum::{
    Json,
    extract::{State, rejection::JsonRejection},
    http::StatusCode,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::{Plan, Terms, audit, is_plan_id};
use crate::{app::App, http::ApiError, platform::accounts::AdminCaller};

/// Every plan, in its newest version.
#[derive(Serialize, ToSchema)]
pub(crate) struct PlansAnswer {
    /// By id.
    plans: Vec<Plan>,
}

/// A new version of a plan.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct PlanRequest {
    /// Its id.
    #[schema(
        min_length = 1,
        max_length = 40,
        pattern = "^[a-z0-9_]{1,40}$",
        example = "pro"
    )]
    plan: String,
    /// The version that was seen, and that this one replaces; 0: a new plan.
    #[schema(minimum = 0, maximum = 1_000_000, example = 1)]
    replaces: i64,
    /// What it offers from now on.
    terms: Terms,
}

/// Plans.
///
/// Every plan of every catalogue in its newest version, also those that are not offered.
#[utoipa::path(
    get, path = "/admin/plans", tag = "internal", operation_id = "plans",
    security(("adminKey" = [])),
    responses(
        (status = 200, description = "All of them", body = PlansAnswer),
        (status = 401, description = "`unauthorized`: without an operator's key"),
        (status = 503, description = "`not_configured`: no operators are configured"),
    ),
)]
pub(crate) async fn plans(
    State(app): State<Arc<App>>,
    _: AdminCaller,
) -> Result<Json<PlansAnswer>, ApiError> {
    let plans = app.store.plans().await?;
    Ok(Json(PlansAnswer { plans }))
}

/// Change a plan.
///
/// Adds a version for those who subscribe from now on; who has the plan keeps the version they have.
#[utoipa::path(
    put, path = "/admin/plans", tag = "internal", operation_id = "putPlan",
    request_body = PlanRequest,
    security(("adminKey" = [])),
    responses(
        (status = 200, description = "The new version", body = Plan),
        (status = 400, description = "`invalid_body`: not JSON"),
        (status = 401, description = "`unauthorized`: without an operator's key"),
        (status = 408, description = "`request_timeout`: the body did not arrive in time"),
        (status = 409, description = "`version_conflict`: another version is the newest"),
        (status = 413, description = "`body_too_large`: more than 2 MiB"),
        (status = 415, description = "`not_json`: the content type is another"),
        (status = 422, description = "`invalid_body`: JSON of another form; `invalid_plan`: an id or terms that cannot be; `catalogue_fixed`: a plan stays in its catalogue"),
        (status = 503, description = "`not_configured`: no operators are configured"),
    ),
)]
pub(crate) async fn put_plan(
    State(app): State<Arc<App>>,
    caller: AdminCaller,
    body: Result<Json<PlanRequest>, JsonRejection>,
) -> Result<Json<Plan>, ApiError> {
    let Json(request) = body.map_err(ApiError::from_json)?;
    let unprocessable =
        |code, message: &str| ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, code, message);
    let invalid = |message: &str| unprocessable("invalid_plan", message);
    if !is_plan_id(&request.plan) {
        return Err(invalid("plan must have 1 to 40 of a-z, 0-9 and _"));
    }
    request.terms.validate().map_err(invalid)?;
    let was = app.store.plan(&request.plan, None).await?;
    let conflict = || {
        ApiError::new(
            StatusCode::CONFLICT,
            "version_conflict",
            "another version is the newest: GET /admin/plans and send that as replaces",
        )
    };
    if was.as_ref().map_or(0, |plan| plan.version) != request.replaces {
        return Err(conflict());
    }
    if was
        .as_ref()
        .is_some_and(|plan| plan.terms.catalogue != request.terms.catalogue)
    {
        return Err(unprocessable(
            "catalogue_fixed",
            "a plan stays in its catalogue: add one of another id",
        ));
    }
    let plan = Plan {
        plan: request.plan,
        version: request.replaces.saturating_add(1),
        created_at_unix: app.clock.now_unix(),
        terms: request.terms,
    };
    let line = audit::line(
        plan.created_at_unix,
        &caller,
        "plan.changed",
        &plan.plan,
        &was.map_or(Value::Null, |plan| json!(plan)),
        &json!(plan),
    );
    // The version is what there is one of: of two changes at the same time one is refused.
    if app.store.add_plan(&plan, &line).await? {
        Ok(Json(plan))
    } else {
        Err(conflict())
    }
}
