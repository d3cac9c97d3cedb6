//! API keys: what they may do, how many, how often, and for how long.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use primis_app_api::store::SubscriptionRow;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{
    database::{self, Kind, TestStore, on_both_databases},
    platform::{Customer, answer},
    server::{ManualClock, TestServer},
    stand::eventually,
    vault::BORN,
};

on_both_databases!(
    a_key_is_shown_once_and_does_what_it_may,
    ten_keys_and_no_more_at_the_same_time,
    a_key_ends_by_revocation_and_by_its_expiry,
    keys_of_another_are_as_none,
    keys_that_cannot_be,
    what_a_key_did_is_written_down,
    a_key_has_the_limits_of_its_plan,
    a_key_makes_as_many_requests_as_it_may_on_two_replicas,
);

async fn start(kind: Kind) -> (TestStore, TestServer, ManualClock) {
    let store = database::open(kind).await;
    let clock = ManualClock::at(BORN);
    let server = TestServer::start(&store.store, clock.clone(), |_| {}).await;
    (store, server, clock)
}

async fn list(server: &TestServer, customer: &Customer) -> Vec<Value> {
    let (status, body) = answer(customer.request(server, Method::GET, "/api/keys")).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    body["keys"].as_array().unwrap().clone()
}

async fn status_with(server: &TestServer, key: &str) -> u16 {
    let request = server.request(Method::GET, "/api/account").bearer_auth(key);
    answer(request).await.0.as_u16()
}

async fn a_key_is_shown_once_and_does_what_it_may(kind: Kind) {
    let (_store, server, _) = start(kind).await;
    let ada = Customer::new(&server).await;
    let (key, id) = ada.create_key(&server, &json!({ "name": "laptop" })).await;
    let random = key.strip_prefix("prmis_").unwrap();
    assert!(random.len() == 32 && random.bytes().all(|b| b.is_ascii_alphanumeric()));
    let keys = list(&server, &ada).await;
    assert_eq!(keys.len(), 2);
    let shown = keys.iter().find(|k| k["id"] == json!(id)).unwrap();
    assert_eq!(shown["prefix"], json!(key[..12]));
    assert_eq!(shown["scopes"], json!(["read", "write"]));
    assert!(!json!(keys).to_string().contains(&key[12..]));

    // It reads, by either header, and changes nothing.
    let by = |method, path| server.request(method, path).header("x-api-key", &key);
    assert_eq!(answer(by(Method::GET, "/api/account")).await.0, 200);
    assert_eq!(status_with(&server, &key).await, 200);
    for request in [
        by(Method::POST, "/api/keys").json(&json!({ "name": "more" })),
        by(Method::DELETE, &format!("/api/keys/{id}")),
        by(Method::PATCH, "/api/account").json(&json!({ "displayName": "Eve" })),
        by(Method::DELETE, "/api/account"),
    ] {
        let (status, refusal) = answer(request).await;
        assert_eq!(
            (status.as_u16(), &refusal["code"]),
            (403, &json!("scope_missing"))
        );
    }
    // Nor does one that may give keys give what it has not.
    let (keeper, _) = ada
        .create_key(&server, &json!({ "name": "keeper", "scopes": ["admin"] }))
        .await;
    assert_eq!(status_with(&server, &keeper).await, 403);
    let give = |scopes: Value| {
        let request = server
            .request(Method::POST, "/api/keys")
            .bearer_auth(&keeper);
        answer(request.json(&json!({ "name": "given", "scopes": scopes })))
    };
    assert_eq!(give(json!(["write"])).await.0, 403);
    assert_eq!(give(json!(["admin"])).await.0, 201);
    // Neither half of it is one.
    for wrong in [&key[..37], &format!("{key}x"), &key[1..], random, "prmis_"] {
        assert_eq!(status_with(&server, wrong).await, 401, "{wrong}");
    }
}

