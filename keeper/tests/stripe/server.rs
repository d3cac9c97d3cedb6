//! A server that speaks Stripe's wire format, and sources that ask it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use jiff::{Timestamp, fmt::rfc2822::DateTimePrinter};
use primis_keeper::{
    config::StripeConfig,
    plan::Revenue,
    revenue::{Pace, RevenueError, RevenueSource, Stretch, Stripe},
};
use serde_json::{Value, json};
use wiremock::{
    Mock, MockServer, Request, Respond, ResponseTemplate,
    matchers::{header, method, path},
};

pub const KEY: &str = "rk_live_0123456789";
/// Stripe's clock in most tests.
pub const NOW: i64 = 1_700_100_000;
pub const STRETCH: Stretch = stretch(1_700_000_400, 1_700_001_000);

pub const fn stretch(from: i64, to: i64) -> Stretch {
    Stretch {
        from,
        to,
        total_value_lamports: 0,
        stakers_bps: 5_000,
    }
}

/// A configuration as it is read, with the keys of `more`.
pub fn config(url: &str, more: Value) -> StripeConfig {
    let mut value = json!({"url": url, "api_key_path": "unused"});
    if let (Some(object), Value::Object(more)) = (value.as_object_mut(), more) {
        object.extend(more);
    }
    serde_json::from_value(value).unwrap()
}

pub fn pace() -> Pace {
    Pace {
        timeout: Duration::from_millis(500),
        first_pause: Duration::from_millis(1),
        longest_pause: Duration::from_secs(1),
    }
}

pub fn stripe(url: &str, more: Value) -> Stripe {
    Stripe::with_pace(&config(url, more), KEY.into(), pace()).unwrap()
}

/// A transaction of dollars; `cents` before a fee of 30.
pub fn transaction(id: &str, created: i64, category: &str, cents: i64) -> Value {
    let kind = match category {
        "dispute" | "dispute_reversal" => "adjustment",
        "partial_capture_reversal" => "refund",
        other => other,
    };
    json!({
        "id": id, "object": "balance_transaction", "created": created, "available_on": created + 86_400,
        "currency": "usd", "amount": cents, "fee": 30, "net": cents - 30, "status": "available",
        "type": kind, "reporting_category": category, "source": null, "description": null, "exchange_rate": null,
        "fee_details": [{"amount": 30, "currency": "usd", "type": "stripe_fee"}],
    })
}

pub fn page(data: &[Value], has_more: bool) -> Value {
    json!({"object": "list", "url": "/v1/balance_transactions", "has_more": has_more, "data": data})
}

pub fn dated(response: ResponseTemplate, now: i64) -> ResponseTemplate {
    let date = DateTimePrinter::new()
        .timestamp_to_rfc9110_string(&Timestamp::from_second(now).unwrap())
        .unwrap();
    response.insert_header("date", date)
}

pub fn ok(body: Value) -> ResponseTemplate {
    dated(ResponseTemplate::new(200).set_body_json(body), NOW)
}

pub async fn serve(respond: impl Respond + 'static) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .and(path("/v1/balance_transactions"))
        .and(header("authorization", format!("Bearer {KEY}")))
        .and(header("stripe-version", "2024-06-20"))
        .respond_with(respond)
        .mount(&server)
        .await;
    server
}

/// One answer to whatever is asked.
pub async fn ask(response: ResponseTemplate) -> Result<Revenue, RevenueError> {
    ask_with(response, json!({})).await
}

pub async fn ask_with(response: ResponseTemplate, more: Value) -> Result<Revenue, RevenueError> {
    let server = serve(response).await;
    stripe(&server.uri(), more).measure(STRETCH).await
}

/// Stripe itself: an account's transactions, newest first, by the query.
pub struct Account {
    transactions: Vec<Value>,
    pub asked: Arc<AtomicUsize>,
}

impl Account {
    pub fn new(mut transactions: Vec<Value>) -> Self {
        transactions.sort_by_key(|t| std::cmp::Reverse(t["created"].as_i64()));
        Self {
            transactions,
            asked: Arc::default(),
        }
    }
}

impl Respond for Account {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let query = |name: &str| {
            let found = request.url.query_pairs().find(|(key, _)| key == name);
            found.map(|(_, value)| value.into_owned())
        };
        let number = |name: &str| query(name).unwrap().parse::<i64>().unwrap();
        let (from, to, limit) = (
            number("created[gte]"),
            number("created[lt]"),
            number("limit"),
        );
        let within = self
            .transactions
            .iter()
            .filter(|t| (from..to).contains(&t["created"].as_i64().unwrap()));
        let after: Vec<&Value> = match query("starting_after") {
            None => within.collect(),
            Some(id) => within
                .skip_while(|t| t["id"] != id.as_str())
                .skip(1)
                .collect(),
        };
        let limit = usize::try_from(limit).unwrap();
        let shown: Vec<Value> = after.iter().take(limit).map(|t| (*t).clone()).collect();
        ok(page(&shown, after.len() > limit))
    }
}
