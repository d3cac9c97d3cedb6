//! Refusals that need no program: no cluster, too many at once, no faucet, no transaction.

use std::{sync::mpsc, thread};

use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};

use crate::support::{
    database::{self, Kind, on_both_databases},
    server::{ManualClock, TestServer},
    stand::{Stand, eventually},
    vault::{BORN, World},
};

on_both_databases!(
    pages_of_any_origin_can_read_every_refusal_of_an_action,
    a_cluster_that_does_not_answer_is_no_action_to_sign,
    too_many_at_once_are_told_to_come_again,
    where_there_is_no_faucet_none_gives,
    what_is_no_transaction_is_not_sent,
    without_a_vault_there_are_no_actions,
);

const WALLET: &str = "vines1vzrYbzLMRdu58ou5XTby4qAqVRLmqo36NKPTg";

async fn refused(response: Response, status: u16, code: &str) {
    let url = response.url().to_string();
    let found = response.status();
    let body: Value = response.json().await.unwrap();
    assert_eq!(
        (found.as_u16(), &body["code"]),
        (status, &json!(code)),
        "{url}: {body}"
    );
    assert!(body["message"].as_str().is_some_and(|m| !m.is_empty()));
}

async fn pages_of_any_origin_can_read_every_refusal_of_an_action(kind: Kind) {
    let stand = Stand::new(kind).await;
    for (method, path, status, code) in [
        (Method::GET, "/api/actions/gamble", 404, "unknown_action"),
        (Method::GET, "/api/actions/%FF", 404, "unknown_action"),
        (
            Method::GET,
            "/api/actions/stake?pool=x",
            404,
            "unknown_pool",
        ),
        (
            Method::GET,
            "/api/actions/stake?pool=a&pool=b",
            400,
            "invalid_query",
        ),
        (Method::POST, "/api/actions/stake", 415, "not_json"),
        (Method::PUT, "/api/actions/stake", 405, "method_not_allowed"),
        (Method::POST, "/actions.json", 405, "method_not_allowed"),
    ] {
        let response = stand.server.request(method, path).send().await.unwrap();
        for (name, value) in [
            ("access-control-allow-origin", "*"),
            ("x-action-version", "2.4"),
            (
                "x-blockchain-ids",
                "solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1",
            ),
        ] {
            assert_eq!(response.headers()[name], value, "{path}");
        }
        refused(response, status, code).await;
    }
}

async fn a_cluster_that_does_not_answer_is_no_action_to_sign(kind: Kind) {
    let stand = Stand::with(kind, World::new().await, |settings| {
        // The port of a discarded listener.
        settings.chain.rpc_url = "http://127.0.0.1:9".into();
    })
    .await;
    let body = json!({ "account": WALLET });
    for (method, path) in [
        (Method::GET, "/api/actions/stake"),
        (Method::POST, "/api/actions/stake?amount=1"),
        (Method::POST, "/api/actions/claim"),
    ] {
        let request = stand.server.request(method, path).json(&body);
        let response = request.send().await.unwrap();
        assert_eq!(response.headers()["access-control-allow-origin"], "*");
        assert!(response.headers().contains_key("retry-after"));
        refused(response, 503, "rpc_unavailable").await;
    }
    let path = "/api/transactions/1111111111111111111111111111111111111111111111111111111111111111";
    let response = stand
        .server
        .request(Method::GET, path)
        .send()
        .await
        .unwrap();
    refused(response, 503, "rpc_unavailable").await;
}

async fn too_many_at_once_are_told_to_come_again(kind: Kind) {
    let stand = Stand::with(kind, World::new().await, |settings| {
        settings.actions.max_concurrent = 1;
    })
    .await;
    // Whoever holds the cluster's state keeps it from answering.
    let (held, is_held) = mpsc::channel();
    let (release, released) = mpsc::channel::<()>();
    let state = std::sync::Arc::clone(&stand.world.cluster.state);
    let holder = thread::spawn(move || {
        let _state = state.lock().unwrap();
        held.send(()).unwrap();
        released.recv().unwrap();
    });
    is_held.recv().unwrap();
    let first = stand.server.request(Method::GET, "/api/network").send();
    let first = tokio::spawn(first);
    let second = eventually("a second wallet is refused", || async {
        let request = stand
            .server
            .request(Method::GET, "/api/network")
            .timeout(std::time::Duration::from_millis(200));
        request.send().await.ok()
    })
    .await;
    refused(second, 503, "busy").await;
    release.send(()).unwrap();
    holder.join().unwrap();
    assert_eq!(first.await.unwrap().unwrap().status(), StatusCode::OK);
    stand.server.get_ok("/api/network").await;
}

async fn where_there_is_no_faucet_none_gives(kind: Kind) {
    let stand = Stand::new(kind).await;
    let request = stand.server.request(Method::POST, "/api/faucet");
    let body = json!({ "account": WALLET });
    refused(request.json(&body).send().await.unwrap(), 404, "no_faucet").await;
}

async fn what_is_no_transaction_is_not_sent(kind: Kind) {
    let stand = Stand::new(kind).await;
    let long = "A".repeat(9_000);
    for (body, status, code) in [
        (json!({ "transaction": "?" }), 400, "invalid_transaction"),
        (json!({ "transaction": "AAAA" }), 400, "invalid_transaction"),
        (json!({ "transaction": 1 }), 422, "invalid_body"),
        (json!({ "transaction": long }), 413, "body_too_large"),
    ] {
        let request = stand.server.request(Method::POST, "/api/transactions");
        refused(request.json(&body).send().await.unwrap(), status, code).await;
    }
    let path = "/api/transactions/nonsense";
    let response = stand
        .server
        .request(Method::GET, path)
        .send()
        .await
        .unwrap();
    refused(response, 400, "invalid_signature").await;
}

async fn without_a_vault_there_are_no_actions(kind: Kind) {
    let store = database::open(kind).await;
    let server = TestServer::start(&store.store, ManualClock::at(BORN), |_| {}).await;
    let response = server
        .request(Method::GET, "/api/actions/stake")
        .send()
        .await
        .unwrap();
    refused(response, 503, "not_configured").await;
}
