//! `POST /api/systems/{id}/metrics`: measurements in, once, with the call they count for.

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
use sha2::{Digest as _, Sha256};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    gates::{self, Feature},
    page::{self, no_such_system},
};
use crate::{
    app::App,
    http::ApiError,
    platform::{
        accounts::{Caller, Scope, unprocessable},
        payments::counting_periods,
        plans::Period,
    },
    store::{NewPoint, Recording, RecordingEnd},
};

/// Points of a batch.
const POINTS: std::ops::RangeInclusive<usize> = 1..=1_000;
/// Longest name of a batch or a measurement, bytes.
const MAX_NAME_BYTES: usize = 100;
/// How far a customer's clock may be ahead, seconds.
const MAX_AHEAD_SECONDS: i64 = 3_600;

/// A batch of measurements.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct MetricsRequest {
    /// Names the batch within the system: sent again, it is stored and counted once.
    #[schema(
        min_length = 1,
        max_length = 100,
        pattern = "^[!-~]+$",
        example = "2026-11-21T12:00"
    )]
    batch_id: String,
    /// Stored all or none.
    #[schema(min_items = 1, max_items = 1_000)]
    points: Vec<MetricPoint>,
}

/// A measurement.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct MetricPoint {
    /// What was measured.
    #[schema(
        min_length = 1,
        max_length = 100,
        pattern = "^[!-~]+$",
        example = "temperature"
    )]
    name: String,
    /// How much.
    #[schema(example = 21.5)]
    value: f64,
    /// When, at most an hour ahead.
    #[schema(minimum = 0, maximum = 253_402_300_799_i64, example = 1_700_000_000)]
    at_unix: i64,
}

/// What became of a batch.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct MetricsAnswer {
    /// Points stored now; 0 where they were before.
    #[schema(example = 3)]
    stored: usize,
    /// Whether the batch was stored and counted before.
    #[schema(example = false)]
    duplicate: bool,
    /// Calls counted this month, with this one; `null` for one that was counted before.
    #[schema(example = 412)]
    calls: Option<i64>,
    /// Calls that the plan's fee pays for.
    #[schema(example = 100_000)]
    included_calls: i64,
}

/// Measurements in.
///
/// Needs the scope `write`. A batch is one call of the month, stored and counted together and once for its id.
#[utoipa::path(
    post, path = "/api/systems/{id}/metrics", tag = "systems", operation_id = "recordMetrics",
    params(("id" = String, Path, description = "The system", example = "sys_0193f0c4a1b27c3e8d4f5a6b7c8d9e0f", max_length = 100)),
    request_body = MetricsRequest,
    security(("apiKey" = []), ("apiKeyHeader" = [])),
    responses(
        (status = 200, description = "Stored, now or before", body = MetricsAnswer),
        (status = 400, description = "`invalid_body`: not JSON, or a number beyond a double's"),
        (status = 402, description = "`quota_exceeded`: the plan's calls of the month are used, and it has none above them"),
        (status = 403, description = "`scope_missing`: the key has not the scope"),
        (status = 404, description = "`no_such_system`: the account has none of this id"),
        (status = 408, description = "`request_timeout`: the body did not arrive in time"),
        (status = 409, description = "`batch_conflict`: a batch of this id was stored before with other points"),
        (status = 413, description = "`body_too_large`: more than 512 KiB"),
        (status = 415, description = "`not_json`: the content type is another"),
        (status = 422, description = "`invalid_body`: JSON of another form; `invalid_name`: not 1 to 100 visible ASCII characters; `invalid_points`: not 1 to 1,000; `invalid_time`: before 1970, or more than an hour ahead"),
    ),
)]
pub(super) async fn record(
    State(app): State<Arc<App>>,
    caller: Caller,
    id: Result<Path<String>, PathRejection>,
    body: Result<Json<MetricsRequest>, JsonRejection>,
) -> Result<Json<MetricsAnswer>, ApiError> {
    caller.require(Scope::Write)?;
    let Json(asked) = body.map_err(ApiError::from_json)?;
    let id = page::id(id).ok_or_else(no_such_system)?;
    let now = app.clock.now_unix();
    name("batchId", &asked.batch_id)?;
    if !POINTS.contains(&asked.points.len()) {
        return Err(unprocessable(
            "invalid_points",
            "points must be 1 to 1,000: send several batches",
        ));
    }
    let points = asked
        .points
        .into_iter()
        .enumerate()
        .map(|(index, asked)| point(index, asked, now))
        .collect::<Result<Vec<_>, _>>()?;
    let plan = gates::plan_of(&app, &caller.account).await?;
    let stored = points.len();
    let batch = Recording {
        account: caller.account,
        system: id,
        batch: asked.batch_id,
        id: Uuid::now_v7().simple().to_string(),
        digest: digest(&points),
        points,
        periods: counting_periods(now, now).map(|period: Period| period.to_string()),
        included: plan.terms.included_calls,
        overage: plan.terms.overage_per_thousand_nano_usd.is_some(),
        alerts: Feature::Alerts.is_in(&plan.terms),
        webhooks: Feature::Webhooks.is_in(&plan.terms),
        now,
    };
    let answer = |stored, calls: Option<i64>| {
        Ok(Json(MetricsAnswer {
            stored,
            duplicate: calls.is_none(),
            calls,
            included_calls: plan.terms.included_calls,
        }))
    };
    match app.store.record_points(&batch).await? {
        RecordingEnd::Stored(calls) => answer(stored, Some(calls)),
        RecordingEnd::Duplicate => answer(0, None),
        RecordingEnd::Conflict => Err(ApiError::new(
            StatusCode::CONFLICT,
            "batch_conflict",
            "a batch of this id was stored before with other points: give it another id",
        )),
        RecordingEnd::NoSystem => Err(no_such_system()),
        RecordingEnd::QuotaExceeded => Err(gates::no_more_calls(&app, &plan).await?),
    }
}

fn point(index: usize, asked: MetricPoint, now: i64) -> Result<NewPoint, ApiError> {
    name(&format!("points[{index}].name"), &asked.name)?;
    if !(0..=now.saturating_add(MAX_AHEAD_SECONDS)).contains(&asked.at_unix) {
        return Err(unprocessable(
            "invalid_time",
            &format!("points[{index}].atUnix must be Unix seconds, at most an hour ahead"),
        ));
    }
    Ok(NewPoint {
        name: asked.name,
        // Minus zero is zero: a database may not tell them apart.
        value: asked.value + 0.0,
        at: asked.at_unix,
    })
}

/// A name that a customer gives: visible ASCII.
pub(super) fn name(field: &str, text: &str) -> Result<(), ApiError> {
    if is_name(text) {
        return Ok(());
    }
    Err(unprocessable(
        "invalid_name",
        &format!("{field} must have 1 to {MAX_NAME_BYTES} visible ASCII characters"),
    ))
}

/// Whether a customer may give this name.
pub(super) fn is_name(text: &str) -> bool {
    (1..=MAX_NAME_BYTES).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic())
}

/// What tells a batch from another. Names have no space, so nothing can stand for something else.
fn digest(points: &[NewPoint]) -> String {
    let mut hash = Sha256::new();
    for NewPoint { name, value, at } in points {
        hash.update(format!("{name} {:016x} {at}\n", value.to_bits()));
    }
    hex::encode(hash.finalize())
}
