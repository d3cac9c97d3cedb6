//! Pages of a list, newest first. A cursor names a place in the chain's history, not a number of rows:
//! what happens later moves no row from one page to another.

use axum::{
    extract::{Query, rejection::QueryRejection},
    http::{HeaderName, HeaderValue, header::LINK},
};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{http::ApiError, store::Place};

/// Rows of a page, where none are asked for, and at most.
const DEFAULT_LIMIT: u32 = 50;
const MAX_LIMIT: u32 = 200;

/// What a list's query may say.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct Paging {
    /// Rows of a page.
    #[param(minimum = 1, maximum = 200, default = 50, example = 50)]
    limit: Option<u32>,
    /// The `nextCursor` of the page before; the first page without.
    #[param(
        pattern = "^[0-9]{1,18}[.][0-9]{1,18}[.][0-9]{1,18}$",
        example = "301.0.2"
    )]
    cursor: Option<String>,
}

/// The query, before it is read.
pub(crate) type Asked = Result<Query<Paging>, QueryRejection>;

/// Whether the query says anything.
pub(super) fn asks(asked: &Asked) -> bool {
    !matches!(asked, Ok(Query(paging)) if paging.limit.is_none() && paging.cursor.is_none())
}

/// Rows wanted, and from before which place.
pub(super) fn page(asked: Asked) -> Result<(u32, Option<Place>), ApiError> {
    let Query(paging) =
        asked.map_err(|e| ApiError::bad_request("invalid_query", &e.body_text()))?;
    let limit = paging.limit.unwrap_or(DEFAULT_LIMIT);
    if !(1..=MAX_LIMIT).contains(&limit) {
        return Err(ApiError::bad_request(
            "invalid_limit",
            "limit must lie between 1 and 200",
        ));
    }
    let before = paging
        .cursor
        .map(|text| {
            place(&text).ok_or_else(|| {
                ApiError::bad_request(
                    "invalid_cursor",
                    "cursor must be a nextCursor answered before",
                )
            })
        })
        .transpose()?;
    Ok((limit, before))
}

/// The cursor of what comes after the row at `place`.
pub(super) fn cursor(place: Place) -> String {
    format!("{}.{}.{}", place.slot, place.slot_order, place.event_index)
}

/// The next page as a header, RFC 8288. `path` may have a query already.
pub(crate) fn link(
    path: &str,
    limit: u32,
    next_cursor: Option<&str>,
) -> Option<[(HeaderName, HeaderValue); 1]> {
    let and = if path.contains('?') { '&' } else { '?' };
    let link = format!(
        "<{path}{and}limit={limit}&cursor={}>; rel=\"next\"",
        next_cursor?
    );
    Some([(LINK, HeaderValue::try_from(link).ok()?)])
}

/// The place that a cursor names.
pub(super) fn place(text: &str) -> Option<Place> {
    let mut parts = text.split('.').map(|part| {
        part.parse::<u64>()
            .ok()
            .filter(|n| i64::try_from(*n).is_ok())
    });
    let place = Place {
        slot: parts.next()??,
        slot_order: parts.next()??,
        event_index: parts.next()??,
    };
    parts.next().is_none().then_some(place)
}
