//! Secrets that were used and misused are nowhere: not in the log, not in a refusal, not in the database.

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use solana_keypair::Keypair;
use solana_signer::Signer as _;

use crate::support::{
    database::{self, Kind, on_both_databases},
    logs::logged,
    openid::{CLIENT_SECRET, CODE, OpenId},
    platform::{new_email, post},
    server::{ADMIN_KEY, KEY_PEPPER, ManualClock, TOKEN_SECRET, TestServer},
    services::provider,
    vault::BORN,
};

on_both_databases!(no_secret_is_written_down);

const HERS: &str = "her-own-password-5512";
const GUESSED: &str = "a-guessed-password-7781";

/// What was asked, and what may not be found.
#[derive(Default)]
struct Seen {
    secrets: Vec<String>,
    refusals: String,
    refused: usize,
}

impl Seen {
    /// Sends a request; a refusal is kept to be looked through.
    async fn send(&mut self, request: RequestBuilder) -> Value {
        let response = request.send().await.unwrap();
        let status = response.status();
        let headers = format!("{:?}", response.headers());
        let text = response.text().await.unwrap();
        if status.is_client_error() || status.is_server_error() {
            self.refused += 1;
            self.refusals.push_str(&headers);
            self.refusals.push_str(&text);
        }
        serde_json::from_str(&text).unwrap_or_default()
    }

    fn secret(&mut self, secret: &Value) -> String {
        let secret = secret.as_str().unwrap().to_owned();
        // The first characters of a key may be seen; of a token, its signature is the secret.
        let part = match secret.rsplit_once('.') {
            Some((_, signature)) => signature,
            None => secret.get(12..).unwrap(),
        };
        self.secrets.push(part.to_owned());
        secret
    }
}

async fn no_secret_is_written_down(kind: Kind) {
    let ((seen, dump), log) = logged(move || used(kind)).await;
    assert!(seen.refused > 40, "{}", seen.refused);
    assert!(log.contains("TRACE") && log.contains("somebody signed up"));
    assert!(
        dump.contains("$argon2id$") && dump.contains("prmis_"),
        "{dump}"
    );
    for secret in &seen.secrets {
        assert!(secret.len() >= 10, "{secret}");
        for (place, text) in [
            ("log", &log),
            ("refusals", &seen.refusals),
            ("database", &dump),
        ] {
            let at = text.find(secret.as_str());
            let around = at.map(|at| text.get(at.saturating_sub(200)..at + 60));
            assert!(at.is_none(), "{secret} is in the {place}: {around:?}");
        }
    }
}

