//! `GET /api/systems/{id}/metrics`: measurements, as far back as the plan goes.

use std::sync::Arc;

use axum::{
    Json,
    extract::{
        Path, Query, State,
        rejection::{PathRejection, QueryRejection},
    },
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    gates,
    page::{self, invalid_cursor, invalid_query},
    record::is_name,
    registry::find,
};
use crate::{
    app::App,
    http::ApiError,
    platform::{
        accounts::{Caller, Scope},
        plans::Terms,
    },
    store::{PointPlace, PointQuery, PointRow},
};

/// Seconds of a day.
const DAY: i64 = 86_400;
/// 1970 to 9999.
const TIMES: std::ops::RangeInclusive<i64> = 0..=253_402_300_799;
/// Hexadecimal digits of a point's id.
const ID_DIGITS: usize = 36;

/// Which measurements are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct HistoryQuery {
    /// Of this name alone.
    #[param(
        min_length = 1,
        max_length = 100,
        pattern = "^[!-~]+$",
        example = "temperature"
    )]
    name: Option<String>,
    /// From this second on.
    #[param(minimum = 0, maximum = 253_402_300_799_i64)]
    from_unix: Option<i64>,
    /// Before this second.
    #[param(minimum = 0, maximum = 253_402_300_799_i64)]
    to_unix: Option<i64>,
    /// Rows of a page.
    #[param(minimum = 1, maximum = 200, default = 50, example = 50)]
    limit: Option<u32>,
    /// The `nextCursor` of the page before; the first page without.
    #[param(
        pattern = "^[0-9]{1,12}[.][0-9a-f]{36}$",
        example = "1700000000.0193f0c4a1b27c3e8d4f5a6b7c8d9e0f0000"
    )]
    cursor: Option<String>,
}

/// A page of measurements.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct History {
    /// The newest first.
    points: Vec<HistoryPoint>,
    /// From when on the plan shows measurements, and what was asked for at the earliest.
    from_unix: i64,
    /// Names the next page; `null` on the last.
    next_cursor: Option<String>,
}

/// A measurement.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct HistoryPoint {
    /// What was measured.
    #[schema(example = "temperature")]
    name: String,
    /// How much.
    #[schema(example = 21.5)]
    value: f64,
    /// When.
    at_unix: i64,
}

/// Measurements of a system.
///
/// Needs the scope `read`. The plan says how far back they go.
#[utoipa::path(
    get, path = "/api/systems/{id}/metrics", tag = "systems", operation_id = "readMetrics",
    params(
        ("id" = String, Path, description = "The system", example = "sys_0193f0c4a1b27c3e8d4f5a6b7c8d9e0f", max_length = 100),
        HistoryQuery,
    ),
    security(("apiKey" = []), ("apiKeyHeader" = [])),
    responses(
        (status = 200, description = "A page of them", body = History),
        (status = 400, description = "`invalid_query`: another parameter, or of another form; `invalid_limit`: not 1 to 200; `invalid_cursor`: not one that was answered"),
        (status = 403, description = "`scope_missing`: the key has not the scope"),
        (status = 404, description = "`no_such_system`: the account has none of this id"),
    ),
)]
pub(super) async fn history(
    State(app): State<Arc<App>>,
    caller: Caller,
    id: Result<Path<String>, PathRejection>,
    query: Result<Query<HistoryQuery>, QueryRejection>,
) -> Result<Json<History>, ApiError> {
    caller.require(Scope::Read)?;
    let Query(asked) = query.map_err(invalid_query)?;
    let limit = page::limit(asked.limit)?;
    let before = match asked.cursor.as_deref() {
        Some(cursor) => Some(place(cursor).ok_or_else(invalid_cursor)?),
        None => None,
    };
    if asked.name.as_deref().is_some_and(|name| !is_name(name)) {
        return Err(ApiError::bad_request(
            "invalid_query",
            "name must have 1 to 100 visible ASCII characters",
        ));
    }
    let times = [asked.from_unix, asked.to_unix];
    if times.iter().flatten().any(|at| !TIMES.contains(at)) {
        return Err(ApiError::bad_request(
            "invalid_query",
            "fromUnix and toUnix must be Unix seconds from 1970 to 9999",
        ));
    }
    let system = find(&app, &caller, id).await?;
    let plan = gates::plan_of(&app, &caller.account).await?;
    let begin = begin(&plan.terms, app.clock.now_unix());
    let query = PointQuery {
        name: asked.name,
        from: asked.from_unix.map_or(begin, |from| from.max(begin)),
        to: asked.to_unix.unwrap_or(i64::MAX),
        before,
        limit: limit.saturating_add(1),
    };
    let mut rows = app.store.points(&system.id, &query).await?;
    let next_cursor = page::next(&mut rows, limit, cursor);
    Ok(Json(History {
        points: rows
            .into_iter()
            .map(|row| HistoryPoint {
                name: row.name,
                value: row.value,
                at_unix: row.at,
            })
            .collect(),
        from_unix: query.from,
        next_cursor,
    }))
}

/// The first second that a plan shows.
pub(super) fn begin(terms: &Terms, now: i64) -> i64 {
    now.saturating_sub(terms.history_days.saturating_mul(DAY))
        .max(0)
}

fn cursor(row: &PointRow) -> String {
    format!("{}.{}", row.at, row.id)
}

fn place(text: &str) -> Option<PointPlace> {
    let (at, id) = text.split_once('.')?;
    let hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    let taken = (1..=12).contains(&at.len())
        && at.bytes().all(|b| b.is_ascii_digit())
        && id.len() == ID_DIGITS
        && id.bytes().all(hex);
    let at = at.parse().ok()?;
    taken.then(|| PointPlace {
        at,
        id: id.to_owned(),
    })
}
