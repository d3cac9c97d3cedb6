//! Signing up and logging in by password.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use primis_app_api::platform::ledger::{Ledger, NewHold};

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::ledger::top_up;
use crate::support::{
    database::{self, Kind, TestStore, on_both_databases},
    platform::{Customer, PASSWORD, answer, log_in, new_email, post, signed_up},
    server::{ManualClock, TestServer},
    vault::BORN,
};

on_both_databases!(
    an_account_is_opened_renamed_and_closed,
    what_is_not_taken_is_told_without_a_word_of_it,
    whether_an_address_has_an_account_cannot_be_told,
    a_password_is_changed_and_sessions_end,
    money_that_is_left_is_not_lost_by_mistake,
    attempts_are_counted_by_account_and_by_address,
    without_secrets_nobody_logs_in,
);

async fn start(kind: Kind) -> (TestStore, TestServer) {
    let store = database::open(kind).await;
    let server = TestServer::start(&store.store, ManualClock::at(BORN), |_| {}).await;
    (store, server)
}

async fn an_account_is_opened_renamed_and_closed(kind: Kind) {
    let (store, server) = start(kind).await;
    let ada = Customer::new(&server).await;
    let (status, shown) = answer(ada.request(&server, Method::GET, "/api/account")).await;
    assert_eq!(status, StatusCode::OK);
    let name = ada.email.split('@').next().unwrap();
    let expected = json!({
        "id": ada.account, "email": ada.email, "displayName": name, "plan": "free", "createdAtUnix": BORN,
    });
    assert_eq!(shown, expected);

    let rename = ada
        .request(&server, Method::PATCH, "/api/account")
        .json(&json!({ "displayName": " Countess Ada " }));
    let (status, shown) = answer(rename).await;
    assert_eq!(
        (status, &shown["displayName"]),
        (StatusCode::OK, &json!("Countess Ada"))
    );

    let (status, _) = answer(ada.request(&server, Method::DELETE, "/api/account")).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    for shown in [&ada.key, &ada.access_token] {
        let request = server
            .request(Method::GET, "/api/account")
            .bearer_auth(shown);
        assert_eq!(answer(request).await.0, StatusCode::UNAUTHORIZED);
    }
    let body = json!({ "refreshToken": ada.refresh_token });
    let (status, _) = post(&server, "/api/auth/refresh", &body).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    let (status, _) = log_in(&server, &ada.email, PASSWORD).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    // Nothing of hers is left, and her address opens another account.
    assert!(!store.dump().await.contains(&ada.email));
    let again = signed_up(&server, &ada.email).await;
    assert_ne!(again["accountId"], json!(ada.account));
}

async fn what_is_not_taken_is_told_without_a_word_of_it(kind: Kind) {
    let (_store, server) = start(kind).await;
    let long = "p".repeat(257);
    for (body, code) in [
        (
            json!({ "email": "ada", "password": PASSWORD }),
            "invalid_email",
        ),
        (
            json!({ "email": "a@b@c", "password": PASSWORD }),
            "invalid_email",
        ),
        (
            json!({ "email": "ada@example.com", "password": "ninechars" }),
            "invalid_password",
        ),
        (
            json!({ "email": "ada@example.com", "password": long }),
            "invalid_password",
        ),
        (
            json!({ "email": "ada@example.com", "password": [PASSWORD] }),
            "invalid_body",
        ),
        (
            json!({ "email": "ada@example.com", PASSWORD: PASSWORD }),
            "invalid_body",
        ),
        (json!({ "email": "ada@example.com" }), "invalid_body"),
        (json!(PASSWORD), "invalid_body"),
    ] {
        for path in ["/api/auth/signup", "/api/auth/login"] {
            let (status, refusal) = post(&server, path, &body).await;
            assert_eq!(
                (status.as_u16(), &refusal["code"]),
                (422, &json!(code)),
                "{path} {body}"
            );
            assert!(!refusal.to_string().contains(PASSWORD), "{refusal}");
        }
    }
    let unnamed = json!({ "email": new_email(), "password": PASSWORD, "displayName": " \t" });
    let (status, refusal) = post(&server, "/api/auth/signup", &unnamed).await;
    assert_eq!(
        (status.as_u16(), &refusal["code"]),
        (422, &json!("invalid_name"))
    );
}

