//! What is told of a run.

use std::sync::Arc;

use axum::{
    Json,
    http::{HeaderName, HeaderValue, StatusCode},
    response::{IntoResponse as _, Response},
};
use primis_simulate::{Failure, Fault, confine::Confinement};
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, timeout_at};
use utoipa::ToSchema;

use super::PATIENCE;
use crate::{
    app::App,
    http::ApiError,
    store::{NewRun, RunRow, StoreError},
};

/// What a settled x402 payment is answered with.
pub(super) const PAYMENT_RESPONSE: HeaderName = HeaderName::from_static("payment-response");
/// Between two looks at a run that another process may work at.
const GLANCE: std::time::Duration = std::time::Duration::from_millis(200);

/// What came of a run, as the database keeps it.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Outcome {
    /// There is a result of so many rows.
    Done {
        /// The first is the start.
        rows: u64,
        /// What confined it.
        confinement: Confinement,
    },
    /// There is none.
    Failed(Failure),
}

/// A run.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Run {
    /// Names it.
    #[schema(example = "run_00000000000000000000000000000000")]
    id: String,
    #[schema(schema_with = crate::http::openapi::words::run_state)]
    state: &'static str,
    #[schema(schema_with = crate::http::openapi::words::run_paid_by)]
    paid_by: String,
    /// What it cost.
    price_nano_usd: String,
    /// Steps of the simulation.
    steps: i64,
    /// Reads the run and its result as `x-run-token`; `null`: the account's key does.
    token: Option<String>,
    /// When it was asked for.
    created_unix: i64,
    /// When it ended; `null`: it has not.
    finished_unix: Option<i64>,
    /// Until when it can be read.
    expires_unix: i64,
    /// What came of it; `null`: nothing yet, or a failure.
    result: Option<RunResult>,
    /// Why there is no result; `null`: there is one, or none yet.
    failure: Option<RunFailure>,
}

/// The result of a run.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct RunResult {
    /// Rows, of which the first is the start.
    rows: u64,
    /// Path of the result as CSV.
    csv: String,
    /// Path of the result as JSON.
    json: String,
    /// System calls were filtered.
    seccomp: bool,
    /// Files were closed off by Landlock.
    landlock: bool,
}

/// Why a run has no result.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct RunFailure {
    /// For programs, such as `cpu_time` or `step_refused`.
    code: String,
    /// For people.
    message: String,
    #[schema(schema_with = crate::http::openapi::words::run_fault)]
    fault: &'static str,
    /// Runs again for nothing, once, as `x-run-again` of `POST /api/simulate`; `null`: the failure is not this
    /// server's.
    again_token: Option<String>,
    /// Until when that token is good; `null`: there is none.
    again_until_unix: Option<i64>,
}

/// Waits for a run's end, for as long as an answer may take, and tells of it.
pub(super) async fn when_ended(app: &App, id: &str, began: Instant) -> Result<Response, ApiError> {
    let deadline = began + PATIENCE;
    loop {
        let ended = app.runs.ended.notified();
        let run = app.store.run(id).await?.ok_or(StoreError::Corrupt("run"))?;
        let open = matches!(run.state.as_str(), "queued" | "running");
        if !open || Instant::now() >= deadline {
            let status = if open {
                StatusCode::ACCEPTED
            } else {
                StatusCode::OK
            };
            return Ok((status, Json(told(app, run)?)).into_response());
        }
        // Whichever is first: this process ended one, or it is time to look what another did.
        let _ = timeout_at(deadline.min(Instant::now() + GLANCE), ended).await;
    }
}

/// With what the payer of x402 is told.
pub(super) fn with_receipt(mut response: Response, receipt: Option<HeaderValue>) -> Response {
    if let Some(receipt) = receipt {
        response.headers_mut().insert(PAYMENT_RESPONSE, receipt);
    }
    response
}

/// A run whose payment is not known to be settled.
pub(super) fn pending(app: &Arc<App>, run: &NewRun) -> Result<Response, ApiError> {
    let told = Run {
        id: run.id.clone(),
        state: "pending",
        paid_by: run.paid_by.clone(),
        price_nano_usd: run.price_nano_usd.to_string(),
        steps: run.steps,
        token: token(app, &run.id, &run.owner)?,
        created_unix: run.created_at,
        finished_unix: None,
        expires_unix: run.expires_at,
        result: None,
        failure: None,
    };
    Ok((StatusCode::ACCEPTED, Json(told)).into_response())
}

/// The token that reads a run that is of no account.
fn token(app: &App, id: &str, owner: &str) -> Result<Option<String>, ApiError> {
    Ok(if owner.is_empty() {
        Some(app.runs.tokens()?.read(id))
    } else {
        None
    })
}

/// What came of an ended run.
pub(super) fn outcome(run: &RunRow) -> Result<Option<Outcome>, StoreError> {
    let text = run.outcome.as_deref();
    text.map(|text| serde_json::from_str(text).map_err(|_| StoreError::Corrupt("run")))
        .transpose()
}

pub(super) fn told(app: &App, run: RunRow) -> Result<Run, ApiError> {
    let (result, failure) = match outcome(&run)? {
        None => (None, None),
        Some(Outcome::Done { rows, confinement }) => {
            let path = |ending| format!("/api/runs/{}/result.{ending}", run.id);
            let result = RunResult {
                rows,
                csv: path("csv"),
                json: path("json"),
                seccomp: confinement.seccomp,
                landlock: confinement.landlock,
            };
            (Some(result), None)
        }
        Some(Outcome::Failed(failure)) => (None, Some(failed(app, &run, failure)?)),
    };
    Ok(Run {
        state: match run.state.as_str() {
            "queued" => "queued",
            "running" => "running",
            "done" => "done",
            _ => "failed",
        },
        token: token(app, &run.id, &run.owner)?,
        id: run.id,
        paid_by: run.paid_by,
        price_nano_usd: run.price_nano_usd.to_string(),
        steps: run.steps,
        created_unix: run.created_at,
        finished_unix: run.finished_at,
        expires_unix: run.expires_at,
        result,
        failure,
    })
}

fn failed(app: &App, run: &RunRow, failure: Failure) -> Result<RunFailure, ApiError> {
    // What was paid from an account was given back to it.
    let ours = failure.fault() == Fault::Operator;
    let until = run
        .finished_at
        .filter(|_| ours && paid_outside(run))
        .map(|at| at.saturating_add(app.runs.options.again_seconds.into()));
    let again_token = match until {
        Some(_) => Some(app.runs.tokens()?.again(&run.id)),
        None => None,
    };
    let code = serde_json::to_value(failure.code).unwrap_or_default();
    Ok(RunFailure {
        code: code.as_str().unwrap_or("failed").to_owned(),
        // What failed here is the log's.
        message: if ours {
            "the run failed on this side; it is logged".to_owned()
        } else {
            failure.message.clone()
        },
        fault: match failure.fault() {
            Fault::Fmu => "fmu",
            Fault::Request => "request",
            Fault::Operator => "server",
        },
        again_token,
        again_until_unix: until,
    })
}

/// Whether what paid for a run cannot be given back from here.
pub(super) fn paid_outside(run: &RunRow) -> bool {
    !matches!(run.paid_by.as_str(), "balance" | "credit")
}
