//! A local x402 facilitator, with its failures. What it settles it settles once, as the chain would.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Json, Router,
    extract::State,
    http::StatusCode,
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// The network it settles on: devnet.
pub const NETWORK: &str = "solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1";
/// What it takes: the mint of USDC there.
pub const ASSET: &str = "4zMMC9srt5Ri5X14GAgXhaHii3GnPAEERYPJgZJDncDU";
/// Whom payments must be to.
pub const PAY_TO: &str = "2wKupLR9q6wXYppw8Gr2NvWxKBUqm4PPJKkQfoxHDBg4";
/// Who pays the fee of a settlement.
pub const FEE_PAYER: &str = "EwWqGE4ZFKLofuestmU4LDdK7XM1N4ALgdZccwYugwGd";

/// What it does with the next requests to settle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    /// Settles, and says so.
    Well,
    /// Says no, and does not.
    Refuses,
    /// Settles, and says nothing for a long time.
    HangsAfter,
    /// Settles, and answers 500.
    FailsAfter,
    /// Answers 500 without settling.
    Fails,
    /// Says that it settled the same before, as a no.
    CallsDuplicate,
    /// Settles after this many milliseconds.
    Slow(u64),
}

#[derive(Default)]
struct Known {
    /// By transaction: its signature on chain.
    settled: HashMap<String, String>,
    asked: usize,
    moods: VecDeque<Mood>,
    /// Why it finds payments invalid.
    invalid: Option<&'static str>,
    down: bool,
}

/// The facilitator.
#[derive(Clone)]
pub struct Facilitator {
    /// Its base address.
    pub url: String,
    known: Arc<Mutex<Known>>,
}

impl Facilitator {
    /// It settles everything, until told otherwise.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let known = Arc::default();
        let router = Router::new()
            .route("/supported", get(supported))
            .route("/verify", post(verify))
            .route("/settle", post(settle))
            .with_state(Arc::clone(&known));
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, known }
    }

    /// What it does next, in this order; then it is well.
    pub fn will(&self, moods: impl IntoIterator<Item = Mood>) {
        self.known.lock().unwrap().moods = moods.into_iter().collect();
    }

    /// Finds every payment invalid for this reason; `None`: valid again.
    pub fn finds_invalid(&self, reason: Option<&'static str>) {
        self.known.lock().unwrap().invalid = reason;
    }

    /// Answers 502 to `/verify`, or works again.
    pub fn is_down(&self, down: bool) {
        self.known.lock().unwrap().down = down;
    }

    /// Payments on the chain.
    pub fn settled(&self) -> usize {
        self.known.lock().unwrap().settled.len()
    }

    /// How often it was asked to settle.
    pub fn asked(&self) -> usize {
        self.known.lock().unwrap().asked
    }
}

/// A payment that fits what a 402 asks for: `required` is its header. Each `message` is other money.
pub fn payment(required: &str, message: &str) -> String {
    let required: Value = serde_json::from_slice(&STANDARD.decode(required).unwrap()).unwrap();
    let transaction = [&[2][..], &[0; 64], &[7; 64], message.as_bytes()].concat();
    let payment = json!({
        "x402Version": 2,
        "resource": required["resource"],
        "accepted": required["accepts"][0],
        "payload": { "transaction": STANDARD.encode(transaction) },
    });
    STANDARD.encode(payment.to_string())
}

async fn supported() -> Json<Value> {
    let extra = json!({ "feePayer": FEE_PAYER });
    Json(json!({
        "kinds": [
            { "x402Version": 2, "scheme": "exact", "network": "eip155:8453" },
            { "x402Version": 2, "scheme": "exact", "network": NETWORK, "extra": extra },
        ],
        "extensions": [],
        "signers": { "solana:*": [FEE_PAYER] },
    }))
}

/// The request's transaction, if it is of x402's form and pays what it should.
fn transaction(asked: &Value) -> String {
    assert_eq!(asked["x402Version"], 2);
    let required = &asked["paymentRequirements"];
    assert_eq!(required, &asked["paymentPayload"]["accepted"]);
    assert_eq!(required["scheme"], "exact");
    assert_eq!(required["network"], NETWORK);
    assert_eq!(required["payTo"], PAY_TO);
    assert_eq!(required["extra"]["feePayer"], FEE_PAYER);
    let transaction = &asked["paymentPayload"]["payload"]["transaction"];
    transaction.as_str().unwrap().to_owned()
}

async fn verify(State(known): State<Arc<Mutex<Known>>>, Json(asked): Json<Value>) -> Response {
    transaction(&asked);
    let known = known.lock().unwrap();
    if known.down {
        return StatusCode::BAD_GATEWAY.into_response();
    }
    Json(match known.invalid {
        Some(reason) => json!({ "isValid": false, "invalidReason": reason, "payer": "Payer" }),
        None => json!({ "isValid": true, "payer": "Payer" }),
    })
    .into_response()
}

async fn settle(State(known): State<Arc<Mutex<Known>>>, Json(asked): Json<Value>) -> Response {
    let transaction = transaction(&asked);
    let mood = {
        let mut known = known.lock().unwrap();
        known.asked += 1;
        known.moods.pop_front().unwrap_or(Mood::Well)
    };
    let no = |reason: &str| {
        let answer = json!({ "success": false, "errorReason": reason, "transaction": "", "network": NETWORK });
        Json(answer).into_response()
    };
    match mood {
        Mood::Fails => return (StatusCode::INTERNAL_SERVER_ERROR, "oops").into_response(),
        Mood::Refuses => return no("insufficient_funds"),
        Mood::CallsDuplicate => return no("duplicate_settlement"),
        Mood::Slow(milliseconds) => tokio::time::sleep(Duration::from_millis(milliseconds)).await,
        _ => {}
    }
    let signature = {
        let mut known = known.lock().unwrap();
        let number = known.settled.len();
        let signature = known.settled.entry(transaction);
        signature
            .or_insert_with(|| format!("signature{number}"))
            .clone()
    };
    match mood {
        Mood::HangsAfter => tokio::time::sleep(Duration::from_secs(600)).await,
        Mood::FailsAfter => return (StatusCode::INTERNAL_SERVER_ERROR, "oops").into_response(),
        _ => {}
    }
    let answer =
        json!({ "success": true, "transaction": signature, "network": NETWORK, "payer": "Payer" });
    Json(answer).into_response()
}