async fn ten_keys_and_no_more_at_the_same_time(kind: Kind) {
    let (store, server, clock) = start(kind).await;
    let other = TestServer::start(&store.store, clock.clone(), |_| {}).await;
    let ada = Customer::new(&server).await;
    let create = |server: &TestServer, body: Value| {
        let request = server.request(Method::POST, "/api/keys");
        answer(request.bearer_auth(&ada.access_token).json(&body))
    };
    let all = (0..30).map(|n| {
        let server = if n % 2 == 0 { &server } else { &other };
        create(server, json!({ "name": "k", "expiresAtUnix": BORN + 100 }))
    });
    let answers = join_all(all).await;
    let created = answers.iter().filter(|(status, _)| *status == 201).count();
    // With the one that she had.
    assert_eq!(created, 9, "{answers:?}");
    let refused = answers
        .iter()
        .filter(|(_, body)| body["code"] == "too_many_keys");
    assert_eq!(refused.count(), 21);
    assert_eq!(list(&server, &ada).await.len(), 10);
    // One that is revoked makes room for one, those that expire for all of them.
    let (_, first) = answers.iter().find(|(status, _)| *status == 201).unwrap();
    let path = format!("/api/keys/{}", first["key"]["id"].as_str().unwrap());
    assert_eq!(
        answer(ada.request(&server, Method::DELETE, &path)).await.0,
        204
    );
    let named = || json!({ "name": "k" });
    assert_eq!(create(&server, named()).await.0, 201);
    assert_eq!(create(&server, named()).await.0, 409);
    clock.set(BORN + 100);
    for _ in 0..8 {
        assert_eq!(create(&server, named()).await.0, 201);
    }
    assert_eq!(create(&server, named()).await.0, 409);
}

async fn a_key_ends_by_revocation_and_by_its_expiry(kind: Kind) {
    let (store, server, clock) = start(kind).await;
    let other = TestServer::start(&store.store, clock.clone(), |_| {}).await;
    let ada = Customer::new(&server).await;
    let body = json!({ "name": "short", "expiresAtUnix": BORN + 60 });
    let (short, _) = ada.create_key(&server, &body).await;
    assert_eq!(status_with(&server, &short).await, 200);
    clock.set(BORN + 60);
    // At once, though it is remembered.
    assert_eq!(status_with(&server, &short).await, 401);

    let (key, id) = ada.create_key(&server, &json!({ "name": "k" })).await;
    assert_eq!(status_with(&server, &key).await, 200);
    assert_eq!(status_with(&other, &key).await, 200);
    let path = format!("/api/keys/{id}");
    assert_eq!(
        answer(ada.request(&server, Method::DELETE, &path)).await.0,
        204
    );
    let revoked = Instant::now();
    assert_eq!(status_with(&server, &key).await, 401);
    eventually("the other replica hears of it", || async {
        (status_with(&other, &key).await == 401).then_some(())
    })
    .await;
    // Two seconds, and what a busy machine takes for one request.
    assert!(
        revoked.elapsed() < Duration::from_secs(3),
        "{:?}",
        revoked.elapsed()
    );
    let (status, refusal) = answer(ada.request(&server, Method::DELETE, &path)).await;
    assert_eq!(
        (status.as_u16(), &refusal["code"]),
        (404, &json!("no_such_key"))
    );
    let keys = list(&server, &ada).await;
    let shown = keys.iter().find(|k| k["id"] == json!(id)).unwrap();
    assert_eq!(shown["revokedAtUnix"], json!(BORN + 60));
}

async fn keys_of_another_are_as_none(kind: Kind) {
    let (_store, server, _) = start(kind).await;
    let (ada, eve) = (Customer::new(&server).await, Customer::new(&server).await);
    let revoke = async |id: &str| {
        let path = format!("/api/keys/{id}");
        answer(eve.request(&server, Method::DELETE, &path)).await
    };
    let hers = revoke(&ada.key_id).await;
    assert_eq!(hers.0, StatusCode::NOT_FOUND);
    for nobodys in ["key_0193f0c4a1b27c3e8d4f5a6b7c8d9e0f", "x", "%00", "%FF"] {
        assert_eq!(revoke(nobodys).await, hers);
    }
    assert_eq!(status_with(&server, &ada.key).await, 200);
    let keys = list(&server, &eve).await;
    assert!(keys.iter().all(|key| key["id"] != json!(ada.key_id)));
}

async fn keys_that_cannot_be(kind: Kind) {
    let (_store, server, _) = start(kind).await;
    let ada = Customer::new(&server).await;
    for (body, code) in [
        (json!({ "name": "" }), "invalid_name"),
        (json!({ "name": "a\u{0}b" }), "invalid_name"),
        (json!({ "name": "k", "scopes": [] }), "invalid_scopes"),
        (json!({ "name": "k", "scopes": ["root"] }), "invalid_body"),
        (
            json!({ "name": "k", "expiresAtUnix": BORN }),
            "invalid_expiry",
        ),
        (
            json!({ "name": "k", "expiresAtUnix": i64::MAX }),
            "invalid_expiry",
        ),
        (
            json!({ "name": "k", "requestsPerMinute": 0 }),
            "invalid_limit",
        ),
        (json!({ "name": "k", "slot": 3 }), "invalid_body"),
    ] {
        let request = ada.request(&server, Method::POST, "/api/keys").json(&body);
        let (status, refusal) = answer(request).await;
        assert_eq!(
            (status.as_u16(), &refusal["code"]),
            (422, &json!(code)),
            "{body}"
        );
    }
    assert_eq!(list(&server, &ada).await.len(), 1);
}