/// Neither by what is answered nor by how long it takes, and a sign-up leaves an account as it is.
async fn whether_an_address_has_an_account_cannot_be_told(kind: Kind) {
    let store = database::open(kind).await;
    let server = TestServer::start(&store.store, ManualClock::at(BORN), |s| {
        s.accounts.attempts_per_account = 1_000;
    })
    .await;
    let (known, unknown) = (new_email(), new_email());
    let session = signed_up(&server, &known).await;
    let other = "another password";
    let again = json!({ "email": known.to_uppercase(), "password": other });
    let taken = post(&server, "/api/auth/signup", &again).await;
    let fresh = json!({ "email": new_email(), "password": other });
    assert_eq!(taken, post(&server, "/api/auth/signup", &fresh).await);
    let (_, same) = log_in(&server, &known, PASSWORD).await;
    assert_eq!(same["accountId"], session["accountId"]);

    // By the least of several times, taken in turn: what else the machine does only ever adds. Without a
    // hash to compare with, the answer would take a hundredth of it, however often one asks.
    let mut least = [Duration::MAX; 2];
    for round in 1..=40 {
        let mut said = Vec::new();
        for (least, email) in least.iter_mut().zip([&known, &unknown]) {
            let begun = Instant::now();
            said.push(log_in(&server, email, other).await);
            *least = begun.elapsed().min(*least);
        }
        assert_eq!(said[0], said[1]);
        assert_eq!(said[0].0, StatusCode::UNAUTHORIZED);
        let [wrong_password, no_account] = least;
        let alike = no_account < wrong_password * 2 && wrong_password < no_account * 2;
        if round >= 8 && alike {
            return;
        }
    }
    panic!("{least:?}");
}

async fn a_password_is_changed_and_sessions_end(kind: Kind) {
    let (_store, server) = start(kind).await;
    let ada = Customer::new(&server).await;
    let new = "another password";
    let change = async |token: &str, current: &str| {
        let body = json!({ "currentPassword": current, "newPassword": new });
        let request = server.request(Method::POST, "/api/account/password");
        let (status, body) = answer(request.bearer_auth(token).json(&body)).await;
        (status.as_u16(), body["code"].clone())
    };
    let wrong = (401, json!("wrong_login"));
    assert_eq!(change(&ada.access_token, "wrong password").await, wrong);
    let reads = json!({ "name": "reads", "scopes": ["read"] });
    let (key, _) = ada.create_key(&server, &reads).await;
    assert_eq!(change(&key, PASSWORD).await, (403, json!("scope_missing")));
    assert_eq!(change(&ada.access_token, PASSWORD).await.0, 204);
    assert_eq!(change(&ada.key, PASSWORD).await, wrong);
    let body = json!({ "refreshToken": ada.refresh_token });
    assert_eq!(post(&server, "/api/auth/refresh", &body).await.0, 401);
    let request = server.request(Method::GET, "/api/account");
    assert_eq!(answer(request.bearer_auth(&ada.access_token)).await.0, 401);
    assert_eq!(log_in(&server, &ada.email, PASSWORD).await.0, 401);
    assert_eq!(log_in(&server, &ada.email, new).await.0, 200);
    assert_eq!(
        answer(ada.request(&server, Method::GET, "/api/account"))
            .await
            .0,
        200
    );
}

async fn money_that_is_left_is_not_lost_by_mistake(kind: Kind) {
    let (store, server) = start(kind).await;
    let ada = Customer::new(&server).await;
    let grace = Duration::from_secs(2);
    let clock = Arc::new(ManualClock::at(BORN));
    let ledger = Ledger::new(store.store.clone(), clock, grace);
    let paid = top_up("test:top_up", &ada.account, 500);
    ledger.post(paid).await.unwrap();
    let hold = NewHold {
        id: "req_1".into(),
        fresh: true,
        account: ada.account.clone(),
        amount_nano_usd: 100,
        expires_at: BORN + 60,
        context: "{}".into(),
        limits: Vec::new(),
    };
    ledger.hold(hold).await.unwrap();
    let close = async |query: &str| {
        let path = format!("/api/account{query}");
        let (status, body) = answer(ada.request(&server, Method::DELETE, &path)).await;
        (status.as_u16(), body["code"].clone())
    };
    let under_way = (409, json!("work_under_way"));
    assert_eq!(close("?forfeitBalance=true").await, under_way);
    ledger.void("req_1").await.unwrap();
    assert_eq!(close("").await, (409, json!("balance_left")));
    assert_eq!(
        close("?forfeitBalance=false").await,
        (409, json!("balance_left"))
    );
    assert_eq!(
        close("?forfeitBalance=maybe").await,
        (400, json!("invalid_query"))
    );
    assert_eq!(close("?forfeitBalance=true").await.0, 204);
    assert_eq!(close("").await.0, 401);
    assert_eq!(
        ledger.balance(&ada.account).await.unwrap().balance_nano_usd,
        500
    );
}

