//! Sign-In With Solana.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use futures_util::future::join_all;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use solana_keypair::Keypair;
use solana_signer::Signer as _;

use crate::support::{
    database::{self, Kind, TestStore, on_both_databases},
    platform::{answer, post},
    server::{ManualClock, TestServer},
    vault::BORN,
};

on_both_databases!(
    a_wallet_signs_in_and_is_known_again,
    a_signature_is_taken_once_on_two_replicas,
    what_a_wallet_has_not_signed_for_this_site,
    the_site_is_not_what_a_request_says,
);

async fn start(kind: Kind) -> (TestStore, TestServer, ManualClock) {
    let store = database::open(kind).await;
    let clock = ManualClock::at(BORN);
    let server = TestServer::start(&store.store, clock.clone(), |_| {}).await;
    (store, server, clock)
}

async fn challenge(server: &TestServer, wallet: &Keypair) -> Value {
    let body = json!({ "address": wallet.pubkey().to_string() });
    let (status, challenge) = post(server, "/api/auth/siws/challenge", &body).await;
    assert_eq!(status, StatusCode::OK, "{challenge}");
    challenge
}

fn signed(wallet: &Keypair, message: &str) -> Value {
    let signature = wallet.sign_message(message.as_bytes());
    json!({ "message": message, "signature": signature.to_string(), "transport": "body" })
}

async fn verify(server: &TestServer, body: &Value) -> (u16, Value) {
    let (status, body) = post(server, "/api/auth/siws/verify", body).await;
    (status.as_u16(), body)
}

async fn a_wallet_signs_in_and_is_known_again(kind: Kind) {
    let (_store, server, _) = start(kind).await;
    let wallet = Keypair::new();
    let asked = challenge(&server, &wallet).await;
    let message = asked["message"].as_str().unwrap();
    let host = server.base.strip_prefix("http://").unwrap();
    let input = &asked["input"];
    // As a wallet makes the text of the input.
    let made = format!(
        "{host} wants you to sign in with your Solana account:\n{}\n\n{}\n\nURI: {}\nVersion: 1\n\
         Nonce: {}\nIssued At: 2023-11-14T22:13:20Z\nExpiration Time: 2023-11-14T22:18:20Z",
        wallet.pubkey(),
        input["statement"].as_str().unwrap(),
        server.base,
        input["nonce"].as_str().unwrap(),
    );
    assert_eq!(message, made);
    let (status, session) = verify(&server, &signed(&wallet, message)).await;
    assert_eq!(status, 200, "{session}");
    let token = session["accessToken"].as_str().unwrap();
    let request = server
        .request(Method::GET, "/api/account")
        .bearer_auth(token);
    let (_, shown) = answer(request).await;
    assert_eq!(
        (&shown["id"], &shown["email"]),
        (&session["accountId"], &Value::Null)
    );

    // The same wallet again, by base64; another wallet is another account.
    let asked = challenge(&server, &wallet).await;
    let mut body = signed(&wallet, asked["message"].as_str().unwrap());
    let signature = wallet.sign_message(asked["message"].as_str().unwrap().as_bytes());
    body["signature"] = json!(STANDARD.encode(signature));
    let (status, again) = verify(&server, &body).await;
    assert_eq!((status, &again["accountId"]), (200, &session["accountId"]));
    let other = Keypair::new();
    let asked = challenge(&server, &other).await;
    let (_, others) = verify(&server, &signed(&other, asked["message"].as_str().unwrap())).await;
    assert_ne!(others["accountId"], session["accountId"]);
}

async fn a_signature_is_taken_once_on_two_replicas(kind: Kind) {
    let store = database::open(kind).await;
    let start = || {
        TestServer::start(&store.store, ManualClock::at(BORN), |s| {
            s.http.public_url = Some("https://primis.example".into());
        })
    };
    let replicas = [start().await, start().await];
    let wallet = Keypair::new();
    let asked = challenge(&replicas[0], &wallet).await;
    let body = signed(&wallet, asked["message"].as_str().unwrap());
    let all = (0..8).map(|n| verify(&replicas[n % 2], &body));
    let answers = join_all(all).await;
    assert_eq!(
        answers.iter().filter(|(status, _)| *status == 200).count(),
        1
    );
    let over = answers
        .iter()
        .filter(|(_, body)| body["code"] == "challenge_over");
    assert_eq!(over.count(), 7);
}

async fn what_a_wallet_has_not_signed_for_this_site(kind: Kind) {
    let (_store, server, clock) = start(kind).await;
    let (wallet, other) = (Keypair::new(), Keypair::new());
    let asked = challenge(&server, &wallet).await;
    let message = asked["message"].as_str().unwrap();
    let host = server.base.strip_prefix("http://").unwrap();
    let address = |wallet: &Keypair| wallet.pubkey().to_string();
    let refused = async |body: Value, code: &str| {
        let (status, refusal) = verify(&server, &body).await;
        assert_eq!((status, &refusal["code"]), (401, &json!(code)), "{body}");
    };
    // Texts that are signed, and not ours.
    for text in [
        message.replace(host, "evil.example"),
        message.replace(&address(&wallet), &address(&other)),
        message.replace("2023-11-14T22:13:20Z", "2023-11-14T22:14:20Z"),
        message.replace("22:18:20Z", "23:18:20Z"),
        message.replace("costs nothing", "costs something"),
        format!("{message}\nRequest ID: 1"),
        message.replace("Nonce: ", "Nonce: x"),
        "sign in".to_owned(),
        String::new(),
    ] {
        let signer = if text.contains(&address(&other)) {
            &other
        } else {
            &wallet
        };
        refused(signed(signer, &text), "wrong_challenge").await;
    }
    // Ours, and not signed.
    refused(signed(&other, message), "wrong_signature").await;
    for signature in ["", "x", &"1".repeat(64), &STANDARD.encode([0; 64])] {
        let body = json!({ "message": message, "signature": signature });
        refused(body, "wrong_signature").await;
    }
    clock.set(BORN + 300);
    refused(signed(&wallet, message), "challenge_over").await;
    clock.set(BORN + 299);
    assert_eq!(verify(&server, &signed(&wallet, message)).await.0, 200);
    refused(signed(&wallet, message), "challenge_over").await;
}

/// Else another site could have a wallet sign for it, and use that here.
async fn the_site_is_not_what_a_request_says(kind: Kind) {
    let (_store, server, _) = start(kind).await;
    let wallet = Keypair::new();
    let request = server
        .request(Method::POST, "/api/auth/siws/challenge")
        .header("host", "evil.example")
        .json(&json!({ "address": wallet.pubkey().to_string() }));
    let (status, refusal) = answer(request).await;
    assert_eq!(
        (status.as_u16(), &refusal["code"]),
        (503, &json!("not_configured"))
    );
}