async fn used(kind: Kind) -> (Seen, String) {
    let mut seen = Seen::default();
    for secret in [
        HERS,
        GUESSED,
        KEY_PEPPER,
        TOKEN_SECRET,
        ADMIN_KEY,
        CLIENT_SECRET,
        CODE,
    ] {
        seen.secrets.push(secret.to_owned());
    }
    seen.secrets.push("test-provider-access-token".to_owned());
    let store = database::open(kind).await;
    let openid = OpenId::start(BORN).await;
    let mut server = TestServer::start(&store.store, ManualClock::at(BORN), |s| {
        s.accounts.providers = vec![provider(&openid, s)];
    })
    .await;
    server.client = reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only([])
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    let server = &server;
    let ask = |path: &str, body: &Value| server.request(Method::POST, path).json(body);
    let (login, signup, refresh) = ("/api/auth/login", "/api/auth/signup", "/api/auth/refresh");

    let email = new_email();
    let hers = json!({ "email": email, "password": HERS, "transport": "body" });
    seen.send(ask(signup, &json!({ "email": email, "password": HERS })))
        .await;
    let session = seen.send(ask(login, &hers)).await;
    let token = seen.secret(&session["accessToken"]);
    let first = seen.secret(&session["refreshToken"]);
    let new = json!({ "name": "k", "scopes": ["read"] });
    let created = seen.send(ask("/api/keys", &new).bearer_auth(&token)).await;
    let key = seen.secret(&created["secret"]);
    let account = || server.request(Method::GET, "/api/account");
    for _ in 0..3 {
        seen.send(account().bearer_auth(&key)).await;
        seen.send(account().header("x-api-key", &key)).await;
        seen.send(account().bearer_auth(&token)).await;
    }

    // A secret in the wrong place, or in a body that is none.
    for path in [
        signup,
        login,
        refresh,
        "/api/auth/logout",
        "/api/auth/siws/verify",
    ] {
        for body in [
            json!({ "email": email, "password": GUESSED }),
            json!({ "email": HERS, "password": HERS }),
            json!({ "email": email, "password": [HERS] }),
            json!({ "email": email, "password": HERS, "transport": HERS }),
            json!({ "email": email, "password": HERS, HERS: HERS }),
            json!({ "refreshToken": token }),
            json!({ "refreshToken": [first] }),
            json!([HERS, first, key]),
            json!({ "message": HERS, "signature": key }),
            json!(HERS),
        ] {
            seen.send(ask(path, &body)).await;
        }
        let half = format!("{{\"password\":\"{HERS}\",\"refreshToken\":\"{first}\" {key}");
        let request = server.request(Method::POST, path).body(half);
        seen.send(request.header("content-type", "application/json"))
            .await;
    }
    let tampered = format!("{}x", token);
    let cut = key.get(..key.len() - 1).unwrap();
    for request in [
        account().bearer_auth(&tampered),
        account().bearer_auth(cut),
        account().bearer_auth(&first),
        account().bearer_auth(HERS),
        account().basic_auth(&email, Some(HERS)),
        account().header("authorization", &key),
        account().header("x-api-key", &token),
        account().header("cookie", format!("primis_refresh={key}")),
        ask("/api/keys", &json!({ "name": key, "scopes": [HERS] })).bearer_auth(&token),
        ask("/api/keys", &json!({ "name": "more" })).bearer_auth(&key),
        server
            .request(Method::DELETE, "/api/account")
            .bearer_auth(&key),
    ] {
        seen.send(request).await;
    }
    let second = seen
        .send(ask(refresh, &json!({ "refreshToken": first })))
        .await;
    seen.secret(&second["accessToken"]);
    let second = seen.secret(&second["refreshToken"]);
    // Used again, which is told to the log.
    seen.send(ask(refresh, &json!({ "refreshToken": first })))
        .await;
    seen.send(ask(refresh, &json!({ "refreshToken": second })))
        .await;

    by_others(server, &openid, &mut seen).await;
    let dump = store.dump().await;
    // What the log says when the database is gone.
    store.lose().await;
    seen.send(ask(login, &hers)).await;
    seen.send(ask(
        signup,
        &json!({ "email": new_email(), "password": HERS }),
    ))
    .await;
    seen.send(ask(refresh, &json!({ "refreshToken": second })))
        .await;
    seen.send(account().bearer_auth(format!("{key}x"))).await;
    (seen, dump)
}

/// By a provider, and by a wallet.
async fn by_others(server: &TestServer, provider: &OpenId, seen: &mut Seen) {
    for query_of in [
        |query: String| query,
        |query: String| query.replace(CODE, &format!("{CODE}x")),
        |query: String| query.replace("state=", "state=x"),
    ] {
        let request = server.request(Method::GET, "/api/auth/oauth/local");
        let response = request.send().await.unwrap();
        let cookie = response.headers()["set-cookie"]
            .to_str()
            .unwrap()
            .to_owned();
        let cookie = cookie.split(';').next().unwrap();
        let random = cookie.rsplit_once('.').unwrap().1;
        seen.secrets.push(random.to_owned());
        let location = response.headers()["location"].to_str().unwrap();
        let query = query_of(provider.logged_in(location));
        let path = format!("/api/auth/oauth/local/callback?{query}");
        let request = server.request(Method::GET, &path).header("cookie", cookie);
        let response = request.send().await.unwrap();
        if response.status() == 303 {
            let set = response.headers()["set-cookie"].to_str().unwrap();
            let token = set.split(['=', ';']).nth(1).unwrap();
            seen.secret(&json!(token));
        } else {
            seen.refused += 1;
            seen.refusals.push_str(&response.text().await.unwrap());
        }
    }
    let wallet = Keypair::new();
    let body = json!({ "address": wallet.pubkey().to_string() });
    let (_, asked) = post(server, "/api/auth/siws/challenge", &body).await;
    let message = asked["message"].as_str().unwrap();
    let signature = wallet.sign_message(message.as_bytes()).to_string();
    let signed = json!({ "message": message, "signature": signature, "transport": "body" });
    seen.secrets.push(signature);
    let verify = || server.request(Method::POST, "/api/auth/siws/verify");
    let session = seen.send(verify().json(&signed)).await;
    seen.secret(&session["accessToken"]);
    seen.secret(&session["refreshToken"]);
    seen.send(verify().json(&signed)).await;
}
