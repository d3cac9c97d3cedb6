//! What a request for the series may say.

use axum::extract::{Query, rejection::QueryRejection};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::http::ApiError;

/// Points of a page, where none are asked for, and at most.
const DEFAULT_LIMIT: u32 = 50;
const MAX_LIMIT: u32 = 200;

/// How long a point is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum By {
    /// A day, UTC.
    #[default]
    Day,
    /// The interval of a distribution.
    Interval,
}

/// The query as it is sent.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SeriesQuery {
    /// `day` (UTC, the default), or `interval`: those of compute revenue's distributions, or of base
    /// staking's where there are no others.
    #[param(example = "day")]
    by: Option<String>,
    /// One pool alone: its address, its mint, or `SOL`.
    #[param(example = "SOL")]
    pool: Option<String>,
    /// Points wanted, 1 to 200; 50 if not given.
    #[param(minimum = 1, maximum = 200, example = 30)]
    limit: Option<u32>,
    /// `nextCursor` of the page before.
    cursor: Option<String>,
}

/// The query, before it is read.
pub(crate) type Asked = Result<Query<SeriesQuery>, QueryRejection>;

/// The query, read.
pub(super) struct Read {
    pub(super) by: By,
    pub(super) pool: Option<String>,
    pub(super) limit: u32,
    /// Points wanted are from before this, Unix seconds.
    pub(super) before: Option<i64>,
}

/// Reads the query.
///
/// # Errors
/// 400 with what may be sent.
pub(super) fn read(asked: Asked) -> Result<Read, ApiError> {
    let Query(query) = asked.map_err(|e| ApiError::bad_request("invalid_query", &e.body_text()))?;
    let by = match query.by.as_deref() {
        None | Some("day") => By::Day,
        Some("interval") => By::Interval,
        Some(_) => {
            return Err(ApiError::bad_request(
                "invalid_query",
                "by must be day or interval",
            ));
        }
    };
    let limit = query.limit.unwrap_or(DEFAULT_LIMIT);
    if !(1..=MAX_LIMIT).contains(&limit) {
        return Err(ApiError::bad_request(
            "invalid_limit",
            "limit must lie between 1 and 200",
        ));
    }
    let before = query
        .cursor
        .map(|text| {
            text.parse().map_err(|_| {
                ApiError::bad_request(
                    "invalid_cursor",
                    "cursor must be a nextCursor answered before",
                )
            })
        })
        .transpose()?;
    Ok(Read {
        by,
        pool: query.pool,
        limit,
        before,
    })
}
