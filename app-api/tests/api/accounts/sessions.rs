//! Access tokens, and the refresh tokens that follow each other.

use std::{sync::Arc, time::Duration};

use futures_util::future::join_all;
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};

use crate::support::{
    database::{self, Kind, TestStore, on_both_databases},
    platform::{Customer, PASSWORD, answer, log_in, new_email, post, signed_up},
    server::{ManualClock, TestServer},
    stand::eventually,
    vault::BORN,
};

on_both_databases!(
    an_access_token_lasts_ten_minutes,
    a_refresh_token_is_taken_once,
    of_many_that_refresh_at_once_one_goes_on,
    a_browser_keeps_its_token_in_a_cookie,
    a_logout_ends_the_session_on_every_replica,
    tokens_that_are_not_ours,
);

async fn start(kind: Kind) -> (TestStore, TestServer, ManualClock) {
    let store = database::open(kind).await;
    let clock = ManualClock::at(BORN);
    let server = TestServer::start(&store.store, clock.clone(), |_| {}).await;
    (store, server, clock)
}

async fn shows(server: &TestServer, token: &Value) -> StatusCode {
    let request = server
        .request(Method::GET, "/api/account")
        .bearer_auth(token.as_str().unwrap());
    answer(request).await.0
}

async fn refresh(server: &TestServer, token: &Value) -> (StatusCode, Value) {
    post(
        server,
        "/api/auth/refresh",
        &json!({ "refreshToken": token }),
    )
    .await
}

async fn an_access_token_lasts_ten_minutes(kind: Kind) {
    let (_store, server, clock) = start(kind).await;
    let session = signed_up(&server, &new_email()).await;
    assert_eq!(session["expiresAtUnix"], json!(BORN + 600));
    let token = &session["accessToken"];
    clock.set(BORN + 599);
    assert_eq!(shows(&server, token).await, 200);
    clock.set(BORN + 600);
    assert_eq!(shows(&server, token).await, 401);
    let (status, next) = refresh(&server, &session["refreshToken"]).await;
    assert_eq!(status, 200, "{next}");
    assert_eq!(shows(&server, &next["accessToken"]).await, 200);
    // The session ends whatever is refreshed.
    assert_eq!(next["sessionEndsAtUnix"], json!(BORN + 30 * 86_400));
    clock.set(BORN + 30 * 86_400);
    assert_eq!(refresh(&server, &next["refreshToken"]).await.0, 401);
}

/// Whoever comes second with it has a copy: nobody goes on.
async fn a_refresh_token_is_taken_once(kind: Kind) {
    let (_store, server, _) = start(kind).await;
    let email = new_email();
    let first = signed_up(&server, &email).await;
    let (_, elsewhere) = log_in(&server, &email, PASSWORD).await;
    let (status, second) = refresh(&server, &first["refreshToken"]).await;
    assert_eq!(status, 200);
    assert_ne!(first["refreshToken"], second["refreshToken"]);
    let (_, third) = refresh(&server, &second["refreshToken"]).await;
    let (status, refusal) = refresh(&server, &first["refreshToken"]).await;
    assert_eq!(
        (status.as_u16(), &refusal["code"]),
        (401, &json!("session_over"))
    );
    assert_eq!(refresh(&server, &third["refreshToken"]).await.0, 401);
    assert_eq!(shows(&server, &third["accessToken"]).await, 401);
    // Another login is another family.
    assert_eq!(refresh(&server, &elsewhere["refreshToken"]).await.0, 200);
}

async fn of_many_that_refresh_at_once_one_goes_on(kind: Kind) {
    let (store, server, _) = start(kind).await;
    let other = TestServer::start(&store.store, ManualClock::at(BORN), |_| {}).await;
    let session = signed_up(&server, &new_email()).await;
    let all = (0..10).map(|n| {
        let server = if n % 2 == 0 { &server } else { &other };
        refresh(server, &session["refreshToken"])
    });
    let answers = join_all(all).await;
    let good: Vec<_> = answers
        .iter()
        .filter(|(status, _)| *status == 200)
        .collect();
    assert_eq!(good.len(), 1);
    assert_eq!(refresh(&server, &good[0].1["refreshToken"]).await.0, 401);
}

fn cookie(response: &Response) -> (String, String) {
    let set = response.headers()["set-cookie"].to_str().unwrap();
    let (pair, attributes) = set.split_once(';').unwrap();
    (pair.to_owned(), attributes.to_owned())
}