/// Some seconds later, or when the server stops.
async fn what_a_key_did_is_written_down(kind: Kind) {
    let (store, server, clock) = start(kind).await;
    let ada = Customer::new(&server).await;
    let (key, id) = ada.create_key(&server, &json!({ "name": "k" })).await;
    for n in 1..=7 {
        clock.set(BORN + n);
        assert_eq!(status_with(&server, &key).await, 200);
    }
    server.stop().await;
    let server = TestServer::start(&store.store, clock.clone(), |_| {}).await;
    let used = async || {
        let keys = store.store.keys_of(&ada.account).await.unwrap();
        let key = keys.into_iter().find(|key| key.id == id).unwrap();
        (key.requests, key.last_used_at)
    };
    assert_eq!(used().await, (7, Some(BORN + 7)));
    assert_eq!(status_with(&server, &key).await, 200);
    eventually("it is written down", || async {
        (used().await.0 == 8).then_some(())
    })
    .await;
    let keys = list(&server, &ada).await;
    let told = keys.iter().find(|k| k["id"] == json!(id)).unwrap();
    assert_eq!(told["requests"], json!(8));
}

async fn a_key_has_the_limits_of_its_plan(kind: Kind) {
    let (store, server, _) = start(kind).await;
    let ada = Customer::new(&server).await;
    let told = async || {
        let request = ada.request(&server, Method::GET, "/api/account");
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        response.headers()["x-ratelimit-limit"].clone()
    };
    assert_eq!(told().await, "100");
    let subscription = SubscriptionRow {
        subscription: "sub_1".into(),
        version: 0,
        account: ada.account.clone(),
        customer: "cus_1".into(),
        item: "si_1".into(),
        catalogue: "metered".into(),
        plan: "pro".into(),
        plan_version: 1,
        status: "active".into(),
        in_force: true,
        cancel_at_period_end: false,
        created_at: BORN,
        period_start: BORN,
        period_end: BORN + 1_000,
    };
    assert!(store.store.put_subscription(&subscription).await.unwrap());
    // Another replica has not known her before.
    let other = TestServer::start(&store.store, ManualClock::at(BORN), |_| {}).await;
    let request = ada.request(&other, Method::GET, "/api/account");
    let response = request.send().await.unwrap();
    assert_eq!(response.headers()["x-ratelimit-limit"], "600");
    assert_eq!(response.headers()["x-ratelimit-remaining"], "598");
}

async fn a_key_makes_as_many_requests_as_it_may_on_two_replicas(kind: Kind) {
    let (store, server, clock) = start(kind).await;
    let other = TestServer::start(&store.store, clock.clone(), |_| {}).await;
    let ada = Customer::new(&server).await;
    let (key, _) = ada
        .create_key(&server, &json!({ "name": "k", "requestsPerMinute": 20 }))
        .await;
    let ask = async |server: &TestServer| {
        let request = server
            .request(Method::GET, "/api/account")
            .bearer_auth(&key);
        let response = request.send().await.unwrap();
        let number = |name: &str| -> Option<i64> {
            Some(
                response
                    .headers()
                    .get(name)?
                    .to_str()
                    .unwrap()
                    .parse()
                    .unwrap(),
            )
        };
        let told = ["limit", "remaining", "reset"].map(|n| number(&format!("x-ratelimit-{n}")));
        (response.status().as_u16(), told, number("retry-after"))
    };
    let ends = (BORN / 60 + 1) * 60;
    assert_eq!(
        ask(&server).await,
        (200, [Some(20), Some(19), Some(ends)], None)
    );
    let answers = join_all((0..40).map(|n| {
        let server = if n % 2 == 0 { &server } else { &other };
        ask(server)
    }))
    .await;
    let good = answers.iter().filter(|(status, ..)| *status == 200).count();
    assert_eq!(good, 19);
    let mut left: Vec<i64> = answers
        .iter()
        .filter(|(status, ..)| *status == 200)
        .map(|(_, told, _)| told[1].unwrap())
        .collect();
    left.sort_unstable();
    assert_eq!(left, (0..19).collect::<Vec<_>>());
    let refused = (429, [Some(20), Some(0), Some(ends)], Some(ends - BORN));
    assert_eq!(ask(&other).await, refused);
    // A key of hers has its own, and the next minute is another.
    assert_eq!(status_with(&server, &ada.key).await, 200);
    clock.set(ends);
    assert_eq!(ask(&other).await.0, 200);
}
