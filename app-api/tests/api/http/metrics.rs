//! `/metrics`, and where it is to be had.

use std::sync::Arc;

use primis_app_api::{
    App,
    server::{self, Listeners},
};
use reqwest::Method;
use serde_json::json;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::support::{
    database::{self, Kind, on_both_databases},
    server::{ManualClock, event, settings},
    stand::Stand,
    vault::{BORN, SOL, World, owner},
};

on_both_databases!(
    what_is_measured,
    internal_paths_have_a_listener_of_their_own
);

async fn what_is_measured(kind: Kind) {
    let mut world = World::new().await;
    world.deposit(&owner(1), SOL);
    let stand = Stand::with(kind, world, |_| {}).await;
    stand.caught_up().await;
    let server = &stand.server;
    let wallet = owner(1).to_string();
    server.get_ok(&format!("/api/positions/{wallet}")).await;
    server.get("/no/such/path").await;
    for _ in 0..2 {
        server
            .post_usage(&json!({ "events": [event("a", "api.call", 1)] }))
            .await;
    }

    let response = server
        .request(Method::GET, "/metrics")
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(
        response.headers()["content-type"],
        "text/plain; version=0.0.4"
    );
    let text = response.text().await.unwrap();
    for line in [
        "# TYPE primis_http_requests_total counter",
        "# TYPE primis_http_request_seconds histogram",
        "# TYPE primis_usage_events_total counter",
        "# TYPE primis_indexer_lag_slots gauge",
        "# TYPE primis_indexer_lag_seconds gauge",
        "# TYPE primis_indexer_history_complete gauge",
        "# TYPE primis_indexer_events_total counter",
        "primis_http_requests_total{route=\"/api/positions/{wallet}\",status=\"200\"}",
        "primis_http_requests_total{route=\"none\",status=\"404\"}",
        "primis_http_request_seconds_bucket{route=\"/v1/usage/events\",le=\"0.5\"}",
        "primis_usage_events_total{status=\"accepted\"}",
        "primis_usage_events_total{status=\"duplicate\"}",
        "primis_indexer_events_total{name=\"Deposited\"}",
    ] {
        assert!(
            text.lines().any(|l| l.starts_with(line)),
            "{line} is missing in\n{text}"
        );
    }
    // A label for each wallet would have no end.
    assert!(!text.contains(&wallet));
}

/// With two listeners the public one knows neither the revenue nor the metrics.
async fn internal_paths_have_a_listener_of_their_own(kind: Kind) {
    let store = database::open(kind).await;
    let dir = tempfile::tempdir().unwrap();
    let app = App::new(
        &settings(dir.path()),
        store.store.clone(),
        Arc::new(ManualClock::at(BORN)),
    )
    .unwrap();
    let public = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let internal = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = |listener: &TcpListener| format!("http://{}", listener.local_addr().unwrap());
    let (world, operators) = (at(&public), at(&internal));
    let stop = CancellationToken::new();
    let listeners = Listeners {
        public,
        internal: Some(internal),
    };
    let served = tokio::spawn(server::run(Arc::new(app), listeners, stop.clone()));

    let client = reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only([])
        .build()
        .unwrap();
    for (path, status_public, status_internal) in [
        ("/metrics", 404, 200),
        // Known there, and refused for want of a signature.
        ("/internal/revenue?from=0&to=1", 404, 401),
        ("/healthz", 200, 404),
        ("/", 200, 404),
    ] {
        for (base, status) in [(&world, status_public), (&operators, status_internal)] {
            let response = client.get(format!("{base}{path}")).send().await.unwrap();
            assert_eq!(response.status(), status, "{base}{path}");
        }
    }
    drop(client);
    stop.cancel();
    served.await.unwrap().unwrap();
}
