//! `/healthz`, `/readyz`, `/metrics`.

use std::{sync::Arc, time::Duration};

use axum::{
    Json, Router,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};
use metrics_exporter_prometheus::PrometheusHandle;
use serde_json::json;

use super::Health;
use crate::memory::Memory;

/// Longest wait for the database before the keeper is not ready.
const MEMORY_TIMEOUT: Duration = Duration::from_secs(1);

#[derive(Clone)]
struct Ops {
    health: Arc<Health>,
    memory: Memory,
    metrics: PrometheusHandle,
}

/// The routes.
pub fn router(health: Arc<Health>, memory: Memory, metrics: PrometheusHandle) -> Router {
    Router::new()
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .route(
            "/metrics",
            get(async |State(ops): State<Ops>| ops.metrics.render()),
        )
        .with_state(Ops {
            health,
            memory,
            metrics,
        })
}

/// Alive: the loop turns.
async fn healthz(State(ops): State<Ops>) -> Response {
    if ops.health.is_alive() {
        ok()
    } else {
        unavailable("stuck", "no round for minutes: restart the keeper")
    }
}

/// Ready: the last rounds succeeded, no person is needed, and the memory answers.
async fn readyz(State(ops): State<Ops>) -> Response {
    if let Some(why) = ops.health.not_ready() {
        return unavailable("not_ready", &why);
    }
    match tokio::time::timeout(MEMORY_TIMEOUT, ops.memory.ping()).await {
        Ok(Ok(())) => ok(),
        Ok(Err(error)) => unavailable("memory", &error.to_string()),
        Err(_) => unavailable("memory", "the keeper's database does not answer in time"),
    }
}

fn ok() -> Response {
    Json(json!({"status": "ok"})).into_response()
}

fn unavailable(code: &str, message: &str) -> Response {
    (
        StatusCode::SERVICE_UNAVAILABLE,
        Json(json!({"message": message, "code": code})),
    )
        .into_response()
}
