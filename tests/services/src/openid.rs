//! A local OpenID provider: discovery, keys, the code flow; and what a bad one does.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use axum::{
    Form, Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::{get, post},
};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use solana_keypair::Keypair;
use solana_signer::Signer as _;
use tokio::net::TcpListener;

/// The client it knows.
pub const CLIENT_ID: &str = "primis-test-client";
/// The client's secret.
pub const CLIENT_SECRET: &str = "test-client-secret-0123456789";
/// What the provider names a person who logs in.
pub const CODE: &str = "test-code-0123456789";

/// What the provider says of somebody, and how it lies.
#[derive(Clone)]
pub struct Says {
    /// Claims that take the place of the right ones.
    pub claims: BTreeMap<&'static str, Value>,
    /// Signs with a key that it has not published.
    pub other_key: bool,
    /// Of the header, in place of the right one.
    pub alg: &'static str,
}

impl Default for Says {
    fn default() -> Self {
        Self {
            claims: BTreeMap::new(),
            other_key: false,
            alg: "EdDSA",
        }
    }
}

struct Inner {
    url: String,
    key: Keypair,
    now: i64,
    /// Challenge and nonce of the login under way.
    login: Mutex<Option<(String, String)>>,
    says: Mutex<Says>,
}

/// The provider, where it is `now` always.
#[derive(Clone)]
pub struct OpenId(Arc<Inner>);

impl OpenId {
    /// With a new key.
    pub async fn start(now: i64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let inner = Arc::new(Inner {
            url,
            key: Keypair::new(),
            now,
            login: Mutex::default(),
            says: Mutex::default(),
        });
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/keys", get(keys))
            .route("/token", post(token))
            .with_state(Arc::clone(&inner));
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self(inner)
    }

    /// Its address, which is its name as an issuer.
    pub fn url(&self) -> &str {
        &self.0.url
    }

    /// What it says from now on.
    pub fn says(&self, says: Says) {
        *self.0.says.lock().unwrap() = says;
    }

    /// Somebody came with this address and logged in: the query that they are sent back with.
    pub fn logged_in(&self, address: &str) -> String {
        let url = url::Url::parse(address).unwrap();
        assert_eq!(url.path(), "/authorize");
        let asked: BTreeMap<String, String> = url.query_pairs().into_owned().collect();
        assert_eq!(asked["response_type"], "code");
        assert_eq!(asked["client_id"], CLIENT_ID);
        assert_eq!(asked["code_challenge_method"], "S256");
        assert!(asked["scope"].split(' ').any(|scope| scope == "openid"));
        assert!(asked["redirect_uri"].ends_with("/callback"));
        let login = (asked["code_challenge"].clone(), asked["nonce"].clone());
        *self.0.login.lock().unwrap() = Some(login);
        format!("code={CODE}&state={}", asked["state"])
    }
}

async fn discovery(State(inner): State<Arc<Inner>>) -> Json<Value> {
    let url = &inner.url;
    Json(json!({
        "issuer": url, "authorization_endpoint": format!("{url}/authorize"),
        "token_endpoint": format!("{url}/token"), "jwks_uri": format!("{url}/keys"),
        "response_types_supported": ["code"], "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256", "EdDSA"],
    }))
}

async fn keys(State(inner): State<Arc<Inner>>) -> Json<Value> {
    let x = URL_SAFE_NO_PAD.encode(inner.key.pubkey());
    let key = json!({ "kty": "OKP", "crv": "Ed25519", "use": "sig", "kid": "one", "x": x });
    Json(json!({ "keys": [key] }))
}

/// The code is taken once, from whom it was given for.
async fn token(
    State(inner): State<Arc<Inner>>,
    headers: HeaderMap,
    Form(asked): Form<BTreeMap<String, String>>,
) -> (StatusCode, Json<Value>) {
    let basic = STANDARD.encode(format!("{CLIENT_ID}:{CLIENT_SECRET}"));
    let by_header = headers
        .get("authorization")
        .is_some_and(|value| value == format!("Basic {basic}").as_str());
    let login = inner.login.lock().unwrap().take();
    let verifier = URL_SAFE_NO_PAD.encode(Sha256::digest(&asked["code_verifier"]));
    let Some((_, nonce)) =
        login.filter(|(challenge, _)| by_header && *challenge == verifier && asked["code"] == CODE)
    else {
        let refusal = json!({ "error": "invalid_grant", "error_description": asked["code"] });
        return (StatusCode::BAD_REQUEST, Json(refusal));
    };
    let says = inner.says.lock().unwrap().clone();
    let mut claims = json!({
        "iss": inner.url, "aud": CLIENT_ID, "sub": "person-1", "nonce": nonce,
        "iat": inner.now, "exp": inner.now + 300,
        "email": "Grace@Example.com", "email_verified": true, "name": "Grace Hopper",
    });
    for (name, value) in says.claims {
        claims[name] = value;
    }
    let header = json!({ "alg": says.alg, "kid": "one", "typ": "JWT" });
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let text = format!("{}.{}", part(&header), part(&claims));
    let other = Keypair::new();
    let key = if says.other_key { &other } else { &inner.key };
    let signature = key.sign_message(text.as_bytes());
    let signature = if says.alg == "none" {
        String::new()
    } else {
        URL_SAFE_NO_PAD.encode(signature)
    };
    let answer = json!({
        "access_token": "test-provider-access-token", "token_type": "Bearer",
        "expires_in": 300, "id_token": format!("{text}.{signature}"),
    });
    (StatusCode::OK, Json(answer))
}