/// By two replicas together: what one has counted, the other goes by.
async fn attempts_are_counted_by_account_and_by_address(kind: Kind) {
    let store = database::open(kind).await;
    let start = |per_account, per_address| {
        TestServer::start(&store.store, ManualClock::at(BORN), move |s| {
            s.accounts.attempts_per_account = per_account;
            s.accounts.attempts_per_address = per_address;
            s.accounts.client_address_header = Some("x-client".into());
        })
    };
    let replicas = [start(5, 1_000).await, start(5, 1_000).await];
    let (ada, bob) = (new_email(), new_email());
    signed_up(&replicas[0], &ada).await;
    let attempt = async |n: usize, email: &str, address: &str, password: &str| {
        let body = json!({ "email": email, "password": password });
        let request = replicas[n % 2].request(Method::POST, "/api/auth/login");
        let request = request.header("x-client", address).json(&body);
        let response = request.send().await.unwrap();
        let wait = response.headers().get("retry-after").cloned();
        let status = response.status().as_u16();
        (status, wait, response.json::<Value>().await.unwrap())
    };
    for n in 0..4 {
        assert_eq!(attempt(n, &ada, "1.2.3.4", "wrong password").await.0, 401);
    }
    // From wherever, and with the right password too: else it would be worth going on.
    let (status, wait, refusal) = attempt(0, &ada, "4.3.2.1", PASSWORD).await;
    assert_eq!(
        (status, &refusal["code"]),
        (429, &json!("too_many_attempts"))
    );
    let wait: i64 = wait.unwrap().to_str().unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    // One that there is not is no different, and of others nobody is kept.
    for n in 0..5 {
        assert_eq!(
            attempt(n, "nobody@example.com", "1.2.3.4", PASSWORD)
                .await
                .0,
            401
        );
    }
    assert_eq!(
        attempt(5, "nobody@example.com", "1.2.3.4", PASSWORD)
            .await
            .0,
        429
    );
    assert_eq!(attempt(0, &bob, "1.2.3.4", PASSWORD).await.0, 401);

    let narrow = start(1_000, 3).await;
    let from = async |address: &str| {
        let body = json!({ "email": new_email(), "password": PASSWORD });
        let request = narrow.request(Method::POST, "/api/auth/login").json(&body);
        answer(request.header("x-client", address)).await.0.as_u16()
    };
    for _ in 0..3 {
        assert_eq!(from("6.6.6.6, 2001:db8::1").await, 401);
    }
    assert_eq!(from("2001:db8::2").await, 429);
    assert_eq!(from("2001:db8:0:1::2").await, 401);
}

async fn without_secrets_nobody_logs_in(kind: Kind) {
    let store = database::open(kind).await;
    let body = json!({ "email": new_email(), "password": PASSWORD });
    for (token, key) in [("token_secret_path", false), ("key_pepper_path", true)] {
        let server = TestServer::start(&store.store, ManualClock::at(BORN), |s| {
            if key {
                s.accounts.key_pepper_path = None;
            } else {
                s.accounts.token_secret_path = None;
            }
        })
        .await;
        for path in ["/api/auth/signup", "/api/auth/login"] {
            let (status, refusal) = post(&server, path, &body).await;
            assert_eq!(
                (status.as_u16(), &refusal["code"]),
                (503, &json!("not_configured"))
            );
            assert!(refusal.to_string().contains(token), "{refusal}");
        }
    }
}
