//! `/metrics`, in Prometheus' text form.

use std::{sync::Arc, sync::OnceLock, time::Instant};

use axum::{
    extract::{MatchedPath, Request, State},
    http::header::CONTENT_TYPE,
    middleware::Next,
    response::{IntoResponse, Response},
};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

use crate::app::App;

/// Upper bounds of the answer times counted, seconds.
const SECONDS: &[f64] = &[0.001, 0.005, 0.02, 0.1, 0.5, 2.0, 10.0];

/// What was measured, ready to be told.
#[derive(Clone)]
pub struct Metrics(PrometheusHandle);

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Metrics")
    }
}

impl Metrics {
    /// Starts measuring; the process has one recorder, and every call returns it.
    pub fn install() -> Self {
        static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
        let handle = HANDLE.get_or_init(|| {
            let builder = PrometheusBuilder::new();
            let builder = builder
                .set_buckets_for_metric(Matcher::Suffix("_seconds".into()), SECONDS)
                .unwrap_or_else(|_| PrometheusBuilder::new());
            let recorder = builder.build_recorder();
            let handle = recorder.handle();
            if metrics::set_global_recorder(recorder).is_err() {
                tracing::warn!("another metrics recorder is installed: /metrics stays empty");
            }
            describe();
            handle
        });
        Self(handle.clone())
    }

    fn render(&self) -> String {
        self.0.run_upkeep();
        self.0.render()
    }
}

fn describe() {
    metrics::describe_counter!("primis_http_requests_total", "requests by route and status");
    metrics::describe_histogram!("primis_http_request_seconds", "time to an answer by route");
    metrics::describe_counter!(
        "primis_usage_events_total",
        "usage events by what became of them"
    );
    metrics::describe_gauge!(
        "primis_indexer_lag_slots",
        "slots of the chain not yet read"
    );
    metrics::describe_gauge!(
        "primis_indexer_lag_seconds",
        "seconds since the last complete look at the chain"
    );
    metrics::describe_gauge!(
        "primis_indexer_history_complete",
        "1 if the events taken in add up to the chain's own counters"
    );
    metrics::describe_counter!("primis_indexer_events_total", "events taken in by name");
    metrics::describe_counter!(
        "primis_indexer_truncated_total",
        "transactions whose log the runtime cut off"
    );
    metrics::describe_counter!(
        "primis_indexer_errors_total",
        "looks at the chain that failed"
    );
}

/// The process's metrics.
///
/// In Prometheus' text form: requests, the indexer's lag, usage events.
#[utoipa::path(
    get, path = "/metrics", tag = "internal", operation_id = "metrics",
    responses((status = 200, description = "The metrics", body = String, content_type = "text/plain; version=0.0.4")),
)]
pub(super) async fn render(State(app): State<Arc<App>>) -> impl IntoResponse {
    (
        [(CONTENT_TYPE, "text/plain; version=0.0.4")],
        app.metrics.render(),
    )
}

/// Counts and times every request by its route, never by its path: paths hold wallets.
pub(super) async fn measure(request: Request, next: Next) -> Response {
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("none".to_owned(), |p| p.as_str().to_owned());
    let started = Instant::now();
    let response = next.run(request).await;
    let status = response.status().as_u16().to_string();
    metrics::histogram!("primis_http_request_seconds", "route" => route.clone())
        .record(started.elapsed().as_secs_f64());
    metrics::counter!("primis_http_requests_total", "route" => route, "status" => status)
        .increment(1);
    response
}
