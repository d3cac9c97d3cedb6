//! A local Stripe: its API as far as it is used, over HTTP, with its errors, idempotency and rate limits;
//! what customers, banks and its dashboard do; the page on which a customer pays; and webhooks that arrive
//! as badly as real ones.

mod api;
mod deliver;
mod objects;
mod pages;

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard},
};

use serde_json::{Value, json};
use tokio::net::TcpListener;

pub use deliver::{Delivery, Endpoint, SECRET, sign};

/// The key that it takes.
pub const API_KEY: &str = "sk_test_0123456789abcdef";

/// What goes wrong with the next request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// 429 before anything is done.
    RateLimited,
    /// 500 before anything is done.
    Failed,
    /// 500 although it was done.
    DoneAndFailed,
    /// 409: the key is being worked on.
    Busy,
    /// 402: the card was declined.
    Declined,
}

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Its path.
    pub path: String,
    /// The header `stripe-version`.
    pub version: Option<String>,
    /// The header `idempotency-key`.
    pub idempotency_key: Option<String>,
    /// The form, keys as they came.
    pub form: BTreeMap<String, String>,
}

/// All that it knows.
#[derive(Default)]
pub struct State {
    /// Everything it made, by id.
    pub objects: BTreeMap<String, Value>,
    /// Answers by idempotency key, with what was asked.
    pub answers: BTreeMap<String, (String, BTreeMap<String, String>, u16, Value)>,
    /// What goes wrong with the next requests.
    pub faults: VecDeque<Fault>,
    /// Requests so far.
    pub asked: Vec<Asked>,
    /// Events that were not taken yet by the test.
    pub events: Vec<Value>,
    /// Its time, Unix seconds.
    pub now: i64,
    /// The key that it takes.
    key: String,
    /// Where the pages are on which customers pay.
    pages: String,
    next: u32,
}

/// The server.
#[derive(Clone)]
pub struct Stripe {
    /// Its base address.
    pub url: String,
    state: Arc<Mutex<State>>,
}

impl Stripe {
    /// With nothing in it, where it is `now`. Customers pay by [`Stripe::pay`], not on its pages.
    pub async fn start(now: i64) -> Self {
        let stripe = Self::with_pages(now, API_KEY).await;
        stripe.state().pages = "https://checkout.stripe.com".to_owned();
        stripe
    }

    /// The same with a key of its own, and pages to pay on in a browser.
    pub async fn with_pages(now: i64, key: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = State {
            now,
            key: key.to_owned(),
            pages: url.clone(),
            ..State::default()
        };
        let stripe = Self {
            url,
            state: Arc::new(Mutex::new(state)),
        };
        let router = api::router(stripe.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        stripe
    }

    /// What it knows.
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// The next requests go wrong like this, in this order.
    pub fn fail(&self, faults: impl IntoIterator<Item = Fault>) {
        self.state().faults.extend(faults);
    }

    /// Events since the last time, in the order in which things happened.
    pub fn events(&self) -> Vec<Value> {
        std::mem::take(&mut self.state().events)
    }

    /// Requests of one path.
    pub fn asked(&self, path: &str) -> Vec<Asked> {
        let state = self.state();
        state
            .asked
            .iter()
            .filter(|a| a.path == path)
            .cloned()
            .collect()
    }

    /// Every payment, US cents.
    pub fn payments_cents(&self) -> Vec<i64> {
        let state = self.state();
        let all = state.objects.values();
        all.filter(|object| object["object"] == "payment_intent")
            .map(|payment| payment["amount"].as_i64().unwrap())
            .collect()
    }

    /// Those of them that were for a subscription, US cents.
    pub fn plan_fees_cents(&self) -> Vec<i64> {
        let invoices = self.invoices();
        let paid = invoices
            .iter()
            .filter(|invoice| invoice["status"] == "paid");
        paid.map(|invoice| invoice["amount_paid"].as_i64().unwrap())
            .collect()
    }

    /// Payments on pages that had metadata of this name, US cents.
    pub fn payments_with_cents(&self, metadata: &str) -> Vec<i64> {
        let state = self.state();
        let all = state.objects.values();
        all.filter(|object| object["object"] == "checkout.session")
            .filter(|page| {
                page["payment_status"] == "paid" && !page["metadata"][metadata].is_null()
            })
            .map(|page| page["amount_total"].as_i64().unwrap())
            .collect()
    }

    /// An object as it stands; `null` where there is none.
    pub fn object(&self, id: &str) -> Value {
        self.state().objects.get(id).cloned().unwrap_or(Value::Null)
    }
}

impl State {
    /// A new id.
    pub fn id(&mut self, prefix: &str) -> String {
        self.next += 1;
        format!("{prefix}_{:06}", self.next)
    }

    /// Keeps an object under its id.
    pub fn put(&mut self, object: Value) -> Value {
        let id = object["id"].as_str().unwrap().to_owned();
        self.objects.insert(id, object.clone());
        object
    }

    /// Something happened to an object, as it stands.
    pub fn event(&mut self, kind: &str, id: &str) {
        let object = self.objects[id].clone();
        let event = json!({
            "id": self.id("evt"), "object": "event", "api_version": "2026-09-30.endive", "created": self.now,
            "livemode": false, "pending_webhooks": 1, "type": kind, "data": { "object": object },
            "request": { "id": null, "idempotency_key": null },
        });
        self.events.push(event);
    }
}
