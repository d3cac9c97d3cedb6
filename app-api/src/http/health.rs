//! `/healthz`: the process answers. `/readyz`: its answers are worth something.

use std::{sync::Arc, time::Duration};

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use serde::Serialize;
use serde_json::{Value, json};

use crate::app::App;

/// Longest wait for the database: a load balancer asks often and wants to know soon.
const TIMEOUT: Duration = Duration::from_secs(2);

/// Alive.
pub(super) async fn healthz() -> Json<Value> {
    Json(json!({ "status": "ok" }))
}

#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Readiness {
    ready: bool,
    database: bool,
    /// `None`: no vault is configured.
    indexer: Option<bool>,
    lag_slots: Option<u64>,
    lag_seconds: Option<u64>,
    /// Transactions taken in that a fork can still drop.
    unfinalized_transactions: Option<u64>,
    /// Whether the events taken in add up to the chain's own counters; `None`: not compared yet.
    history_complete: Option<bool>,
    message: Option<&'static str>,
}

/// Ready to serve: 200, or 503 with what is missing.
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
    let unreadable = Readiness {
        message: Some("the database cannot be read"),
        ..Readiness::default()
    };
    let Ok(progress) = app.store.progress(vault).await else {
        return unreadable;
    };
    let Ok(unfinalized) = app.store.unfinalized_count(vault).await else {
        return unreadable;
    };
    let lag_seconds =
        (progress.polled_at > 0).then(|| app.clock.now_unix().abs_diff(progress.polled_at));
    let followed = lag_seconds.is_some_and(|lag| lag <= app.max_lag_seconds);
    let message = match (lag_seconds, followed) {
        (None, _) => Some("the vault has not been read from the chain yet"),
        (Some(_), false) => Some("the chain was not read for too long: check [chain] rpc_url"),
        _ if app.lag.history_complete() == Some(false) => Some(
            "a part of the history is missing: it is looked for; if this lasts, the [chain] rpc_url does not \
             keep all of it",
        ),
        _ => None,
    };
    Readiness {
        ready: followed,
        database: true,
        indexer: Some(followed),
        lag_slots: Some(app.lag.slots()),
        lag_seconds,
        unfinalized_transactions: Some(unfinalized),
        history_complete: app.lag.history_complete(),
        message,
    }
}
