//! Pages of lists, newest first.

use axum::{
    extract::{Path, Query, rejection::PathRejection, rejection::QueryRejection},
    http::StatusCode,
};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::http::ApiError;

/// Rows of a page, where none are asked for, and at most.
const DEFAULT_LIMIT: u32 = 50;
const MAX_LIMIT: u32 = 200;
/// Hexadecimal digits of an id.
const ID_DIGITS: usize = 32;

/// What a list's query may say.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Paging {
    /// Rows of a page.
    #[param(minimum = 1, maximum = 200, default = 50, example = 50)]
    limit: Option<u32>,
    /// The `nextCursor` of the page before; the first page without.
    #[param(
        pattern = "^[a-z]{2,5}_[0-9a-f]{32}$",
        example = "sys_0193f0c4a1b27c3e8d4f5a6b7c8d9e0f"
    )]
    cursor: Option<String>,
}

/// A page that was asked for.
pub(super) struct Page {
    /// Rows of it.
    pub(super) limit: u32,
    /// The id that it comes after.
    pub(super) before: Option<String>,
}

impl Page {
    /// Reads the query.
    pub(super) fn read(asked: Result<Query<Paging>, QueryRejection>) -> Result<Self, ApiError> {
        let Query(paging) = asked.map_err(invalid_query)?;
        if paging
            .cursor
            .as_deref()
            .is_some_and(|cursor| !is_id(cursor))
        {
            return Err(invalid_cursor());
        }
        Ok(Self {
            limit: limit(paging.limit)?,
            before: paging.cursor,
        })
    }

    /// Rows to read: one more tells whether there is another page.
    pub(super) fn wanted(&self) -> u32 {
        self.limit.saturating_add(1)
    }
}

/// Takes the row off that tells of another page; the id of the last one that is shown then.
pub(super) fn next<T>(
    rows: &mut Vec<T>,
    limit: u32,
    name: impl Fn(&T) -> String,
) -> Option<String> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    if rows.len() <= limit {
        return None;
    }
    rows.truncate(limit);
    rows.last().map(name)
}

/// Rows of a page.
pub(super) fn limit(asked: Option<u32>) -> Result<u32, ApiError> {
    let limit = asked.unwrap_or(DEFAULT_LIMIT);
    if (1..=MAX_LIMIT).contains(&limit) {
        return Ok(limit);
    }
    Err(ApiError::bad_request(
        "invalid_limit",
        "limit must lie between 1 and 200",
    ))
}

/// 400: a query that says what it cannot.
pub(super) fn invalid_query(rejection: QueryRejection) -> ApiError {
    ApiError::bad_request("invalid_query", &rejection.body_text())
}

/// 400: a cursor that was never answered.
pub(super) fn invalid_cursor() -> ApiError {
    ApiError::bad_request(
        "invalid_cursor",
        "cursor must be a nextCursor answered before",
    )
}

/// An id of a path; what cannot be one is as one that there is not.
pub(super) fn id(path: Result<Path<String>, PathRejection>) -> Option<String> {
    path.ok().map(|Path(id)| id).filter(|id| is_id(id))
}

/// A prefix, and a UUID.
pub(super) fn is_id(text: &str) -> bool {
    text.split_once('_').is_some_and(|(prefix, digits)| {
        (2..=5).contains(&prefix.len())
            && prefix.bytes().all(|b| b.is_ascii_lowercase())
            && digits.len() == ID_DIGITS
            && digits
                .bytes()
                .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    })
}

/// 404.
pub(super) fn no_such_system() -> ApiError {
    ApiError::new(
        StatusCode::NOT_FOUND,
        "no_such_system",
        "the account has no system of this id: GET /api/systems lists them",
    )
}
