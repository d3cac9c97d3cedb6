//! Who may ask, and how the answer proves itself.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{
    database::{self, Kind, TestStore, on_both_databases},
    server::{ManualClock, TestServer, event, sign},
    vault::BORN,
};

on_both_databases!(
    only_signed_requests_are_answered,
    the_timestamp_may_be_off_by_five_minutes,
    the_answer_is_signed_for_its_request,
    a_refused_request_settles_nothing,
    windows_that_are_none,
    a_server_without_a_secret,
);

const PATH: &str = "/internal/revenue?from=0&to=100";

async fn start(kind: Kind) -> (TestStore, ManualClock, TestServer) {
    let store = database::open(kind).await;
    let clock = ManualClock::at(BORN);
    let server = TestServer::start(&store.store, clock.clone(), |_| {}).await;
    (store, clock, server)
}

/// Status and JSON of a GET of `path` with these headers.
async fn ask(
    server: &TestServer,
    path: &str,
    timestamp: Option<&str>,
    signature: Option<&str>,
) -> (u16, Value) {
    let mut request = server.request(Method::GET, path);
    for (name, value) in [
        ("x-primis-timestamp", timestamp),
        ("x-primis-signature", signature),
    ] {
        if let Some(value) = value {
            request = request.header(name, value);
        }
    }
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    if status != 200 {
        assert!(response.headers().get("x-primis-signature").is_none());
    }
    (status, response.json().await.unwrap())
}

async fn only_signed_requests_are_answered(kind: Kind) {
    let (_store, _, server) = start(kind).await;
    let now = BORN.to_string();
    let good = sign(&format!("{now}.GET.{PATH}"));
    let later = (BORN + 1).to_string();
    let flipped = good.replacen("v1=", "v1=0", 1);
    for (timestamp, signature) in [
        (None, None),
        (Some(now.as_str()), None),
        (None, Some(good.as_str())),
        // Signed for another time, method, path and window.
        (Some(later.as_str()), Some(good.as_str())),
        (
            Some(now.as_str()),
            Some(sign(&format!("{now}.POST.{PATH}")).as_str()),
        ),
        (
            Some(now.as_str()),
            Some(sign(&format!("{now}.GET./internal/revenue")).as_str()),
        ),
        (
            Some(now.as_str()),
            Some(sign(&format!("{now}.GET./internal/revenue?from=0&to=99")).as_str()),
        ),
        // Of another form.
        (Some(now.as_str()), Some(good.trim_start_matches("v1="))),
        (Some(now.as_str()), Some(flipped.as_str())),
        (Some(now.as_str()), Some(&good[..good.len() - 2])),
        (Some(now.as_str()), Some("v1=")),
        (Some("now"), Some(good.as_str())),
    ] {
        let (status, refusal) = ask(&server, PATH, timestamp, signature).await;
        assert_eq!(
            (status, refusal["code"].as_str()),
            (401, Some("bad_signature")),
            "{timestamp:?} {signature:?}"
        );
        assert!(!refusal["message"].as_str().unwrap().is_empty());
    }
    let (status, report) = ask(&server, PATH, Some(&now), Some(&good)).await;
    assert_eq!((status, &report["usage_events"]), (200, &json!(0)));
}

async fn the_timestamp_may_be_off_by_five_minutes(kind: Kind) {
    let (_store, _, server) = start(kind).await;
    for (timestamp, status) in [
        (BORN - 301, 401),
        (BORN - 300, 200),
        (BORN + 300, 200),
        (BORN + 301, 401),
        (i64::MIN, 401),
    ] {
        let (answered, body) = server.revenue(0, 100, timestamp).await;
        assert_eq!(answered.as_u16(), status, "{timestamp}: {body}");
        if status == 401 {
            assert!(
                body["message"]
                    .as_str()
                    .unwrap()
                    .contains("300 seconds off"),
                "{body}"
            );
        }
    }
}

/// The signature covers the request's time and window and the bytes of the body, so that an answer
/// cannot pass for another's.
async fn the_answer_is_signed_for_its_request(kind: Kind) {
    let (_store, _, server) = start(kind).await;
    let request = server
        .request(Method::GET, PATH)
        .header("x-primis-timestamp", BORN)
        .header("x-primis-signature", sign(&format!("{BORN}.GET.{PATH}")));
    let response = request.send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "application/json");
    let signature = response.headers()["x-primis-signature"]
        .to_str()
        .unwrap()
        .to_owned();
    let body = response.text().await.unwrap();
    assert_eq!(signature, sign(&format!("{BORN}.{PATH}.{body}")));
    assert_ne!(signature, sign(&format!("{}.{PATH}.{body}", BORN + 1)));
    let report: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(
        report,
        json!({
            "from": 0, "to": 100, "usage_events": 0, "gross_nano_usd": 0, "refunds_nano_usd": 0,
            "subsidy_nano_usd": 0, "provider_cost_nano_usd": 0, "fee_nano_usd": 0,
            "stakers_share_nano_usd": null,
        })
    );
}

/// Whoever cannot sign cannot move the watermark either: the event still settles where it would.
async fn a_refused_request_settles_nothing(kind: Kind) {
    let (_store, clock, server) = start(kind).await;
    let path = format!("/internal/revenue?from=0&to={}", BORN - 2);
    assert_eq!(
        ask(&server, &path, Some(&BORN.to_string()), Some("v1=00"))
            .await
            .0,
        401
    );
    clock.set(BORN - 100);
    server
        .post_usage(&json!({ "events": [event("a", "api.call", 1)] }))
        .await;
    clock.set(BORN);
    let (_, report) = server.revenue(BORN - 100, BORN - 99, BORN).await;
    assert_eq!(report["usage_events"], 1);
}

async fn windows_that_are_none(kind: Kind) {
    let (_store, _, server) = start(kind).await;
    for (query, hint) in [
        ("", "missing field `from`"),
        ("?from=0", "missing field `to`"),
        ("?from=2&to=1", "from is later than to"),
        ("?from=-1&to=1", "invalid digit"),
        ("?from=a&to=1", "invalid digit"),
        ("?from=0&to=9223372036854775808", "Unix seconds"),
        ("?from=0&to=1&until=2", "unknown field `until`"),
        ("?from=0&from=1&to=2", "duplicate field `from`"),
    ] {
        let path = format!("/internal/revenue{query}");
        let signature = sign(&format!("{BORN}.GET.{path}"));
        let (status, refusal) =
            ask(&server, &path, Some(&BORN.to_string()), Some(&signature)).await;
        assert_eq!(
            (status, refusal["code"].as_str()),
            (400, Some("invalid_window")),
            "{query}: {refusal}"
        );
        assert!(
            refusal["message"].as_str().unwrap().contains(hint),
            "{query}: {refusal}"
        );
    }
    // An empty window is a window.
    let (status, report) = server.revenue(7, 7, BORN).await;
    assert_eq!(
        (status, &report["fee_nano_usd"]),
        (StatusCode::OK, &json!(0))
    );
}

async fn a_server_without_a_secret(kind: Kind) {
    let store = database::open(kind).await;
    let change = |settings: &mut primis_app_api::config::Settings| {
        settings.platform.revenue_secret_path = None
    };
    let server = TestServer::start(&store.store, ManualClock::at(BORN), change).await;
    let (status, refusal) = server.revenue(0, 100, BORN).await;
    assert_eq!(
        (status.as_u16(), refusal["code"].as_str()),
        (503, Some("not_configured"))
    );
}
