//! What no handler takes is refused in the same words and form as what one refuses.

use std::time::Duration;

use reqwest::{Method, Response};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

use crate::support::{
    database::{self, Kind, TestStore, on_both_databases},
    server::{KEY, ManualClock, TestServer},
    stand::Stand,
    vault::BORN,
};

/// How long a connection may take to end.
const PATIENCE: Duration = Duration::from_secs(30);

on_both_databases!(
    paths_that_do_not_exist,
    methods_that_a_path_does_not_take,
    bodies_that_are_too_large,
    bodies_that_are_not_read_to_their_end,
    paths_that_are_no_text,
    pages_of_any_origin_may_read_statistics_and_nothing_else,
    the_index_lists_paths_that_exist,
);

async fn start(kind: Kind) -> (TestStore, TestServer) {
    let store = database::open(kind).await;
    let server = TestServer::start(&store.store, ManualClock::at(BORN), |_| {}).await;
    (store, server)
}

/// Asserts a refusal of the documented form.
async fn refused(response: Response, status: u16, code: &str) {
    let url = response.url().to_string();
    assert_eq!(response.status(), status, "{url}");
    assert_eq!(
        response.headers()["content-type"],
        "application/json",
        "{url}"
    );
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["code"], code, "{url}");
    assert!(
        body["message"].as_str().is_some_and(|m| !m.is_empty()),
        "{url}"
    );
    assert_eq!(body.as_object().unwrap().len(), 2, "{body}");
}

async fn paths_that_do_not_exist(kind: Kind) {
    let (_store, server) = start(kind).await;
    for path in [
        "/nothing",
        "/api/",
        "/api/stats/",
        "/api/yield/apy/",
        "/api/yield/apy/1/2",
        "/internal",
        "/v1/usage",
    ] {
        let response = server.request(Method::GET, path).send().await.unwrap();
        refused(response, 404, "not_found").await;
    }
}

async fn methods_that_a_path_does_not_take(kind: Kind) {
    let (_store, server) = start(kind).await;
    for (method, path, allowed) in [
        (Method::POST, "/api/stats", "GET,HEAD"),
        (Method::DELETE, "/api/positions/x", "GET,HEAD"),
        (Method::GET, "/v1/usage/events", "POST"),
        (Method::PUT, "/v1/usage/events", "POST"),
        (Method::POST, "/internal/revenue", "GET,HEAD"),
        (Method::POST, "/metrics", "GET,HEAD"),
    ] {
        let response = server.request(method, path).send().await.unwrap();
        assert_eq!(response.headers()["allow"], allowed, "{path}");
        refused(response, 405, "method_not_allowed").await;
    }
}

async fn bodies_that_are_too_large(kind: Kind) {
    let (store, server) = start(kind).await;
    let post = |bytes: usize| {
        let body = format!("{{\"events\":[]{}}}", " ".repeat(bytes - 13));
        assert_eq!(body.len(), bytes);
        let request = server
            .request(Method::POST, "/v1/usage/events")
            .bearer_auth(KEY);
        request
            .header("content-type", "application/json")
            .body(body)
            .send()
    };
    let limit = 2 * 1024 * 1024;
    let taken = post(limit).await.unwrap();
    assert_eq!(taken.status(), 200);
    assert_eq!(taken.headers().get("connection"), None);
    refused(post(limit + 1).await.unwrap(), 413, "body_too_large").await;
    assert_eq!(store.store.usage_event_count().await.unwrap(), 0);
}

/// The rest of a body is in the way of another request: who asks is told, and asks on another connection.
async fn bodies_that_are_not_read_to_their_end(kind: Kind) {
    let (_store, server) = start(kind).await;
    let limit = 2 * 1024 * 1024;
    for (key, sent, status) in [(KEY, limit + 1, "413"), ("another", 0, "401")] {
        let address = server.base.trim_start_matches("http://");
        let mut connection = TcpStream::connect(address).await.unwrap();
        let head = format!(
            "POST /v1/usage/events HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {key}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n",
            2 * limit
        );
        connection.write_all(head.as_bytes()).await.unwrap();
        connection.write_all(&vec![b' '; sent]).await.unwrap();
        let mut answer = String::new();
        let all = connection.read_to_string(&mut answer);
        timeout(PATIENCE, all).await.unwrap().unwrap();
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status} ")),
            "{answer}"
        );
        assert!(answer.contains("\r\nconnection: close\r\n"), "{answer}");
    }
}

async fn paths_that_are_no_text(kind: Kind) {
    let stand = Stand::new(kind).await;
    stand.caught_up().await;
    for (path, code) in [
        ("/api/yield/apy/%FF", "invalid_path"),
        ("/api/yield/my-apy/%FF", "invalid_path"),
        ("/api/positions/%FF", "invalid_path"),
        ("/api/yield/distributions?cursor=%FF", "invalid_cursor"),
    ] {
        let response = stand
            .server
            .request(Method::GET, path)
            .send()
            .await
            .unwrap();
        refused(response, 400, code).await;
    }
}

async fn pages_of_any_origin_may_read_statistics_and_nothing_else(kind: Kind) {
    let (_store, server) = start(kind).await;
    for (path, allowed) in [
        ("/api/stats", true),
        ("/api", true),
        ("/", false),
        ("/healthz", false),
        ("/metrics", false),
        ("/internal/revenue", false),
    ] {
        let request = server
            .request(Method::GET, path)
            .header("origin", "https://example.org");
        let response = request.send().await.unwrap();
        let origin = response.headers().get("access-control-allow-origin");
        assert_eq!(
            origin.map(|v| v.to_str().unwrap()),
            allowed.then_some("*"),
            "{path}"
        );
    }
}

async fn the_index_lists_paths_that_exist(kind: Kind) {
    let (_store, server) = start(kind).await;
    let index = server.get_ok("/api").await;
    assert_eq!(index["program"], primis_vault_interface::ID.to_string());
    let endpoints = index["endpoints"].as_object().unwrap();
    assert!(endpoints.len() >= 10);
    for endpoint in endpoints.keys() {
        let (method, path) = endpoint.split_once(' ').unwrap();
        let path = path
            .split('?')
            .next()
            .unwrap()
            .replace("{stakeSOL}", "1")
            .replace("{wallet}", "1")
            .replace("{action}", "stake")
            .replace("{signature}", "1");
        let response = server
            .request(method.parse().unwrap(), &path)
            .send()
            .await
            .unwrap();
        let status = response.status().as_u16();
        assert_ne!(status, 405, "{endpoint}");
        // What is asked for may not be there, as a faucet; the path is.
        if status == 404 {
            let body: Value = response.json().await.unwrap();
            assert_ne!(body["code"], "not_found", "{endpoint}");
        }
    }
}
