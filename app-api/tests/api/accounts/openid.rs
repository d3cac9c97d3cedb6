//! Logging in by an OpenID provider.

use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::support::{
    database::{self, Kind, TestStore, on_both_databases},
    openid::{CODE, OpenId, Says},
    platform::{answer, log_in, signed_up},
    server::{ManualClock, TestServer},
    services::provider,
    vault::BORN,
};

on_both_databases!(
    somebody_logs_in_and_is_known_again,
    tokens_that_are_not_to_be_believed,
    an_answer_to_another_login,
    an_address_is_taken_only_where_it_is_verified_and_free,
    a_provider_that_is_away_or_unknown,
);

/// A server that knows `provider`, and a browser that does as it is told.
async fn start(kind: Kind) -> (TestStore, TestServer, OpenId, ManualClock) {
    let store = database::open(kind).await;
    let openid = OpenId::start(BORN).await;
    let clock = ManualClock::at(BORN);
    let mut server = TestServer::start(&store.store, clock.clone(), |s| {
        s.accounts.providers = vec![provider(&openid, s)];
        s.accounts.after_login = "/console".into();
    })
    .await;
    server.client = reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only([])
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    (store, server, openid, clock)
}

fn cookies(response: &Response) -> Vec<String> {
    let set = response.headers().get_all("set-cookie").iter();
    set.map(|value| value.to_str().unwrap().to_owned())
        .collect()
}

fn pair(cookie: &str) -> &str {
    cookie.split(';').next().unwrap()
}

/// Begins a login: the cookie, and where the browser is led.
async fn begin(server: &TestServer) -> (String, String) {
    let request = server.request(Method::GET, "/api/auth/oauth/local");
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 303);
    let set = cookies(&response);
    assert_eq!(set.len(), 1);
    assert!(
        set[0].contains("; HttpOnly; SameSite=Lax; Max-Age=600"),
        "{set:?}"
    );
    let location = response.headers()["location"].to_str().unwrap();
    (pair(&set[0]).to_owned(), location.to_owned())
}

async fn come_back(server: &TestServer, query: &str, cookie: &str) -> Response {
    let path = format!("/api/auth/oauth/local/callback?{query}");
    let request = server.request(Method::GET, &path).header("cookie", cookie);
    request.send().await.unwrap()
}

/// Logs in: the account as it is shown.
async fn logged_in(server: &TestServer, provider: &OpenId) -> Value {
    let (cookie, location) = begin(server).await;
    let query = provider.logged_in(&location);
    let response = come_back(server, &query, &cookie).await;
    assert_eq!(response.status(), 303, "{}", response.text().await.unwrap());
    assert_eq!(response.headers()["location"], "/console");
    let set = cookies(&response);
    assert!(set[1].starts_with("primis_oauth=; "), "{set:?}");
    let request = server
        .request(Method::POST, "/api/auth/refresh")
        .header("cookie", pair(&set[0]));
    let (status, session) = answer(request).await;
    assert_eq!(status, 200, "{session}");
    let token = session["accessToken"].as_str().unwrap();
    answer(
        server
            .request(Method::GET, "/api/account")
            .bearer_auth(token),
    )
    .await
    .1
}

