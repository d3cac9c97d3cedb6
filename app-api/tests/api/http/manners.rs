//! What every answer has in common.

use reqwest::Method;

use crate::support::{
    database::{Kind, on_both_databases},
    stand::Stand,
    vault::{SOL, owner},
};

on_both_databases!(
    bodies_are_compressed_where_it_pays,
    every_answer_has_its_security_headers,
    a_request_has_a_name,
    a_page_of_any_origin_may_ask_and_see,
    paths_and_queries_that_cannot_be_meant,
);

async fn bodies_are_compressed_where_it_pays(kind: Kind) {
    let mut stand = Stand::new(kind).await;
    stand.world.deposit(&owner(1), SOL);
    stand.caught_up().await;
    let get = async |path: &str, accepted: &str| {
        let request = stand.server.request(Method::GET, path);
        request
            .header("accept-encoding", accepted)
            .send()
            .await
            .unwrap()
    };
    let plain = get("/api/yield/stats", "identity").await;
    assert!(!plain.headers().contains_key("content-encoding"));
    // A cache must not take it for what others accept.
    assert_eq!(plain.headers()["vary"], "accept-encoding");
    let etag = plain.headers()["etag"].clone();
    let whole = plain.bytes().await.unwrap().len();
    for (accepted, encoding) in [("gzip", "gzip"), ("br, x", "br"), ("zstd", "zstd")] {
        let response = get("/api/yield/stats", accepted).await;
        assert_eq!(response.headers()["content-encoding"], encoding);
        assert_eq!(response.headers()["vary"], "accept-encoding");
        // It is the same answer.
        assert_eq!(response.headers()["etag"], etag);
        let sent = response.bytes().await.unwrap().len();
        assert!(sent < whole / 2, "{encoding}: {sent} of {whole}");
    }
    // Who accepts nothing there is gets what everybody can read.
    let none = get("/api/yield/stats", "identity;q=0, x").await;
    assert_eq!(none.status(), 200);
    assert!(!none.headers().contains_key("content-encoding"));
    let tiny = get("/healthz", "gzip, br, zstd").await;
    assert!(!tiny.headers().contains_key("content-encoding"));
}

async fn every_answer_has_its_security_headers(kind: Kind) {
    let stand = Stand::new(kind).await;
    for path in [
        "/api",
        "/api/stats",
        "/docs",
        "/healthz",
        "/metrics",
        "/nothing",
        "/api/positions/x",
    ] {
        let response = stand
            .server
            .request(Method::GET, path)
            .send()
            .await
            .unwrap();
        let headers = response.headers();
        assert_eq!(headers["x-content-type-options"], "nosniff", "{path}");
        assert_eq!(headers["referrer-policy"], "no-referrer", "{path}");
        let policy = headers["content-security-policy"].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'; "), "{path}");
        assert!(policy.contains("frame-ancestors 'none'"), "{path}");
        assert_eq!(headers.get_all("content-security-policy").iter().count(), 1);
    }
}

async fn a_request_has_a_name(kind: Kind) {
    let stand = Stand::new(kind).await;
    let named = async |given: Option<&str>| {
        let mut request = stand.server.request(Method::GET, "/nothing");
        if let Some(given) = given {
            request = request.header("x-request-id", given);
        }
        let response = request.send().await.unwrap();
        response.headers()["x-request-id"]
            .to_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!(named(Some("proxy-17")).await, "proxy-17");
    let (one, other) = (named(None).await, named(None).await);
    assert!(one.len() > 16 && one != other, "{one} {other}");
}

async fn a_page_of_any_origin_may_ask_and_see(kind: Kind) {
    let stand = Stand::new(kind).await;
    let preflight = stand
        .server
        .request(Method::OPTIONS, "/api/stats")
        .header("origin", "https://example.org")
        .header("access-control-request-method", "GET")
        .header("access-control-request-headers", "if-none-match")
        .send()
        .await
        .unwrap();
    assert_eq!(preflight.status(), 200);
    let allowed = |name: &str| preflight.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(allowed("access-control-allow-origin"), "*");
    assert_eq!(allowed("access-control-allow-headers"), "*");
    assert_eq!(allowed("access-control-max-age"), "86400");

    // A refusal too.
    for path in ["/api/stats", "/api/positions/x"] {
        let request = stand.server.request(Method::GET, path);
        let response = request
            .header("origin", "https://example.org")
            .send()
            .await
            .unwrap();
        let headers = response.headers();
        assert_eq!(headers["access-control-allow-origin"], "*", "{path}");
        let exposed = headers["access-control-expose-headers"].to_str().unwrap();
        for name in ["etag", "link", "retry-after", "x-request-id"] {
            assert!(exposed.contains(name), "{path}: {exposed}");
        }
        // One answer for all origins: a cache need not keep one for each.
        let vary = headers.get("vary").map(|v| v.to_str().unwrap().to_owned());
        assert!(vary.is_none_or(|vary| !vary.contains("origin")), "{path}");
    }
}

async fn paths_and_queries_that_cannot_be_meant(kind: Kind) {
    let stand = Stand::new(kind).await;
    let long = format!("/api/positions/{}", "x".repeat(9_000));
    let edge = format!("/api/positions/{}", "x".repeat(8_000 - 15));
    for (path, status, code) in [
        (long.as_str(), 414, "uri_too_long"),
        (&edge, 400, "invalid_wallet"),
        ("/api/positions/%ZZ", 400, "invalid_wallet"),
        ("/api/positions/%00", 400, "invalid_wallet"),
        ("/api/yield/apy/%", 400, "invalid_stake"),
        ("/api/yield/distributions?limit=%ZZ", 400, "invalid_query"),
        (
            "/api/yield/distributions?limit=1&limit=2",
            400,
            "invalid_query",
        ),
        ("/api/yield/distributions?lmit=1", 400, "invalid_query"),
        ("/api/yield/distributions?limit=-1", 400, "invalid_query"),
        ("/api/yield/distributions?cursor=%00", 400, "invalid_cursor"),
    ] {
        let (answered, refusal) = stand.server.get(path).await;
        assert_eq!(
            (answered.as_u16(), refusal["code"].as_str()),
            (status, Some(code)),
            "{path}: {refusal}"
        );
    }
}
