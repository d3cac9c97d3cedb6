//! The gateway: what a model answers is passed on, and charged exactly once, whatever happens on the way.

mod charged;
mod failover;
mod gone;
mod models;
mod reconciled;
mod refused;
mod sdk;
mod streamed;
mod used;

use std::{sync::Arc, time::Duration};

use primis_app_api::{
    config::Settings,
    platform::ledger::{Book, Ledger, Posting, Reported, Short},
};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{
    database::{Kind, TestStore, open},
    platform::Customer,
    server::{ManualClock, TestServer},
    services::gateway,
    stand::eventually,
    upstream::{KEY, Upstream},
};

/// Unix seconds at which everything happens.
pub const NOW: i64 = 1_800_000_000;
/// A dollar.
pub const USD: i64 = 1_000_000_000;
/// What `test/plain` costs: 10 × $2 and 5 × $8 for a million tokens, and 20 % on it.
pub const PLAIN: i64 = 72_000;

/// A gateway, its two upstreams, and who asks it.
pub struct Gate {
    pub store: TestStore,
    pub first: Upstream,
    pub second: Upstream,
    pub server: TestServer,
    pub clock: ManualClock,
    pub ledger: Ledger,
    pub customer: Customer,
    _dir: TempDir,
}

/// A line of what was used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub sku: String,
    pub charge: i64,
    pub tokens: (u64, u64, u64),
    pub estimated: bool,
}

impl Gate {
    /// With ten dollars.
    pub async fn new(kind: Kind) -> Self {
        Self::with(kind, 10 * USD, |_| {}).await
    }

    /// With `balance` nano-USD and the settings as `change` leaves them.
    pub async fn with(kind: Kind, balance: i64, change: impl FnOnce(&mut Settings)) -> Self {
        let store = open(kind).await;
        let (first, second) = (Upstream::start().await, Upstream::start().await);
        let dir = tempfile::tempdir().unwrap();
        let key_path = dir.path().join("upstream-key");
        std::fs::write(&key_path, format!("{KEY}\n")).unwrap();
        let clock = ManualClock::at(NOW);
        let gateway = gateway(&first, &second, key_path.to_str().unwrap());
        let server = TestServer::start(&store.store, clock.clone(), |settings| {
            settings.gateway = gateway;
            change(settings);
        })
        .await;
        let ledger = Ledger::new(
            store.store.clone(),
            Arc::new(clock.clone()),
            Duration::from_secs(10),
        );
        let customer = Customer::new(&server).await;
        let gate = Self {
            store,
            first,
            second,
            server,
            clock,
            ledger,
            customer,
            _dir: dir,
        };
        gate.top_up(&gate.customer.account, balance).await;
        gate
    }

    pub async fn top_up(&self, account: &str, amount: i64) {
        if amount == 0 {
            return;
        }
        let posting = Posting {
            id: format!("test:{account}:{amount}"),
            kind: "top_up",
            entries: vec![
                (Book::Stripe, amount),
                (Book::Customer(account.to_owned()), -amount),
            ],
            short: Short::Refuse,
            reported: Reported::default(),
            reference: "{}".into(),
        };
        self.ledger.post(posting).await.unwrap();
    }

    /// A request of the customer.
    pub fn post(&self, path: &str, body: &Value) -> RequestBuilder {
        self.server
            .request(Method::POST, path)
            .bearer_auth(&self.customer.key)
            .json(body)
    }

    /// Asks a model; status and text of the answer.
    pub async fn ask(&self, body: &Value) -> (StatusCode, String) {
        let response = self.post("/v1/chat/completions", body).send().await;
        let response = response.unwrap();
        let status = response.status();
        (status, response.text().await.unwrap())
    }

    /// Asks a model that refuses; status and the error in OpenAI's form.
    pub async fn refused(&self, body: &Value) -> (u16, Value) {
        let (status, text) = self.ask(body).await;
        let mut told: Value = serde_json::from_str(&text).unwrap();
        let error = told["error"].take();
        assert!(
            error["message"].is_string() && error["type"].is_string(),
            "{text}"
        );
        (status.as_u16(), error)
    }

    /// Waits until nothing is held, and checks the books.
    pub async fn ended(&self) {
        eventually("every hold ends", || async {
            let held = self
                .store
                .rows("SELECT 'held', COUNT(*) FROM holds WHERE state = 'held'");
            (held.await[0].1 == 0).then_some(())
        })
        .await;
        let unbalanced = self.store.rows(
            "SELECT posting, CAST(SUM(amount_nano_usd) AS BIGINT) FROM entries GROUP BY posting \
             HAVING SUM(amount_nano_usd) <> 0",
        );
        assert_eq!(unbalanced.await, []);
    }

    /// What the customer used, the oldest first, once nothing is held.
    pub async fn lines(&self) -> Vec<Line> {
        self.ended().await;
        let page = self.get("/api/usage?limit=200").await;
        let number = |value: &Value| value.as_u64().unwrap();
        let mut lines: Vec<Line> = page["lines"]
            .as_array()
            .unwrap()
            .iter()
            .map(|line| Line {
                sku: line["sku"].as_str().unwrap().to_owned(),
                charge: line["chargeNanoUsd"].as_str().unwrap().parse().unwrap(),
                tokens: (
                    number(&line["promptTokens"]),
                    number(&line["cachedTokens"]),
                    number(&line["completionTokens"]),
                ),
                estimated: line["estimated"].as_bool().unwrap(),
            })
            .collect();
        lines.reverse();
        let spent: i64 = lines.iter().map(|line| line.charge).sum();
        let balance = self.balance().await;
        assert!(balance >= 0);
        let paid_in = self.store.rows(
            "SELECT account, CAST(SUM(-amount_nano_usd) AS BIGINT) FROM entries \
             JOIN postings ON postings.id = entries.posting \
             WHERE kind = 'top_up' AND book LIKE 'customer:%' GROUP BY account",
        );
        let paid_in: i64 = paid_in
            .await
            .iter()
            .filter(|(account, _)| *account == self.customer.account)
            .map(|(_, amount)| amount)
            .sum();
        assert_eq!(paid_in - spent, balance);
        lines
    }

    pub async fn balance(&self) -> i64 {
        let balance = self.ledger.balance(&self.customer.account).await;
        balance.unwrap().balance_nano_usd
    }

    /// JSON of a GET of the customer that must succeed.
    pub async fn get(&self, path: &str) -> Value {
        let request = self
            .server
            .request(Method::GET, path)
            .bearer_auth(&self.customer.key);
        let response = request.send().await.unwrap();
        let status = response.status();
        let body: Value = response.json().await.unwrap();
        assert_eq!(status, StatusCode::OK, "{path}: {body}");
        body
    }
}

/// A request to say a test.
pub fn say(model: &str, stream: bool) -> Value {
    json!({
        "model": model,
        "messages": [{"role": "user", "content": "Say this is a test"}],
        "max_tokens": 100,
        "stream": stream,
    })
}

/// The data of server-sent events.
pub fn data(text: &str) -> Vec<Value> {
    text.split("\n\n")
        .filter_map(|event| event.strip_prefix("data: "))
        .filter(|data| *data != "[DONE]")
        .map(|data| serde_json::from_str(data).unwrap())
        .collect()
}

/// What a stream says.
pub fn said(text: &str) -> String {
    data(text)
        .iter()
        .filter_map(|chunk| chunk["choices"][0]["delta"]["content"].as_str())
        .collect()
}
