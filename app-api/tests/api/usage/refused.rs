//! What is not taken, and what is said about it.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{
    database::{self, Kind, TestStore, on_both_databases},
    server::{KEY, ManualClock, TestServer, event},
    vault::BORN,
};

on_both_databases!(
    without_a_key,
    events_that_cannot_be_priced,
    bodies_that_are_no_events,
    a_bad_event_refuses_its_batch,
    more_than_a_thousand_events,
    a_server_without_prices,
);

async fn start(kind: Kind) -> (TestStore, TestServer) {
    let store = database::open(kind).await;
    let server = TestServer::start(&store.store, ManualClock::at(BORN), |_| {}).await;
    (store, server)
}

async fn stored(store: &TestStore) -> u64 {
    store.store.usage_event_count().await.unwrap()
}

async fn without_a_key(kind: Kind) {
    let (store, server) = start(kind).await;
    let body = json!({ "events": [event("a", "api.call", 1)] });
    let post = || server.request(Method::POST, "/v1/usage/events").json(&body);
    let wrong = format!("{KEY}x");
    for request in [
        post(),
        post().bearer_auth(&wrong),
        post().header("x-api-key", &wrong),
        post().bearer_auth(&KEY[..KEY.len() - 1]),
        post().bearer_auth("# keys"),
        post().basic_auth(KEY, Some("")),
    ] {
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        let refusal: Value = response.json().await.unwrap();
        assert_eq!(refusal["code"], "unauthorized");
        assert!(
            refusal["message"]
                .as_str()
                .unwrap()
                .contains("Authorization: Bearer")
        );
        assert_eq!(refusal.as_object().unwrap().len(), 2, "{refusal}");
    }
    assert_eq!(stored(&store).await, 0);

    let response = post().header("x-api-key", KEY).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(stored(&store).await, 1);
}

async fn events_that_cannot_be_priced(kind: Kind) {
    let (store, server) = start(kind).await;
    let long = "n".repeat(201);
    let changed = |key: &str, value: Value| {
        let mut event = event("a", "api.call", 1);
        event[key] = value;
        event
    };
    for (event, code, hint) in [
        (
            changed("sku", json!("gpu.b200.second")),
            "unknown_sku",
            "gpu.b200.second has no price",
        ),
        (
            changed("quantity", json!(0)),
            "zero_quantity",
            "quantity must be positive",
        ),
        (
            changed("quantity", json!(u64::MAX)),
            "quantity_out_of_range",
            "split the event",
        ),
        // The quantity fits, its charge does not.
        (
            changed("quantity", json!(1u64 << 62)),
            "quantity_out_of_range",
            "split the event",
        ),
        (
            changed("occurred_at", json!("yesterday")),
            "invalid_time",
            "RFC 3339",
        ),
        (
            changed("occurred_at", json!("2026-11-20T12:00:00")),
            "invalid_time",
            "RFC 3339",
        ),
        (
            changed("occurred_at", json!("2026-02-30T12:00:00Z")),
            "invalid_time",
            "RFC 3339",
        ),
        (
            changed("event_id", json!("")),
            "invalid_name",
            "event_id must have 1 to 200 bytes",
        ),
        (
            changed("event_id", json!(long)),
            "invalid_name",
            "event_id must have 1 to 200 bytes",
        ),
        (
            changed("customer", json!("")),
            "invalid_name",
            "customer must have 1 to 200 bytes",
        ),
        (
            changed("customer", json!("ac\0me")),
            "invalid_name",
            "none of them zero",
        ),
        (
            changed("sku", json!("")),
            "invalid_name",
            "sku must have 1 to 200 bytes",
        ),
    ] {
        let (status, refusal) = server.post_usage(&json!({ "events": [event] })).await;
        assert_eq!(
            (status.as_u16(), refusal["code"].as_str()),
            (422, Some(code)),
            "{event}: {refusal}"
        );
        let message = refusal["message"].as_str().unwrap();
        assert!(
            message.starts_with("events[0]") && message.contains(hint),
            "{message}"
        );
    }
    assert_eq!(stored(&store).await, 0);
}

