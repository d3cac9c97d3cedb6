//! Messages against a receiver on a port of its own: one that checks signatures, and ones that
//! fail, refuse, or are not there.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on ends here"
)]

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::Bytes,
    extract::State as Shared,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use hmac::{Hmac, Mac};
use primis_keeper::{
    config::WebhookFormat,
    ops::alerts::{Kind, Notice, Retry, State, Webhook},
};
use sha2::Sha256;
use tokio::sync::mpsc;

const SECRET: &str = "shared with the receiver";
const FAST: Retry = Retry {
    tries: 4,
    first_pause: Duration::from_millis(10),
    longest_pause: Duration::from_millis(20),
};

/// What came, and how the next ones are answered; the last answer counts for all that follow.
struct Receiver {
    answers: Vec<u16>,
    came: Mutex<Vec<(HeaderMap, Bytes)>>,
}

impl Receiver {
    fn bodies(&self) -> Vec<serde_json::Value> {
        let came = self.came.lock().unwrap_or_else(PoisonError::into_inner);
        let bodies = came.iter().map(|(_, body)| serde_json::from_slice(body));
        bodies.map(|body| body.expect("not JSON")).collect()
    }
}

async fn receive(
    Shared(receiver): Shared<Arc<Receiver>>,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    let mut came = receiver.came.lock().unwrap_or_else(PoisonError::into_inner);
    let number = came.len().min(receiver.answers.len() - 1);
    came.push((headers, body));
    StatusCode::from_u16(receiver.answers[number]).expect("no status")
}

/// A receiver that answers so, and its address.
async fn receiver(answers: &[u16]) -> (Arc<Receiver>, String) {
    let receiver = Arc::new(Receiver {
        answers: answers.to_vec(),
        came: Mutex::default(),
    });
    let app = Router::new()
        .route("/hook/token", post(receive))
        .with_state(Arc::clone(&receiver));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("no port is free");
    let address = listener.local_addr().expect("no address");
    tokio::spawn(async move { axum::serve(listener, app).await });
    (receiver, format!("http://{address}/hook/token"))
}

fn webhook(url: &str, secret: Option<&str>, format: WebhookFormat) -> Webhook {
    Webhook::new(url, secret.map(str::to_owned), format, FAST).expect("no webhook")
}

fn notice(kind: Kind) -> Notice {
    Notice {
        kind,
        state: State::Firing,
        summary: "send SOL to it".into(),
        vault: primis_vault_interface::vault_address(1),
        keeper: primis_vault_interface::vault_address(2),
        at_unix_seconds: 1_700_000_000,
    }
}

#[tokio::test]
async fn a_message_says_what_and_is_signed() {
    let (receiver, url) = receiver(&[204]).await;
    let webhook = webhook(&url, Some(SECRET), WebhookFormat::Json);
    assert!(webhook.deliver(&notice(Kind::WalletLow)).await);
    let body = &receiver.bodies()[0];
    assert_eq!(body["alert"], "wallet_low");
    assert_eq!(body["state"], "firing");
    assert_eq!(body["at_unix_seconds"], 1_700_000_000);
    assert!(
        body["text"]
            .as_str()
            .is_some_and(|text| text.contains("send SOL to it"))
    );

    let came = receiver.came.lock().expect("poisoned");
    let (headers, bytes) = &came[0];
    let signed = [b"1700000000.".as_slice(), bytes].concat();
    let mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("any length");
    let expected = hex::encode(mac.chain_update(signed).finalize().into_bytes());
    assert_eq!(headers["x-primis-signature"], format!("v1={expected}"));
    assert_eq!(headers["x-primis-timestamp"], "1700000000");
}

#[tokio::test]
async fn slack_gets_the_sentence_alone() {
    let (receiver, url) = receiver(&[200]).await;
    let webhook = webhook(&url, None, WebhookFormat::Slack);
    assert!(webhook.deliver(&notice(Kind::PriceHeld)).await);
    let bodies = receiver.bodies();
    let fields = bodies[0].as_object().expect("no object");
    assert_eq!(fields.keys().collect::<Vec<_>>(), ["text"]);
    let came = receiver.came.lock().expect("poisoned");
    assert!(!came[0].0.contains_key("x-primis-signature"));
}

#[tokio::test]
async fn a_receiver_that_recovers_gets_it_once() {
    let (receiver, url) = receiver(&[503, 429, 200]).await;
    let webhook = webhook(&url, None, WebhookFormat::Json);
    assert!(webhook.deliver(&notice(Kind::Stalled)).await);
    assert_eq!(receiver.bodies().len(), 3);
}

#[tokio::test]
async fn a_receiver_that_stays_down_is_given_up() {
    let (receiver, url) = receiver(&[500]).await;
    let webhook = webhook(&url, None, WebhookFormat::Json);
    assert!(!webhook.deliver(&notice(Kind::Stalled)).await);
    assert_eq!(receiver.bodies().len(), 4, "as often as it is to be tried");
}

#[tokio::test]
async fn a_refusal_is_not_repeated() {
    for status in [400, 403, 404, 410] {
        let (receiver, url) = receiver(&[status]).await;
        let webhook = webhook(&url, None, WebhookFormat::Json);
        assert!(!webhook.deliver(&notice(Kind::Stalled)).await);
        assert_eq!(receiver.bodies().len(), 1, "{status}");
    }
}

#[tokio::test]
async fn nobody_there_is_given_up_and_the_next_is_tried() {
    let (sender, queue) = mpsc::channel(8);
    let webhook = webhook("http://127.0.0.1:1/hook/token", None, WebhookFormat::Json);
    for kind in [Kind::Stalled, Kind::WalletLow] {
        sender.try_send(notice(kind)).expect("the queue is full");
    }
    drop(sender);
    let started = Instant::now();
    webhook.deliver_all(queue).await;
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[test]
fn an_address_that_is_none_is_refused_without_being_shown() {
    for url in ["", "hooks.example/s3cret", "ftp://hooks.example/s3cret"] {
        let error = Webhook::new(url, None, WebhookFormat::Json, FAST).expect_err("taken");
        assert!(!error.to_string().contains("s3cret"), "{error}");
    }
    let webhook = webhook(
        "https://hooks.example/s3cret",
        Some("k3y"),
        WebhookFormat::Json,
    );
    let shown = format!("{webhook:?}");
    assert!(
        !shown.contains("s3cret") && !shown.contains("k3y"),
        "{shown}"
    );
}
