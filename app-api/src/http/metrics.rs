//! `/metrics`, in Prometheus' text form.

use std::{
    collections::HashMap,
    sync::{Arc, OnceLock, PoisonError, RwLock},
    time::{Duration, Instant},
};

use axum::{
    extract::{MatchedPath, Request, State},
    http::header::CONTENT_TYPE,
    response::{IntoResponse, Response},
};
use metrics::{Counter, Histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

use tokio_util::sync::CancellationToken;

use crate::app::App;

/// Between two times that what was measured is summed up; until then each measurement takes room.
const UPKEEP: Duration = Duration::from_secs(5);
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

    /// Sums up what was measured, whether anybody asks for it or not.
    pub(crate) async fn keep_up(&self, stop: CancellationToken) {
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(UPKEEP) => self.0.run_upkeep(),
            }
        }
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
    metrics::describe_gauge!(
        "primis_indexer_unfinalized",
        "transactions taken in that a fork can still drop"
    );
    metrics::describe_counter!(
        "primis_indexer_dropped_total",
        "transactions taken out or read anew because of a fork"
    );
    metrics::describe_counter!("primis_indexer_events_total", "events taken in by name");
    metrics::describe_counter!(
        "primis_indexer_truncated_total",
        "transactions whose log the runtime cut off"
    );
    metrics::describe_gauge!("primis_stream_listeners", "listeners to /api/stream");
    metrics::describe_counter!(
        "primis_stream_dropped_total",
        "listeners that did not keep up and were let go"
    );
    metrics::describe_counter!(
        "primis_snapshot_errors_total",
        "readings of the store for the answers in memory that failed"
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

/// What is counted of a route: looking its metrics up by name for each request would cost more than
/// many an answer.
struct Route {
    seconds: Histogram,
    by_status: RwLock<HashMap<u16, Counter>>,
}

/// What is counted where no route is found.
const NO_ROUTE: &str = "none";

static ROUTES: RwLock<Option<HashMap<String, Arc<Route>>>> = RwLock::new(None);

impl Route {
    fn named(name: &str) -> Arc<Self> {
        let found = ROUTES.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(route) = found.as_ref().and_then(|routes| routes.get(name)) {
            return Arc::clone(route);
        }
        drop(found);
        let mut routes = ROUTES.write().unwrap_or_else(PoisonError::into_inner);
        let route = routes
            .get_or_insert_default()
            .entry(name.to_owned())
            .or_insert_with(|| {
                Arc::new(Self {
                    seconds: metrics::histogram!("primis_http_request_seconds", "route" => name.to_owned()),
                    by_status: RwLock::default(),
                })
            });
        Arc::clone(route)
    }

    fn count(&self, name: &str, status: u16) {
        let found = self
            .by_status
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(counter) = found.get(&status) {
            counter.increment(1);
            return;
        }
        drop(found);
        let counter = metrics::counter!(
            "primis_http_requests_total",
            "route" => name.to_owned(),
            "status" => status.to_string()
        );
        counter.increment(1);
        let mut by_status = self
            .by_status
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        by_status.insert(status, counter);
    }
}

/// A request under way, counted and timed by its route, never by its path: paths hold wallets.
pub(super) struct Measured {
    route: Option<MatchedPath>,
    started: Instant,
}

impl Measured {
    /// Begins as the request comes in.
    pub(super) fn begin(request: &Request) -> Self {
        Self {
            route: request.extensions().get().cloned(),
            started: Instant::now(),
        }
    }

    /// Ends with its answer.
    pub(super) fn end(self, response: &Response) {
        let name = self.route.as_ref().map_or(NO_ROUTE, MatchedPath::as_str);
        let route = Route::named(name);
        route.seconds.record(self.started.elapsed());
        route.count(name, response.status().as_u16());
    }
}
