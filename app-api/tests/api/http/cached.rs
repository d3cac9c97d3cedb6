//! Answers that the asker has already are not sent again.

use reqwest::{Method, Response};

use crate::support::{
    database::{Kind, on_both_databases},
    hermes,
    server::{TestServer, event},
    stand::Stand,
    vault::{BORN, SOL, World, owner},
};

on_both_databases!(
    an_answer_that_is_known_is_not_sent_again,
    a_change_changes_the_tag,
    each_endpoint_says_how_long_it_may_be_kept,
    a_page_links_to_the_next,
);

async fn ask(server: &TestServer, path: &str, known: Option<&str>) -> Response {
    let mut request = server.request(Method::GET, path);
    if let Some(known) = known {
        request = request.header("if-none-match", known);
    }
    request.send().await.unwrap()
}

fn header(response: &Response, name: &str) -> Option<String> {
    let value = response.headers().get(name)?;
    Some(value.to_str().unwrap().to_owned())
}

async fn stand(kind: Kind) -> Stand {
    let mut world = World::new().await;
    world.deposit(&owner(1), 10 * SOL);
    let price = hermes::serve(150, BORN).await;
    let stand = Stand::with(kind, world, |settings| settings.price = Some(price)).await;
    stand.caught_up().await;
    stand
}

fn kept() -> Vec<String> {
    let wallet = owner(1);
    vec![
        "/api".into(),
        "/docs".into(),
        "/api/openapi.json".into(),
        "/api/stats".into(),
        "/api/yield/stats".into(),
        "/api/yield/revenue-model".into(),
        "/api/yield/apy/1".into(),
        format!("/api/yield/my-apy/{wallet}"),
        "/api/yield/distributions".into(),
        format!("/api/yield/history/{wallet}"),
        "/api/pools".into(),
        format!("/api/positions/{wallet}"),
        "/api/defillama/pools".into(),
    ]
}

async fn an_answer_that_is_known_is_not_sent_again(kind: Kind) {
    let stand = stand(kind).await;
    for path in kept() {
        let first = ask(&stand.server, &path, None).await;
        assert_eq!(first.status(), 200, "{path}");
        let etag = header(&first, "etag").unwrap();
        assert!(
            etag.starts_with("W/\"") && etag.len() == 36,
            "{path} {etag}"
        );

        let again = ask(&stand.server, &path, Some(&format!("\"x\", {etag}"))).await;
        assert_eq!(again.status(), 304, "{path}");
        for name in ["etag", "cache-control", "content-security-policy"] {
            assert_eq!(header(&again, name), header(&first, name), "{path} {name}");
        }
        assert_eq!(header(&again, "content-type"), None, "{path}");
        assert!(again.bytes().await.unwrap().is_empty(), "{path}");

        let other = ask(&stand.server, &path, Some("W/\"0\"")).await;
        assert_eq!(other.status(), 200, "{path}");

        // HEAD tells the same without the body.
        let head = stand
            .server
            .request(Method::HEAD, &path)
            .send()
            .await
            .unwrap();
        assert_eq!(head.status(), 200, "{path}");
        for name in ["etag", "cache-control", "content-type", "content-length"] {
            assert_eq!(header(&head, name), header(&first, name), "{path} {name}");
        }
        assert!(head.bytes().await.unwrap().is_empty(), "{path}");
    }
}

async fn a_change_changes_the_tag(kind: Kind) {
    let mut stand = stand(kind).await;
    let etag = header(&ask(&stand.server, "/api/stats", None).await, "etag").unwrap();
    stand.world.deposit(&owner(2), SOL);
    stand.caught_up().await;
    let response = ask(&stand.server, "/api/stats", Some(&etag)).await;
    assert_eq!(response.status(), 200);
    assert_ne!(header(&response, "etag").unwrap(), etag);
}

async fn each_endpoint_says_how_long_it_may_be_kept(kind: Kind) {
    let stand = stand(kind).await;
    let wallet = owner(1);
    for (path, kept) in [
        ("/api/stats", "public, max-age=2, stale-while-revalidate=10"),
        (&format!("/api/positions/{wallet}"), "private, no-cache"),
        ("/docs/swagger-ui.css", "public, max-age=300"),
        ("/healthz", "no-store"),
        ("/readyz", "no-store"),
        ("/metrics", "no-store"),
        ("/nothing", "no-store"),
        ("/api/positions/x", "no-store"),
        ("/internal/revenue", "no-store"),
    ] {
        let response = ask(&stand.server, path, None).await;
        assert_eq!(header(&response, "cache-control").unwrap(), kept, "{path}");
    }
    let events = serde_json::json!({ "events": [event("a", "api.call", 1)] });
    let posted = stand
        .server
        .request(Method::POST, "/v1/usage/events")
        .bearer_auth(crate::support::server::KEY)
        .json(&events)
        .send()
        .await
        .unwrap();
    assert_eq!(posted.status(), 200);
    assert_eq!(header(&posted, "cache-control").unwrap(), "no-store");
}

async fn a_page_links_to_the_next(kind: Kind) {
    let mut stand = stand(kind).await;
    for _ in 0..3 {
        stand.world.pass(600);
        stand.world.distribute(SOL);
    }
    stand.caught_up().await;
    let wallet = owner(1);
    for (path, pages) in [
        ("/api/yield/distributions".to_owned(), 3),
        (format!("/api/yield/history/{wallet}"), 2),
    ] {
        let mut next = Some(format!("{path}?limit=1"));
        let mut seen = 0;
        while let Some(page) = next {
            let response = ask(&stand.server, &page, None).await;
            assert_eq!(response.status(), 200, "{page}");
            next = header(&response, "link").map(|link| {
                let target = link.strip_prefix('<').unwrap();
                target.strip_suffix(">; rel=\"next\"").unwrap().to_owned()
            });
            seen += 1;
        }
        assert_eq!(seen, pages, "{path}");
    }
}
