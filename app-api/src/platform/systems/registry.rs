//! `/api/systems`: which systems an account meters.

use std::sync::Arc;

use axum::{
    Json,
    extract::{
        Path, Query, State,
        rejection::{JsonRejection, PathRejection, QueryRejection},
    },
    http::StatusCode,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    gates,
    page::{self, Page, Paging, no_such_system},
};
use crate::{
    app::App,
    http::ApiError,
    platform::{
        accounts::{Caller, Scope, display_name},
        id,
    },
    store::SystemRow,
};

/// A metered system.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct MeteredSystem {
    /// Its name for programs.
    #[schema(example = "sys_0193f0c4a1b27c3e8d4f5a6b7c8d9e0f")]
    id: String,
    /// Its name for people.
    #[schema(example = "Pump 7")]
    name: String,
    /// When it was made known.
    created_at_unix: i64,
}

impl From<SystemRow> for MeteredSystem {
    fn from(row: SystemRow) -> Self {
        Self {
            id: row.id,
            name: row.name,
            created_at_unix: row.created_at,
        }
    }
}

/// What a system is to be called.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SystemRequest {
    /// Its name for people.
    #[schema(
        min_length = 1,
        max_length = 100,
        pattern = "^[ -~]*[!-~][ -~]*$",
        example = "Pump 7"
    )]
    name: String,
}

/// An account's systems.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct MeteredSystems {
    /// The newest first.
    systems: Vec<MeteredSystem>,
    /// Names the next page; `null` on the last.
    next_cursor: Option<String>,
}

/// Your systems.
///
/// Needs the scope `read`.
#[utoipa::path(
    get, path = "/api/systems", tag = "systems", operation_id = "systems",
    params(Paging),
    security(("apiKey" = []), ("apiKeyHeader" = [])),
    responses(
        (status = 200, description = "A page of them", body = MeteredSystems),
        (status = 400, description = "`invalid_query`: another parameter, or of another form; `invalid_limit`: not 1 to 200; `invalid_cursor`: not one that was answered"),
        (status = 403, description = "`scope_missing`: the key has not the scope"),
    ),
)]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    paging: Result<Query<Paging>, QueryRejection>,
) -> Result<Json<MeteredSystems>, ApiError> {
    caller.require(Scope::Read)?;
    let page = Page::read(paging)?;
    let before = page.before.as_deref();
    let mut rows = app
        .store
        .systems(&caller.account, before, page.wanted())
        .await?;
    let next_cursor = page::next(&mut rows, page.limit, |row| row.id.clone());
    Ok(Json(MeteredSystems {
        systems: rows.into_iter().map(MeteredSystem::from).collect(),
        next_cursor,
    }))
}

/// Makes a system known.
///
/// Needs the scope `write`. There are as many as the plan has.
#[utoipa::path(
    post, path = "/api/systems", tag = "systems", operation_id = "createSystem",
    request_body = SystemRequest,
    security(("apiKey" = []), ("apiKeyHeader" = [])),
    responses(
        (status = 201, description = "The system", body = MeteredSystem),
        (status = 400, description = "`invalid_body`: not JSON"),
        (status = 403, description = "`scope_missing`: the key has not the scope; `plan_limit`: the plan's systems are all there, and the message names the plan that has more"),
        (status = 408, description = "`request_timeout`: the body did not arrive in time"),
        (status = 413, description = "`body_too_large`: more than 16 KiB"),
        (status = 415, description = "`not_json`: the content type is another"),
        (status = 422, description = "`invalid_body`: JSON of another form; `invalid_name`: nothing to see, or too long"),
    ),
)]
pub(super) async fn create(
    State(app): State<Arc<App>>,
    caller: Caller,
    body: Result<Json<SystemRequest>, JsonRejection>,
) -> Result<(StatusCode, Json<MeteredSystem>), ApiError> {
    caller.require(Scope::Write)?;
    let Json(asked) = body.map_err(ApiError::from_json)?;
    let row = SystemRow {
        id: id::new("sys"),
        name: display_name("name", &asked.name)?,
        created_at: app.clock.now_unix(),
    };
    let plan = gates::plan_of(&app, &caller.account).await?;
    let most = plan.terms.systems.unwrap_or(i64::MAX);
    if !app.store.create_system(&caller.account, &row, most).await? {
        return Err(gates::no_more_systems(&app, &plan).await?);
    }
    Ok((StatusCode::CREATED, Json(row.into())))
}