async fn bodies_that_are_no_events(kind: Kind) {
    let (store, server) = start(kind).await;
    let mut unknown_field = event("a", "api.call", 1);
    unknown_field["price"] = json!(1);
    let mut negative = event("a", "api.call", 1);
    negative["quantity"] = json!(-1);
    let mut fraction = event("a", "api.call", 1);
    fraction["quantity"] = json!(1.5);
    let mut nobody = event("a", "api.call", 1);
    nobody.as_object_mut().unwrap().remove("customer");
    for body in [
        json!({ "events": [unknown_field] }),
        json!({ "events": [negative] }),
        json!({ "events": [fraction] }),
        json!({ "events": [nobody] }),
        json!({ "events": {} }),
        json!([event("a", "api.call", 1)]),
        json!({}),
    ] {
        let (status, refusal) = server.post_usage(&body).await;
        assert_eq!(
            (status.as_u16(), refusal["code"].as_str()),
            (422, Some("invalid_body")),
            "{body}: {refusal}"
        );
    }

    let post = || {
        server
            .request(Method::POST, "/v1/usage/events")
            .bearer_auth(KEY)
    };
    for (request, status, code) in [
        (
            post().header("content-type", "application/json").body("{"),
            400,
            "invalid_body",
        ),
        (post().body("{\"events\":[]}"), 415, "not_json"),
    ] {
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), status);
        assert_eq!(response.json::<Value>().await.unwrap()["code"], code);
    }
    assert_eq!(stored(&store).await, 0);
}

/// All or nothing: the good events of the batch can be sent again without the bad one.
async fn a_bad_event_refuses_its_batch(kind: Kind) {
    let (store, server) = start(kind).await;
    let (a, c) = (event("a", "api.call", 1), event("c", "api.call", 1));
    let batch = json!({ "events": [a, event("b", "api.call", 0), c] });
    let (status, refusal) = server.post_usage(&batch).await;
    assert_eq!(
        (status.as_u16(), refusal["code"].as_str()),
        (422, Some("zero_quantity"))
    );
    assert!(
        refusal["message"]
            .as_str()
            .unwrap()
            .starts_with("events[1] (b)"),
        "{refusal}"
    );
    assert_eq!(stored(&store).await, 0);

    // Found out only in the database: the others of the batch are rolled back there.
    server
        .post_usage(&json!({ "events": [event("b", "api.call", 7)] }))
        .await;
    let batch = json!({ "events": [a, event("b", "api.call", 8), c] });
    let (status, refusal) = server.post_usage(&batch).await;
    assert_eq!(
        (status.as_u16(), refusal["code"].as_str()),
        (409, Some("event_id_conflict"))
    );
    assert_eq!(stored(&store).await, 1);

    let (status, answer) = server.post_usage(&json!({ "events": [a, c] })).await;
    assert_eq!((status.as_u16(), &answer["accepted"]), (200, &json!(2)));
}

async fn more_than_a_thousand_events(kind: Kind) {
    let (store, server) = start(kind).await;
    let events = |n: usize| {
        (0..n)
            .map(|i| event(&format!("e{i}"), "api.call", 1))
            .collect::<Vec<_>>()
    };
    let (status, refusal) = server.post_usage(&json!({ "events": events(1_001) })).await;
    assert_eq!(
        (status.as_u16(), refusal["code"].as_str()),
        (422, Some("too_many_events"))
    );
    assert_eq!(stored(&store).await, 0);
    let (status, answer) = server.post_usage(&json!({ "events": events(1_000) })).await;
    assert_eq!((status.as_u16(), &answer["accepted"]), (200, &json!(1_000)));
    assert_eq!(stored(&store).await, 1_000);
}

async fn a_server_without_prices(kind: Kind) {
    let store = database::open(kind).await;
    let server = TestServer::start(&store.store, ManualClock::at(BORN), |s| {
        s.platform.prices_path = None
    })
    .await;
    let (status, refusal) = server
        .post_usage(&json!({ "events": [event("a", "api.call", 1)] }))
        .await;
    assert_eq!(
        (status.as_u16(), refusal["code"].as_str()),
        (503, Some("not_configured"))
    );
    assert!(refusal["message"].as_str().unwrap().contains("prices_path"));
}
