//! Limits, failures and time-outs: what is tried again, and when.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use primis_keeper::{
    plan::Revenue,
    revenue::{RevenueError, RevenueSource},
};
use serde_json::json;
use wiremock::{MockServer, Request, Respond, ResponseTemplate};

use crate::server::{STRETCH, ok, page, serve, stripe, transaction};

/// Fails some times, then answers.
struct Flaky {
    failures: Vec<ResponseTemplate>,
    asked: AtomicUsize,
}

impl Respond for Flaky {
    fn respond(&self, _: &Request) -> ResponseTemplate {
        let asked = self.asked.fetch_add(1, Ordering::Relaxed);
        let data = [transaction("txn_1", STRETCH.from, "charge", 1_030)];
        self.failures
            .get(asked)
            .cloned()
            .unwrap_or_else(|| ok(page(&data, false)))
    }
}

async fn flaky(failures: Vec<ResponseTemplate>) -> MockServer {
    let asked = AtomicUsize::new(0);
    serve(Flaky { failures, asked }).await
}

#[tokio::test]
async fn limits_failures_and_time_outs_are_tried_again_and_counted_once() {
    let server = flaky(vec![
        ResponseTemplate::new(429).insert_header("retry-after", "0"),
        ResponseTemplate::new(503),
        ResponseTemplate::new(200).set_delay(Duration::from_secs(5)),
    ])
    .await;
    let got = stripe(&server.uri(), json!({}))
        .measure(STRETCH)
        .await
        .unwrap();
    assert_eq!(got, Revenue::NanoUsd(10_000_000_000));
}

#[tokio::test]
async fn a_lasting_failure_holds_and_is_tried_later() {
    let down: Vec<_> = (0..4).map(|_| ResponseTemplate::new(500)).collect();
    let server = flaky(down).await;
    let source = stripe(&server.uri(), json!({}));
    let error = source.measure(STRETCH).await.unwrap_err();
    assert!(matches!(error, RevenueError::Status { status: 500, .. }) && error.is_transient());
    assert!(source.measure(STRETCH).await.is_ok());
    let nobody = stripe("http://127.0.0.1:1", json!({}));
    let error = nobody.measure(STRETCH).await.unwrap_err();
    assert!(
        error.is_transient() && error.to_string().contains("[revenue.stripe] url"),
        "{error}"
    );
}

#[tokio::test]
async fn a_long_retry_after_is_kept_to_without_asking() {
    let server = flaky(vec![
        ResponseTemplate::new(429).insert_header("retry-after", "30"),
    ])
    .await;
    let source = stripe(&server.uri(), json!({}));
    let error = source.measure(STRETCH).await.unwrap_err();
    assert!(
        matches!(error, RevenueError::Status { status: 429, .. }),
        "{error:?}"
    );
    let error = source.measure(STRETCH).await.unwrap_err();
    assert!(
        matches!(
            error,
            RevenueError::Busy {
                retry_after_seconds: 29..=30,
                ..
            }
        ),
        "{error:?}"
    );
    assert_eq!(server.received_requests().await.unwrap().len(), 1);
}