async fn a_browser_keeps_its_token_in_a_cookie(kind: Kind) {
    let store = database::open(kind).await;
    let server = TestServer::start(&store.store, ManualClock::at(BORN), |s| {
        s.http.public_url = Some("https://primis.example".into());
    })
    .await;
    let email = new_email();
    signed_up(&server, &email).await;
    let body = json!({ "email": email, "password": PASSWORD });
    let request = server.request(Method::POST, "/api/auth/login").json(&body);
    let response = request.send().await.unwrap();
    let (pair, attributes) = cookie(&response);
    assert_eq!(
        attributes,
        " Path=/api/auth; HttpOnly; SameSite=Strict; Max-Age=2592000; Secure"
    );
    let told: Value = response.json().await.unwrap();
    assert_eq!(told["refreshToken"], Value::Null);
    let secret = pair.split_once('=').unwrap().1;
    assert!(!told.to_string().contains(secret));

    let with = |path: &str, pair: &str| server.request(Method::POST, path).header("cookie", pair);
    let response = with("/api/auth/refresh", &pair).send().await.unwrap();
    assert_eq!(response.status(), 200);
    let (next, _) = cookie(&response);
    assert_ne!(next, pair);
    let response = with("/api/auth/logout", &next).send().await.unwrap();
    assert_eq!(response.status(), 204);
    let (gone, attributes) = cookie(&response);
    assert_eq!(gone, "primis_refresh=");
    assert!(attributes.contains("Max-Age=0"), "{attributes}");
    let response = with("/api/auth/refresh", &next).send().await.unwrap();
    assert_eq!(response.status(), 401);
    // Without any there is nothing to go on with, or to end.
    let bare = |path| answer(server.request(Method::POST, path));
    assert_eq!(bare("/api/auth/refresh").await.0, 401);
    assert_eq!(bare("/api/auth/logout").await.0, 204);
}

async fn a_logout_ends_the_session_on_every_replica(kind: Kind) {
    let (store, server, _) = start(kind).await;
    let other = TestServer::start(&store.store, ManualClock::at(BORN), |_| {}).await;
    let session = signed_up(&server, &new_email()).await;
    let token = &session["accessToken"];
    assert_eq!(shows(&other, token).await, 200);
    let body = json!({ "refreshToken": session["refreshToken"] });
    assert_eq!(post(&server, "/api/auth/logout", &body).await.0, 204);
    assert_eq!(shows(&server, token).await, 401);
    let begun = std::time::Instant::now();
    eventually("the other replica hears of it", || async {
        (shows(&other, token).await == 401).then_some(())
    })
    .await;
    assert!(
        begun.elapsed() < Duration::from_secs(3),
        "{:?}",
        begun.elapsed()
    );
}

/// Signed by nobody, by another, or for another time; the module's own tests have more of them.
async fn tokens_that_are_not_ours(kind: Kind) {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    let (store, server, _) = start(kind).await;
    let ada = Customer::new(&server).await;
    let eve = Customer::new(&server).await;
    let parts: Vec<&str> = ada.access_token.split('.').collect();
    let evil: Vec<&str> = eve.access_token.split('.').collect();
    let none = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"JWT"}"#);
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("other");
    std::fs::write(&path, "another-token-secret-0123456789abcdef").unwrap();
    let path = path.display().to_string();
    let stranger = TestServer::start(&store.store, ManualClock::at(BORN), |s| {
        s.accounts.token_secret_path = Some(path);
    })
    .await;
    let (_, theirs) = log_in(&stranger, &ada.email, PASSWORD).await;
    let theirs = theirs["accessToken"].as_str().unwrap();
    let server = Arc::new(server);
    for token in [
        format!("{none}.{}.", parts[1]),
        format!("{none}.{}.{}", parts[1], parts[2]),
        format!("{}.{}.{}", parts[0], parts[1], evil[2]),
        format!("{}.{}.{}", parts[0], evil[1], parts[2]),
        format!("{}.{}.", parts[0], parts[1]),
        ada.access_token[1..].to_owned(),
        ada.refresh_token.clone(),
        theirs.to_owned(),
        "x".to_owned(),
    ] {
        let request = server
            .request(Method::GET, "/api/account")
            .bearer_auth(&token);
        let (status, refusal) = answer(request).await;
        assert_eq!(
            (status.as_u16(), &refusal["code"]),
            (401, &json!("unauthorized")),
            "{token}"
        );
    }
}
