//! Refusals that need no program: no cluster, too many at once, no faucet, no transaction.

use reqwest::{Method, Response};
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinSet};

use crate::support::{
    database::{self, Kind, on_both_databases},
    server::{ManualClock, TestServer},
    stand::Stand,
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
            ("x-action-version", "2.4.2"),
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
    // An endpoint that takes connections and never answers.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let stand = Stand::with(kind, World::new().await, |settings| {
        settings.chain.rpc_url = url;
        settings.actions.max_concurrent = 1;
    })
    .await;
    let mut both = JoinSet::new();
    for _ in 0..2 {
        both.spawn(stand.server.request(Method::GET, "/api/network").send());
    }
    // One of them has the place and waits, whichever came first.
    let told = both.join_next().await.unwrap().unwrap().unwrap();
    refused(told, 503, "busy").await;
    // It lets go of it when the endpoint goes away.
    drop(silent);
    let told = both.join_next().await.unwrap().unwrap().unwrap();
    refused(told, 503, "rpc_unavailable").await;
    let request = stand.server.request(Method::GET, "/api/network");
    refused(request.send().await.unwrap(), 503, "rpc_unavailable").await;
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