/// One of your systems.
///
/// Needs the scope `read`.
#[utoipa::path(
    get, path = "/api/systems/{id}", tag = "systems", operation_id = "system",
    params(("id" = String, Path, description = "The system", example = "sys_0193f0c4a1b27c3e8d4f5a6b7c8d9e0f", max_length = 100)),
    security(("apiKey" = []), ("apiKeyHeader" = [])),
    responses(
        (status = 200, description = "The system", body = MeteredSystem),
        (status = 403, description = "`scope_missing`: the key has not the scope"),
        (status = 404, description = "`no_such_system`: the account has none of this id"),
    ),
)]
pub(super) async fn show(
    State(app): State<Arc<App>>,
    caller: Caller,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<MeteredSystem>, ApiError> {
    caller.require(Scope::Read)?;
    Ok(Json(find(&app, &caller, id).await?.into()))
}

/// Renames one of your systems.
///
/// Needs the scope `write`.
#[utoipa::path(
    patch, path = "/api/systems/{id}", tag = "systems", operation_id = "changeSystem",
    params(("id" = String, Path, description = "The system", example = "sys_0193f0c4a1b27c3e8d4f5a6b7c8d9e0f", max_length = 100)),
    request_body = SystemRequest,
    security(("apiKey" = []), ("apiKeyHeader" = [])),
    responses(
        (status = 200, description = "The system as it is now", body = MeteredSystem),
        (status = 400, description = "`invalid_body`: not JSON"),
        (status = 403, description = "`scope_missing`: the key has not the scope"),
        (status = 404, description = "`no_such_system`: the account has none of this id"),
        (status = 408, description = "`request_timeout`: the body did not arrive in time"),
        (status = 413, description = "`body_too_large`: more than 16 KiB"),
        (status = 415, description = "`not_json`: the content type is another"),
        (status = 422, description = "`invalid_body`: JSON of another form; `invalid_name`: nothing to see, or too long"),
    ),
)]
pub(super) async fn change(
    State(app): State<Arc<App>>,
    caller: Caller,
    id: Result<Path<String>, PathRejection>,
    body: Result<Json<SystemRequest>, JsonRejection>,
) -> Result<Json<MeteredSystem>, ApiError> {
    caller.require(Scope::Write)?;
    let Json(asked) = body.map_err(ApiError::from_json)?;
    let name = display_name("name", &asked.name)?;
    let row = find(&app, &caller, id).await?;
    if !app
        .store
        .rename_system(&caller.account, &row.id, &name)
        .await?
    {
        return Err(no_such_system());
    }
    Ok(Json(SystemRow { name, ..row }.into()))
}

/// Deletes one of your systems.
///
/// Needs the scope `write`. Its measurements, rules and alerts go with it; its calls stay counted.
#[utoipa::path(
    delete, path = "/api/systems/{id}", tag = "systems", operation_id = "deleteSystem",
    params(("id" = String, Path, description = "The system", example = "sys_0193f0c4a1b27c3e8d4f5a6b7c8d9e0f", max_length = 100)),
    security(("apiKey" = []), ("apiKeyHeader" = [])),
    responses(
        (status = 204, description = "Deleted"),
        (status = 403, description = "`scope_missing`: the key has not the scope"),
        (status = 404, description = "`no_such_system`: the account has none of this id"),
    ),
)]
pub(super) async fn delete(
    State(app): State<Arc<App>>,
    caller: Caller,
    id: Result<Path<String>, PathRejection>,
) -> Result<StatusCode, ApiError> {
    caller.require(Scope::Write)?;
    let id = page::id(id).ok_or_else(no_such_system)?;
    if !app.store.delete_system(&caller.account, &id).await? {
        return Err(no_such_system());
    }
    Ok(StatusCode::NO_CONTENT)
}

/// The caller's system of this id. Another's is as one that there is not.
pub(super) async fn find(
    app: &App,
    caller: &Caller,
    id: Result<Path<String>, PathRejection>,
) -> Result<SystemRow, ApiError> {
    let id = page::id(id).ok_or_else(no_such_system)?;
    let row = app.store.system(&caller.account, &id).await?;
    row.ok_or_else(no_such_system)
}
