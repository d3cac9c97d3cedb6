//! Where a customer is told: a server that checks signatures with the library, and misbehaves when asked to.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, header::LOCATION},
    response::{IntoResponse, Response},
    routing::post,
};
use serde_json::Value;
use standardwebhooks::Webhook;
use tokio::net::TcpListener;

/// What it does with the next delivery.
#[derive(Clone, Debug)]
pub enum Answer {
    /// This status; it has taken the delivery whatever it says.
    Status(u16),
    /// An answer that comes too late.
    Slow,
    /// Says to go somewhere else.
    Redirect(String),
    /// Hangs up.
    Drop,
}

/// A delivery as it came.
#[derive(Clone, Debug)]
pub struct Delivered {
    pub id: String,
    pub timestamp: i64,
    pub signatures: String,
    pub body: String,
    pub headers: HeaderMap,
}

impl Delivered {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// Whether it is signed by a secret, as the library signs: the clock of the tests is not this machine's,
    /// so the library's own check of the time cannot be asked.
    pub fn is_signed_by(&self, secret: &str) -> bool {
        let signed = Webhook::new(secret)
            .unwrap()
            .sign(&self.id, self.timestamp, self.body.as_bytes())
            .unwrap();
        self.signatures.split(' ').any(|one| one == signed)
    }

    /// The library's whole check.
    pub fn verify(&self, secret: &str) {
        Webhook::new(secret)
            .unwrap()
            .verify(self.body.as_bytes(), &self.headers)
            .unwrap();
    }
}

#[derive(Default)]
struct Inner {
    answers: VecDeque<Answer>,
    delivered: Vec<Delivered>,
}

/// The server.
#[derive(Clone)]
pub struct Receiver {
    pub url: String,
    inner: Arc<Mutex<Inner>>,
}

impl Receiver {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let receiver = Self {
            url: format!("http://{}/hook", listener.local_addr().unwrap()),
            inner: Arc::default(),
        };
        let router = Router::new()
            .route("/hook", post(take))
            .with_state(receiver.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        receiver
    }

    /// What it does with the next deliveries; with those after them all is well.
    pub fn answers(&self, answers: impl IntoIterator<Item = Answer>) {
        self.inner.lock().unwrap().answers.extend(answers);
    }

    /// Everything that came, in order.
    pub fn delivered(&self) -> Vec<Delivered> {
        self.inner.lock().unwrap().delivered.clone()
    }
}

async fn take(State(receiver): State<Receiver>, headers: HeaderMap, body: Bytes) -> Response {
    let text = |name: &str| headers[name].to_str().unwrap().to_owned();
    let delivered = Delivered {
        id: text("webhook-id"),
        timestamp: text("webhook-timestamp").parse().unwrap(),
        signatures: text("webhook-signature"),
        body: String::from_utf8(body.to_vec()).unwrap(),
        headers,
    };
    let answer = {
        let mut inner = receiver.inner.lock().unwrap();
        inner.delivered.push(delivered);
        inner.answers.pop_front()
    };
    match answer {
        None => StatusCode::NO_CONTENT.into_response(),
        Some(Answer::Status(status)) => StatusCode::from_u16(status).unwrap().into_response(),
        Some(Answer::Slow) => {
            tokio::time::sleep(Duration::from_secs(60)).await;
            StatusCode::OK.into_response()
        }
        Some(Answer::Redirect(to)) => (StatusCode::FOUND, [(LOCATION, to)]).into_response(),
        // The connection's task ends, and with it the connection.
        Some(Answer::Drop) => std::panic::resume_unwind(Box::new(())),
    }
}
