//! `/healthz`: the process answers. `/readyz`: its answers are worth something.

use std::{sync::Arc, time::Duration};

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;

/// Longest wait for the database: a load balancer asks often and wants to know soon.
const TIMEOUT: Duration = Duration::from_secs(2);

/// The process answers.
#[derive(Serialize, ToSchema)]
pub(super) struct Health {
    /// Always `ok`.
    #[schema(example = "ok")]
    status: &'static str,
}

/// Whether the process answers.
///
/// Without the database and the chain: for what restarts a process that hangs.
#[utoipa::path(
    get, path = "/healthz", tag = "operation", operation_id = "health",
    responses((status = 200, description = "It does", body = Health)),
)]
pub(super) async fn healthz() -> Json<Health> {
    Json(Health { status: "ok" })
}

/// Whether answers are worth something, and if not, what is missing.
#[derive(Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Readiness {
    /// All that is configured works.
    #[schema(example = true)]
    ready: bool,
    /// The database answers.
    #[schema(example = true)]
    database: bool,
    /// The chain is followed closely; `null` where no vault is configured.
    #[schema(example = true)]
    indexer: Option<bool>,
    /// Slots of the chain not read yet.
    #[schema(example = 1)]
    lag_slots: Option<u64>,
    /// Seconds since the last complete look at the chain.
    #[schema(example = 0)]
    lag_seconds: Option<u64>,
    /// What is missing.
    message: Option<&'static str>,
}

/// Whether the server is ready.
///
/// The database answers, and the chain was read a moment ago: for what sends requests here.
#[utoipa::path(
    get, path = "/readyz", tag = "operation", operation_id = "readiness",
    responses(
        (status = 200, description = "It is", body = Readiness),
        (status = 503, description = "It is not: the body says why", body = Readiness),
    ),
)]
pub(super) async fn readyz(State(app): State<Arc<App>>) -> Response {
    let readiness = tokio::time::timeout(TIMEOUT, look(&app))
        .await
        .unwrap_or_else(|_| Readiness {
            message: Some("the database did not answer in time"),
            ..Readiness::default()
        });
    let status = if readiness.ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (status, Json(readiness)).into_response()
}

async fn look(app: &App) -> Readiness {
    if let Err(error) = app.store.ping().await {
        tracing::warn!(%error, "the database does not answer");
        return Readiness {
            message: Some("the database does not answer"),
            ..Readiness::default()
        };
    }
    let Some(vault) = &app.vault else {
        return Readiness {
            ready: true,
            database: true,
            message: Some("no vault is configured: only metering is served"),
            ..Readiness::default()
        };
    };
    let Ok(progress) = app.store.progress(vault).await else {
        return Readiness {
            message: Some("the database cannot be read"),
            ..Readiness::default()
        };
    };
    let lag_seconds =
        (progress.polled_at > 0).then(|| app.clock.now_unix().abs_diff(progress.polled_at));
    let followed = lag_seconds.is_some_and(|lag| lag <= app.max_lag_seconds);
    let message = match (lag_seconds, followed) {
        (None, _) => Some("the vault has not been read from the chain yet"),
        (Some(_), false) => Some("the chain was not read for too long: check [chain] rpc_url"),
        _ => None,
    };
    Readiness {
        ready: followed,
        database: true,
        indexer: Some(followed),
        lag_slots: Some(app.lag.slots()),
        lag_seconds,
        message,
    }
}
