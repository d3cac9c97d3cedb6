//! A model API on this machine that speaks OpenRouter's wire format, and fails in every way it can be told
//! to: how, the model's name says (`test/stalls`). It writes down what it was asked and what it bills. A name
//! that ends in `/writes` fails in no way: it is a model that writes text, counts its tokens and takes its time.

mod answers;
mod writer;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Json, Router,
    extract::{Query, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::Semaphore};

/// The key that it takes.
pub const KEY: &str = "sk-upstream-secret-0123456789";
/// How long the gateway of the tests waits for a first byte, or the next.
/// A busy machine takes its time for the longest of answers.
pub const PATIENCE: Duration = Duration::from_millis(1_500);

/// What it did.
#[derive(Default)]
pub struct Log {
    /// Bodies of requests, with the number of the upstream they came to.
    pub asked: Vec<(String, Value)>,
    /// Who asked for an answer, as `user` says, by its name.
    pub given: BTreeMap<String, Value>,
    /// What it bills, by the name of the answer.
    pub billed: BTreeMap<String, Value>,
    /// Looked up names.
    pub looked_up: Vec<String>,
    /// What was written by models that do, or read by their kin that make vectors, in this order.
    pub written: Vec<Written>,
    next: u64,
}

/// What an answer of a model that writes used.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Written {
    /// The model, as it was asked for.
    pub model: String,
    /// Tokens of the prompt.
    pub prompt_tokens: u64,
    /// Tokens of the answer.
    pub completion_tokens: u64,
}

/// The server.
#[derive(Clone)]
pub struct Upstream {
    /// Its base address, as a gateway is told it.
    pub base_url: String,
    /// What it did.
    pub log: Arc<Mutex<Log>>,
    /// Pieces that `test/gated` may send.
    pub gate: Arc<Semaphore>,
    key: Arc<str>,
}

impl Upstream {
    /// Listens on a free port.
    pub async fn start() -> Self {
        Self::with_key(KEY).await
    }

    /// The same with a key of its own.
    pub async fn with_key(key: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let upstream = Self {
            base_url: format!("http://{}/api/v1", listener.local_addr().unwrap()),
            log: Arc::default(),
            gate: Arc::new(Semaphore::new(0)),
            key: key.into(),
        };
        let router = Router::new()
            .route("/api/v1/chat/completions", post(chat))
            .route("/api/v1/embeddings", post(embeddings))
            .route("/api/v1/generation", get(generation))
            .layer(axum::extract::DefaultBodyLimit::disable())
            .with_state(upstream.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        upstream
    }

    /// Bodies it was asked with.
    pub fn asked(&self) -> Vec<Value> {
        let log = self.log.lock().unwrap();
        log.asked.iter().map(|(_, body)| body.clone()).collect()
    }

    /// Names of the answers it bills.
    pub fn billed(&self) -> Vec<String> {
        self.log.lock().unwrap().billed.keys().cloned().collect()
    }

    fn allows(&self, headers: &HeaderMap) -> bool {
        headers
            .get("authorization")
            .is_some_and(|value| value.to_str().unwrap() == format!("Bearer {}", self.key))
    }

    fn new_answer(&self, body: &Value) -> String {
        let mut log = self.log.lock().unwrap();
        log.next += 1;
        let id = format!("gen-{}-{}", self.base_url.len(), log.next);
        log.given.insert(id.clone(), body["user"].clone());
        id
    }

    fn bill(&self, id: &str, usage: Value) {
        let mut log = self.log.lock().unwrap();
        assert!(log.billed.insert(id.to_owned(), usage).is_none());
    }
}

/// A server that takes a request and hangs up.
pub async fn hanging_up() -> String {
    use tokio::io::AsyncReadExt as _;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/api/v1", listener.local_addr().unwrap());
    tokio::spawn(async move {
        loop {
            let (mut connection, _) = listener.accept().await.unwrap();
            let mut request = [0; 64 * 1024];
            let _ = connection.read(&mut request).await;
        }
    });
    url
}

/// An address where nobody listens.
pub async fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    format!("http://{}/api/v1", listener.local_addr().unwrap())
}

fn refusal(status: u16, message: &str) -> Response {
    let body = json!({"error": {"code": status, "message": message, "metadata": {}}});
    (StatusCode::from_u16(status).unwrap(), Json(body)).into_response()
}

async fn chat(
    State(upstream): State<Upstream>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    if !upstream.allows(&headers) {
        return refusal(401, "no auth credentials found");
    }
    let model = body["model"].as_str().unwrap().to_owned();
    let mode = model.rsplit_once('/').unwrap().1.to_owned();
    if mode == writer::MODE {
        return writer::chat(upstream, &body);
    }
    upstream
        .log
        .lock()
        .unwrap()
        .asked
        .push((model, body.clone()));
    if let Some(status) = mode.strip_prefix("status-") {
        let status: u16 = status.parse().unwrap();
        return refusal(status, &format!("told with {status}, key {KEY}"));
    }
    answers::chat(upstream, &mode, body).await
}

async fn embeddings(
    State(upstream): State<Upstream>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    if !upstream.allows(&headers) {
        return refusal(401, "no auth credentials found");
    }
    if body["model"]
        .as_str()
        .is_some_and(|model| model.ends_with(writer::ENDING))
    {
        return writer::vectors(&upstream, &body);
    }
    let texts = match &body["input"] {
        Value::Array(texts) => texts.len(),
        _ => 1,
    };
    let id = upstream.new_answer(&body);
    let usage = json!({"prompt_tokens": 5 * texts, "total_tokens": 5 * texts});
    upstream.bill(&id, usage.clone());
    let model = body["model"].clone();
    upstream
        .log
        .lock()
        .unwrap()
        .asked
        .push((model.to_string(), body.clone()));
    let vector = if body["encoding_format"] == "base64" {
        // Two floats.
        json!("AACAPwAAAEA=")
    } else {
        json!([1.0, 2.0])
    };
    let data: Vec<Value> = (0..texts)
        .map(|index| json!({"object": "embedding", "index": index, "embedding": vector}))
        .collect();
    Json(json!({"object": "list", "data": data, "model": model, "usage": usage})).into_response()
}

async fn generation(
    State(upstream): State<Upstream>,
    headers: HeaderMap,
    Query(query): Query<BTreeMap<String, String>>,
) -> Response {
    if !upstream.allows(&headers) {
        return refusal(401, "no auth credentials found");
    }
    let id = &query["id"];
    let mut log = upstream.log.lock().unwrap();
    log.looked_up.push(id.clone());
    // As the real one, it does not know an answer at once.
    let first = log.looked_up.iter().filter(|other| *other == id).count() == 1;
    match log.billed.get(id) {
        Some(usage) if !first => Json(json!({"data": {
            "id": id,
            "tokens_prompt": 1, "tokens_completion": 1,
            "native_tokens_prompt": usage["prompt_tokens"],
            "native_tokens_completion": usage["completion_tokens"],
            "total_cost": 0.001,
        }}))
        .into_response(),
        _ => refusal(404, "generation not found"),
    }
}
