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
use serde_json::{Value, json};

use super::{Health, Readings, Reason};
use crate::memory::Memory;

/// Longest wait for the database before the keeper is not ready.
const MEMORY_TIMEOUT: Duration = Duration::from_secs(1);

#[derive(Clone)]
struct Ops {
    health: Arc<Health>,
    memory: Memory,
    metrics: PrometheusHandle,
    wallet_reserve_lamports: u64,
}

/// The routes.
pub fn router(
    health: Arc<Health>,
    memory: Memory,
    metrics: PrometheusHandle,
    wallet_reserve_lamports: u64,
) -> Router {
    Router::new()
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .route(
            "/metrics",
            get(async |State(ops): State<Ops>| {
                ops.metrics.run_upkeep();
                ops.metrics.render()
            }),
        )
        .with_state(Ops {
            health,
            memory,
            metrics,
            wallet_reserve_lamports,
        })
}

/// Alive: the loop turns. Everything else is for `/readyz`: a restart mends a stuck loop and
/// nothing more.
async fn healthz(State(ops): State<Ops>) -> Response {
    if ops.health.is_alive() {
        return Json(json!({"status": "alive"})).into_response();
    }
    let stuck = Reason {
        code: "stuck",
        message: "no round for minutes: restart the keeper".into(),
    };
    unavailable("stuck", &[stuck])
}

/// Able to distribute: the key is the vault's keeper, an RPC, the revenue and the price answer,
/// the wallet is above its reserve, and the memory can be written.
async fn readyz(State(ops): State<Ops>) -> Response {
    let reasons = is_ready(&ops.health, &ops.memory, ops.wallet_reserve_lamports).await;
    if reasons.is_empty() {
        return Json(json!({"status": "ready", "reasons": []})).into_response();
    }
    unavailable("not_ready", &reasons)
}

/// Why the keeper is not able to distribute now; empty: it is.
pub async fn is_ready(
    health: &Health,
    memory: &Memory,
    wallet_reserve_lamports: u64,
) -> Vec<Reason> {
    let mut reasons = health.not_ready(&Readings::latest(), wallet_reserve_lamports);
    let message = match tokio::time::timeout(MEMORY_TIMEOUT, memory.check_writable()).await {
        Ok(Ok(())) => return reasons,
        Ok(Err(error)) => error.to_string(),
        Err(_) => "the keeper's database does not answer in time: is its disk in order?".into(),
    };
    reasons.push(Reason {
        code: "memory",
        message,
    });
    reasons
}

fn unavailable(status: &str, reasons: &[Reason]) -> Response {
    let reasons: Vec<Value> = reasons.iter().map(Reason::json).collect();
    (
        StatusCode::SERVICE_UNAVAILABLE,
        Json(json!({"status": status, "reasons": reasons})),
    )
        .into_response()
}
