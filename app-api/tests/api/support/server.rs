//! The server, started as main does it, and a client that signs.

use std::{
    io::Write as _,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use hmac::{Hmac, Mac as _};
use primis_app_api::{
    App, clock::Clock, config::Settings, indexer::Indexer, platform::payments::Billing, server,
    store::Store,
};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::Value;
use sha2::Sha256;
use tempfile::TempDir;
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;

pub const KEY: &str = "test-usage-key-0123456789";
pub const SECRET: &str = "test-revenue-secret";
pub const ADMIN_KEY: &str = "test-admin-key-0123456789";
pub const TOKEN_SECRET: &str = "test-token-secret-0123456789abcdef";
pub const KEY_PEPPER: &str = "test-key-pepper-0123456789abcdefgh";

/// A clock the test moves.
#[derive(Clone, Debug)]
pub struct ManualClock(Arc<AtomicI64>);

impl ManualClock {
    pub fn at(unix: i64) -> Self {
        Self(Arc::new(AtomicI64::new(unix)))
    }

    pub fn set(&self, unix: i64) {
        self.0.store(unix, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now_unix(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }
}

pub struct TestServer {
    pub base: String,
    pub client: reqwest::Client,
    pub billing: Arc<Billing>,
    stop: CancellationToken,
    served: Option<JoinHandle<std::io::Result<()>>>,
    indexer: Option<JoinHandle<()>>,
    _dir: TempDir,
}

/// Settings with keys, secrets and prices in `dir`.
pub fn settings(dir: &Path) -> Settings {
    let file = |name: &str, text: &str| {
        let path = dir.join(name);
        std::fs::File::create(&path)
            .unwrap()
            .write_all(text.as_bytes())
            .unwrap();
        Some(path.display().to_string())
    };
    let mut settings = Settings::default();
    // As often as the configuration allows: tests wait for it.
    settings.indexer.poll_milliseconds = 50;
    settings.platform.usage_key_path = file("keys", &format!("# keys\n{KEY}\n"));
    settings.platform.revenue_secret_path = file("secret", &format!("{SECRET}\n"));
    settings.platform.admin_key_path = file("admin", &format!("{ADMIN_KEY}\n"));
    settings.accounts.token_secret_path = file("token-secrets", &format!("{TOKEN_SECRET}\n"));
    settings.accounts.key_pepper_path = file("key-pepper", &format!("{KEY_PEPPER}\n"));
    // All tests come from one address.
    settings.accounts.attempts_per_address = 1_000_000;
    settings.platform.prices_path =
        Some(concat!(env!("CARGO_MANIFEST_DIR"), "/prices.sample.toml").into());
    settings
}

impl TestServer {
    /// Serves `store` with the settings as `change` leaves them; follows the vault, if they name one.
    pub async fn start(
        store: &Store,
        clock: impl Clock + 'static,
        change: impl FnOnce(&mut Settings),
    ) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut settings = settings(dir.path());
        change(&mut settings);
        let clock = Arc::new(clock);
        let app = Arc::new(App::new(&settings, store.clone(), clock.clone()).unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let stop = CancellationToken::new();
        let indexer = Indexer::new(&settings, store.clone(), clock, app.lag()).unwrap();
        let indexer = indexer.map(|indexer| indexer.with_prices(app.price()));
        let indexer = indexer.map(|indexer| tokio::spawn(indexer.run(stop.clone())));
        let billing = app.billing();
        let served = Some(tokio::spawn(server::run(app, listener, stop.clone())));
        let client = reqwest::Client::builder()
            .no_proxy()
            .tls_certs_only([])
            .build()
            .unwrap();
        Self {
            base,
            client,
            billing,
            stop,
            served,
            indexer,
            _dir: dir,
        }
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.base))
    }

    /// Status and JSON of a GET.
    pub async fn get(&self, path: &str) -> (StatusCode, Value) {
        let response = self.request(Method::GET, path).send().await.unwrap();
        let status = response.status();
        let text = response.text().await.unwrap();
        (
            status,
            serde_json::from_str(&text).unwrap_or(Value::String(text)),
        )
    }

    /// JSON of a GET that must succeed.
    pub async fn get_ok(&self, path: &str) -> Value {
        let (status, body) = self.get(path).await;
        assert_eq!(status, StatusCode::OK, "{path}: {body}");
        body
    }

    /// Posts usage with the key.
    pub async fn post_usage(&self, body: &Value) -> (StatusCode, Value) {
        let request = self
            .request(Method::POST, "/v1/usage/events")
            .bearer_auth(KEY)
            .json(body);
        let response = request.send().await.unwrap();
        (response.status(), response.json().await.unwrap())
    }

    /// Asks for revenue, signed at `timestamp`, and checks the signature of a good answer.
    pub async fn revenue(&self, from: i64, to: i64, timestamp: i64) -> (StatusCode, Value) {
        let path = format!("/internal/revenue?from={from}&to={to}");
        let request = self
            .request(Method::GET, &path)
            .header("x-primis-timestamp", timestamp)
            .header(
                "x-primis-signature",
                sign(&format!("{timestamp}.GET.{path}")),
            );
        let response = request.send().await.unwrap();
        let status = response.status();
        let signature = response
            .headers()
            .get("x-primis-signature")
            .map(|v| v.to_str().unwrap().to_owned());
        let body = response.text().await.unwrap();
        if status == StatusCode::OK {
            assert_eq!(
                signature.unwrap(),
                sign(&format!("{timestamp}.{path}.{body}"))
            );
        }
        (status, serde_json::from_str(&body).unwrap())
    }

    /// Stops as a signal would, and waits for the end.
    pub async fn stop(mut self) {
        self.stop.cancel();
        self.served.take().unwrap().await.unwrap().unwrap();
        if let Some(indexer) = self.indexer.take() {
            indexer.await.unwrap();
        }
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// Is led nowhere.
pub fn without_redirects() -> reqwest::Client {
    reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only([])
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap()
}

pub fn sign(message: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(message.as_bytes());
    format!("v1={}", hex::encode(mac.finalize().into_bytes()))
}

/// A usage event as it is posted.
pub fn event(id: &str, sku: &str, quantity: u64) -> Value {
    serde_json::json!({
        "event_id": id, "customer": "acme", "sku": sku, "quantity": quantity,
        "occurred_at": "2026-11-20T12:00:00Z",
    })
}