fn claims<const N: usize>(claims: [(&'static str, Value); N]) -> Says {
    Says {
        claims: claims.into_iter().collect(),
        ..Says::default()
    }
}

async fn somebody_logs_in_and_is_known_again(kind: Kind) {
    let (_store, server, provider, _) = start(kind).await;
    let grace = logged_in(&server, &provider).await;
    assert_eq!(grace["email"], json!("grace@example.com"));
    assert_eq!(grace["displayName"], json!("Grace Hopper"));
    // By who she is, whatever else is said of her.
    provider.says(claims([("email", json!("other@example.com"))]));
    assert_eq!(logged_in(&server, &provider).await, grace);
    provider.says(claims([("sub", json!("person-2"))]));
    assert_ne!(logged_in(&server, &provider).await["id"], grace["id"]);
    // There is no password that she could log in with.
    assert_eq!(
        log_in(&server, "grace@example.com", "0123456789").await.0,
        401
    );
}

async fn tokens_that_are_not_to_be_believed(kind: Kind) {
    let (store, server, provider, _) = start(kind).await;
    let refused = async |says: Says, what: &str| {
        provider.says(says);
        let (cookie, location) = begin(&server).await;
        let query = provider.logged_in(&location);
        let response = come_back(&server, &query, &cookie).await;
        assert_eq!(response.status(), 401, "{what}");
        assert!(cookies(&response).is_empty());
        let refusal: Value = response.json().await.unwrap();
        assert_eq!(refusal["code"], json!("wrong_token"), "{what}");
    };
    refused(claims([("nonce", json!("another"))]), "another nonce").await;
    refused(claims([("nonce", Value::Null)]), "no nonce").await;
    refused(claims([("exp", json!(BORN))]), "expired").await;
    refused(
        claims([("aud", json!("another-client"))]),
        "another audience",
    )
    .await;
    refused(claims([("aud", json!([]))]), "no audience").await;
    refused(
        claims([("iss", json!("http://evil.example"))]),
        "another issuer",
    )
    .await;
    let other_key = Says {
        other_key: true,
        ..Says::default()
    };
    refused(other_key, "another key").await;
    for alg in ["none", "HS256", "RS256"] {
        let says = Says {
            alg,
            ..Says::default()
        };
        refused(says, alg).await;
    }
    let customers = store.rows("SELECT id, created_at FROM customers").await;
    assert!(customers.is_empty());
    provider.says(Says::default());
    logged_in(&server, &provider).await;
}

async fn an_answer_to_another_login(kind: Kind) {
    let (_store, server, provider, clock) = start(kind).await;
    let code_of = async |response: Response| {
        let status = response.status().as_u16();
        let body: Value = response.json().await.unwrap();
        (status, body["code"].as_str().unwrap().to_owned())
    };
    let (mine, location) = begin(&server).await;
    let (other, _) = begin(&server).await;
    let query = provider.logged_in(&location);
    let wrong_state = (400, "wrong_state".to_owned());
    for (query, cookie) in [
        (query.as_str(), other.as_str()),
        (&query, ""),
        (&query, "primis_oauth=x"),
        (&format!("code={CODE}"), &mine),
        (&format!("code={CODE}&state=x"), &mine),
    ] {
        let response = come_back(&server, query, cookie).await;
        assert_eq!(code_of(response).await, wrong_state, "{query} {cookie}");
    }
    // Its time cannot be put off: it is part of what the state is made of.
    clock.set(BORN + 600);
    let (until, random) = mine.split_once('.').unwrap();
    let later = format!("primis_oauth={}.{random}", BORN + 10_000);
    for cookie in [mine.as_str(), &later] {
        let response = come_back(&server, &query, cookie).await;
        assert_eq!(code_of(response).await, wrong_state, "{until}");
    }
    clock.set(BORN);
    // A code that the provider does not take, and then the login is over.
    let state = query.split_once('&').unwrap().1;
    let response = come_back(&server, &format!("code=guessed&{state}"), &mine).await;
    assert_eq!(code_of(response).await, (401, "wrong_code".to_owned()));
    let response = come_back(&server, &query, &mine).await;
    assert_eq!(code_of(response).await, wrong_state);
    let (mine, location) = begin(&server).await;
    let query = provider.logged_in(&location);
    let state = query.split_once('&').unwrap().1;
    let denied = format!("error=access_denied&{state}");
    let response = come_back(&server, &denied, &mine).await;
    assert_eq!(code_of(response).await, (400, "login_denied".to_owned()));
}

/// Else whoever has an address at a provider could take the account of whoever has it here.
async fn an_address_is_taken_only_where_it_is_verified_and_free(kind: Kind) {
    let (_store, server, provider, _) = start(kind).await;
    let session = signed_up(&server, "grace@example.com").await;
    let grace = logged_in(&server, &provider).await;
    assert_ne!(grace["id"], session["accountId"]);
    assert_eq!(grace["email"], Value::Null);
    provider.says(claims([
        ("sub", json!("person-2")),
        ("email", json!("unverified@example.com")),
        ("email_verified", json!(false)),
    ]));
    assert_eq!(logged_in(&server, &provider).await["email"], Value::Null);
}

async fn a_provider_that_is_away_or_unknown(kind: Kind) {
    let (store, server, openid, _) = start(kind).await;
    for path in ["/api/auth/oauth/other", "/api/auth/oauth/%FF/callback"] {
        let (status, refusal) = server.get(path).await;
        assert_eq!(
            (status.as_u16(), &refusal["code"]),
            (404, &json!("unknown_provider"))
        );
    }
    let server = TestServer::start(&store.store, ManualClock::at(BORN), |s| {
        let mut away = provider(&openid, s);
        away.issuer = "http://127.0.0.1:1".into();
        s.accounts.providers = vec![away];
    })
    .await;
    let (status, refusal) = server.get("/api/auth/oauth/local").await;
    assert_eq!(
        (status.as_u16(), &refusal["code"]),
        (502, &json!("provider_failed"))
    );
}
