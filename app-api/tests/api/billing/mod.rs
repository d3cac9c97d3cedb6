//! Selling, on both databases, against a local Stripe: what is paid is credited once, whatever the events'
//! order; plans, overage, invoices, statements, administration.

mod admin;
mod any_order;
mod delivered;
mod months;
mod sold;
mod statement;
mod subscribed;

use primis_app_api::{config::Settings, platform::plans::Period};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{
    database::{self, Kind, TestStore},
    platform::{Customer, answer},
    server::{ADMIN_KEY, ManualClock, TestServer},
    stand::eventually,
    stripe::{self, Delivery, Stripe},
};

/// 10 November 2026, noon.
pub const NOW: i64 = 1_794_312_000;
pub const USD: i64 = 1_000_000_000;

/// A server that sells, its Stripe, and a customer.
pub struct Shop {
    pub store: TestStore,
    pub clock: ManualClock,
    pub stripe: Stripe,
    pub server: TestServer,
    pub customer: Customer,
}

impl Shop {
    pub async fn open(kind: Kind) -> Self {
        let store = database::open(kind).await;
        let clock = ManualClock::at(NOW);
        let stripe = Stripe::start(NOW).await;
        let server = serve(&store, &clock, &stripe).await;
        let customer = Customer::new(&server).await;
        Self {
            store,
            clock,
            stripe,
            server,
            customer,
        }
    }

    /// Another server beside it.
    pub async fn beside(&self) -> TestServer {
        serve(&self.store, &self.clock, &self.stripe).await
    }

    pub fn at(&self, now: i64) {
        self.clock.set(now);
        self.stripe.state().now = now;
    }

    pub async fn get(&self, path: &str) -> (StatusCode, Value) {
        answer(self.customer.request(&self.server, Method::GET, path)).await
    }

    pub async fn get_ok(&self, path: &str) -> Value {
        let (status, body) = self.get(path).await;
        assert_eq!(status, StatusCode::OK, "{path}: {body}");
        body
    }

    pub async fn post(&self, path: &str, body: &Value) -> (StatusCode, Value) {
        answer(
            self.customer
                .request(&self.server, Method::POST, path)
                .json(body),
        )
        .await
    }

    pub async fn admin(&self, method: Method, path: &str, body: &Value) -> (StatusCode, Value) {
        let request = self.server.request(method, path).bearer_auth(ADMIN_KEY);
        answer(if body.is_null() {
            request
        } else {
            request.json(body)
        })
        .await
    }

    /// Goes to the checkout with a pack; answers the session.
    pub async fn checkout(&self, pack: &str) -> String {
        let (status, body) = self
            .post("/api/billing/checkout", &json!({ "pack": pack }))
            .await;
        assert_eq!(status, StatusCode::OK, "{body}");
        body["session"].as_str().unwrap().to_owned()
    }

    /// Buys a pack, and what is told of it arrives; answers the payment.
    pub async fn buy(&self, pack: &str) -> String {
        let session = self.checkout(pack).await;
        let payment = self.stripe.pay(&session);
        self.deliver().await;
        payment
    }

    /// Subscribes, and what is told of it arrives; answers the subscription.
    pub async fn subscribe(&self, plan: &str) -> String {
        let (status, body) = self
            .post("/api/billing/subscription", &json!({ "plan": plan }))
            .await;
        assert_eq!(status, StatusCode::OK, "{body}");
        let subscription = self
            .stripe
            .pay(body["checkout"]["session"].as_str().unwrap());
        self.deliver().await;
        subscription
    }

    /// Everything that Stripe has to tell arrives, in order.
    pub async fn deliver(&self) {
        let now = self.stripe.state().now;
        Delivery::at(now)
            .all(&self.server, &self.stripe.events())
            .await;
    }

    /// The balance, nano-USD.
    pub async fn balance(&self) -> i64 {
        let billing = self.get_ok("/api/billing").await;
        billing["balanceNanoUsd"].as_str().unwrap().parse().unwrap()
    }

    /// What a book of the ledger holds: debit positive.
    pub async fn book(&self, name: &str) -> i64 {
        let rows = self
            .store
            .rows("SELECT book, CAST(SUM(amount_nano_usd) AS BIGINT) FROM entries GROUP BY book")
            .await;
        rows.into_iter()
            .find(|(book, _)| book == name)
            .map_or(0, |(_, sum)| sum)
    }

    /// Each posting sums to zero, balances are what the entries say, and nothing is left open.
    pub async fn agree(&self) {
        let rows = |sql: &'static str| self.store.rows(sql);
        self.store.is_balanced().await;
        let entries = rows(
            "SELECT SUBSTR(book, 10), CAST(-SUM(amount_nano_usd) AS BIGINT) FROM entries \
             WHERE book LIKE 'customer:%' GROUP BY book HAVING SUM(amount_nano_usd) <> 0 ORDER BY 1",
        );
        let balances = rows(
            "SELECT account, balance_nano_usd FROM balances WHERE balance_nano_usd <> 0 ORDER BY 1",
        );
        assert_eq!(balances.await, entries.await);
        let open = rows("SELECT posting, amount_cents FROM stripe_postings WHERE done = 0");
        assert_eq!(open.await, []);
        let events = rows("SELECT event, created_at FROM stripe_events WHERE done = 0");
        assert_eq!(events.await, []);
    }

    /// The clock goes to the second hour after a month, and its invoice is there.
    pub async fn month_ends(&self, month: &str) -> Value {
        let period: Period = month.parse().unwrap();
        self.at(period.end_unix() + 2 * 3_600);
        eventually("the month's invoice", || async {
            let all = self.get_ok("/api/billing/invoices").await;
            let all = all["invoices"].as_array().unwrap().clone();
            all.into_iter()
                .find(|i| i["month"] == month && i["kind"] == "invoice")
        })
        .await
    }
}

async fn serve(store: &TestStore, clock: &ManualClock, stripe: &Stripe) -> TestServer {
    TestServer::start(&store.store, clock.clone(), |settings| {
        sell(settings, &stripe.url)
    })
    .await
}

/// Sells through the Stripe at `url`.
pub fn sell(settings: &mut Settings, url: &str) {
    let dir = std::path::Path::new(settings.platform.admin_key_path.as_ref().unwrap());
    let file = |name: &str, text: &str| {
        let path = dir.with_file_name(name);
        std::fs::write(&path, text).unwrap();
        Some(path.display().to_string())
    };
    let stripe = &mut settings.stripe;
    stripe.base_url = url.to_owned();
    stripe.secret_key_path = file("stripe-key", stripe::API_KEY);
    stripe.webhook_secret_path = file(
        "stripe-webhooks",
        &format!("{OTHER_SECRET}\n{}\n", stripe::SECRET),
    );
    stripe.success_url = Some("https://primis.example/paid".into());
    stripe.cancel_url = Some("https://primis.example/billing".into());
    // As often as the configuration allows: tests wait for it.
    stripe.sweep_seconds = 1;
    // Tests ask until something is there.
    settings.accounts.requests_per_minute = 1_000_000;
}

/// A secret that is being replaced.
pub const OTHER_SECRET: &str = "whsec_old_0123456789abcdef";
