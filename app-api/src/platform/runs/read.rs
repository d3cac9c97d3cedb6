//! `GET /api/runs/…`: a run, and its result.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse as _, Response},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    answer::{self, told},
    asker::Asker,
    files::Form,
};
use crate::{app::App, http::ApiError, platform::accounts::Scope, store::RunRow};

/// Reads a run of no account.
const TOKEN: &str = "x-run-token";

/// A table.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ResultTable {
    /// `time`, then the names of the variables.
    columns: Vec<String>,
    /// A row for the start and one for each step: a value for each column; `null` for a real number that is
    /// none.
    rows: Vec<Vec<serde_json::Value>>,
}

/// A run.
///
/// With the key of its account or, where it has none, its token. What is another's is not there.
#[utoipa::path(
    get, path = "/api/runs/{id}", tag = "runs", operation_id = "run",
    params(
        ("id" = String, Path, description = "As `POST /api/simulate` named it", example = "run_00000000000000000000000000000000"),
        ("x-run-token" = Option<String>, Header, description = "The run's token"),
    ),
    security((), ("apiKey" = []), ("apiKeyHeader" = [])),
    responses(
        (status = 200, description = "The run", body = answer::Run),
        (status = 202, description = "Its payment is awaited, or under way", body = answer::Run),
        (status = 401, description = "`unauthorized`: the key or session that was sent is none"),
        (status = 403, description = "`scope_missing`: the key must have the scope read"),
        (status = 404, description = "`unknown_run`: there is no such run, it is another's, or its time is over"),
        (status = 429, description = "`rate_limited`: too many requests"),
        (status = 503, description = "`not_configured`: runs are not set up"),
    ),
)]
pub(crate) async fn run(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    asker: Asker,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    match readable(&app, &id, &asker, &headers).await? {
        Found::Run(run) => Ok(Json(told(&app, *run)?).into_response()),
        Found::Pending(response) => Ok(response),
    }
}

/// A run's result as CSV.
///
/// A line of names, then a row for the start and one for each step.
#[utoipa::path(
    get, path = "/api/runs/{id}/result.csv", tag = "runs", operation_id = "runCsv",
    params(
        ("id" = String, Path, description = "As `POST /api/simulate` named it", example = "run_00000000000000000000000000000000"),
        ("x-run-token" = Option<String>, Header, description = "The run's token"),
    ),
    security((), ("apiKey" = []), ("apiKeyHeader" = [])),
    responses(
        (status = 200, description = "The result", content_type = "text/csv", body = String),
        (status = 401, description = "`unauthorized`: the key or session that was sent is none"),
        (status = 403, description = "`scope_missing`: the key must have the scope read"),
        (status = 404, description = "`unknown_run`: there is no such run, it is another's, or its time is over; `no_result`: it has not ended, or failed"),
        (status = 429, description = "`rate_limited`: too many requests"),
        (status = 503, description = "`not_configured`: runs are not set up"),
    ),
)]
pub(crate) async fn csv(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    asker: Asker,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    result(
        &app,
        &id,
        &asker,
        &headers,
        Form::Csv,
        "text/csv; charset=utf-8",
    )
    .await
}

/// A run's result as JSON.
///
/// The names of the columns, then a row for the start and one for each step.
#[utoipa::path(
    get, path = "/api/runs/{id}/result.json", tag = "runs", operation_id = "runJson",
    params(
        ("id" = String, Path, description = "As `POST /api/simulate` named it", example = "run_00000000000000000000000000000000"),
        ("x-run-token" = Option<String>, Header, description = "The run's token"),
    ),
    security((), ("apiKey" = []), ("apiKeyHeader" = [])),
    responses(
        (status = 200, description = "The result", body = ResultTable),
        (status = 401, description = "`unauthorized`: the key or session that was sent is none"),
        (status = 403, description = "`scope_missing`: the key must have the scope read"),
        (status = 404, description = "`unknown_run`: there is no such run, it is another's, or its time is over; `no_result`: it has not ended, or failed"),
        (status = 429, description = "`rate_limited`: too many requests"),
        (status = 503, description = "`not_configured`: runs are not set up"),
    ),
)]
pub(crate) async fn json(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    asker: Asker,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    result(&app, &id, &asker, &headers, Form::Json, "application/json").await
}

async fn result(
    app: &Arc<App>,
    id: &str,
    asker: &Asker,
    headers: &HeaderMap,
    form: Form,
    content_type: &'static str,
) -> Result<Response, ApiError> {
    let no_result = || {
        ApiError::new(
            StatusCode::NOT_FOUND,
            "no_result",
            "the run has not ended, or failed: GET the run says which",
        )
    };
    let Found::Run(run) = readable(app, id, asker, headers).await? else {
        return Err(no_result());
    };
    if run.state != "done" {
        return Err(no_result());
    }
    let bytes = tokio::fs::read(app.runs.files()?.result(&run.id, form)).await;
    let bytes = bytes.map_err(|error| ApiError::internal(&error))?;
    Ok(([(CONTENT_TYPE, content_type)], bytes).into_response())
}

/// A run that the asker may read.
enum Found {
    Run(Box<RunRow>),
    /// Its payment is under way.
    Pending(Response),
}

async fn readable(
    app: &Arc<App>,
    id: &str,
    asker: &Asker,
    headers: &HeaderMap,
) -> Result<Found, ApiError> {
    app.runs.files()?;
    let tokens = app.runs.tokens()?;
    let unknown = || {
        ApiError::new(
            StatusCode::NOT_FOUND,
            "unknown_run",
            "there is no such run of yours: send its x-run-token, or its account's key",
        )
    };
    let account = asker.orderer(Scope::Read)?.account;
    let token = headers.get(TOKEN).and_then(|value| value.to_str().ok());
    let by_token = token.is_some_and(|token| tokens.reads(id, token));
    let may_read = |owner: &str| {
        if owner.is_empty() {
            by_token
        } else {
            owner == account
        }
    };
    // Neither a stranger's name nor one that the database cannot take is looked up.
    if !id.starts_with("run_") || id.contains('\0') {
        return Err(unknown());
    }
    let mut run = app.store.run(id).await?;
    if run.is_none() {
        match app.store.pending_run(id, app.clock.now_unix()).await? {
            Some(run) if may_read(&run.owner) => {
                return Ok(Found::Pending(answer::pending(app, &run)?));
            }
            Some(_) => return Err(unknown()),
            // Its payment may have been settled between the two looks.
            None => run = app.store.run(id).await?,
        }
    }
    let now = app.clock.now_unix();
    run.filter(|run| run.expires_at >= now && run.outcome.as_deref() != Some(""))
        .filter(|run| may_read(&run.owner))
        .map(|run| Found::Run(Box::new(run)))
        .ok_or_else(unknown)
}
