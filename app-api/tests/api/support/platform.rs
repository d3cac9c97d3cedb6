//! Customers of the platform, as they come: by sign-up, login and a key.

use std::sync::atomic::{AtomicU32, Ordering};

use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};

use super::server::TestServer;

pub const PASSWORD: &str = "correct horse battery";

/// Somebody with an account, who is logged in and has a key with all scopes.
#[derive(Clone)]
pub struct Customer {
    pub account: String,
    pub email: String,
    pub access_token: String,
    pub refresh_token: String,
    pub key: String,
    pub key_id: String,
}

impl Customer {
    pub async fn new(server: &TestServer) -> Self {
        let email = new_email();
        let session = signed_up(server, &email).await;
        let text = |name: &str| session[name].as_str().unwrap().to_owned();
        let mut customer = Self {
            account: text("accountId"),
            access_token: text("accessToken"),
            refresh_token: text("refreshToken"),
            email,
            key: String::new(),
            key_id: String::new(),
        };
        let all = json!({ "name": "all", "scopes": ["read", "write", "admin"] });
        (customer.key, customer.key_id) = customer.create_key(server, &all).await;
        customer
    }

    /// A request with the key.
    pub fn request(&self, server: &TestServer, method: Method, path: &str) -> RequestBuilder {
        server.request(method, path).bearer_auth(&self.key)
    }

    /// Another key, and its id.
    pub async fn create_key(&self, server: &TestServer, key: &Value) -> (String, String) {
        let request = server
            .request(Method::POST, "/api/keys")
            .bearer_auth(&self.access_token);
        let (status, body) = answer(request.json(key)).await;
        assert_eq!(status, StatusCode::CREATED, "{body}");
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        (text(&body["secret"]), text(&body["key"]["id"]))
    }
}

/// An address that no other test has.
pub fn new_email() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("ada{}@example.com", NEXT.fetch_add(1, Ordering::Relaxed))
}

/// Signs up and logs in.
pub async fn signed_up(server: &TestServer, email: &str) -> Value {
    let body = json!({ "email": email, "password": PASSWORD });
    let (status, answer) = post(server, "/api/auth/signup", &body).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{answer}");
    let (status, session) = log_in(server, email, PASSWORD).await;
    assert_eq!(status, StatusCode::OK, "{session}");
    session
}

pub async fn log_in(server: &TestServer, email: &str, password: &str) -> (StatusCode, Value) {
    let body = json!({ "email": email, "password": password, "transport": "body" });
    post(server, "/api/auth/login", &body).await
}

pub async fn post(server: &TestServer, path: &str, body: &Value) -> (StatusCode, Value) {
    answer(server.request(Method::POST, path).json(body)).await
}

/// Status and body; what is not JSON as text.
pub async fn answer(request: RequestBuilder) -> (StatusCode, Value) {
    let response = request.send().await.unwrap();
    let status = response.status();
    let text = response.text().await.unwrap();
    let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
    (status, body)
}
