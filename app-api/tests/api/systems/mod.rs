//! Metered systems on both databases: as many as the plan has, measurements counted once, histories, alerts,
//! and webhooks that are told at least once whatever happens.

mod alerted;
mod hooked;
mod measured;
mod registered;
mod secrets;
mod told;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{
    billing::{NOW, Shop, sell},
    support::{
        database::{self, Kind, TestStore},
        platform::{Customer, answer},
        receiver::{Delivered, Receiver},
        server::{ManualClock, TestServer},
        stand::eventually,
        stripe::Stripe,
    },
};

/// A shop whose webhooks may be on this machine.
pub async fn open(kind: Kind) -> Shop {
    open_at(kind, NOW).await
}

pub async fn open_at(kind: Kind, now: i64) -> Shop {
    let store = database::open(kind).await;
    let clock = ManualClock::at(now);
    let stripe = Stripe::start(now).await;
    let server = serve(&store, &clock, &stripe, 20).await;
    let customer = Customer::new(&server).await;
    Shop {
        store,
        clock,
        stripe,
        server,
        customer,
    }
}

/// A server that looks for what is to be told this often.
pub async fn serve(
    store: &TestStore,
    clock: &ManualClock,
    stripe: &Stripe,
    poll_milliseconds: u64,
) -> TestServer {
    TestServer::start(&store.store, clock.clone(), |settings| {
        sell(settings, &stripe.url);
        settings.webhooks.allow_loopback = true;
        settings.webhooks.poll_milliseconds = poll_milliseconds;
    })
    .await
}

pub async fn ask(
    shop: &Shop,
    customer: &Customer,
    method: Method,
    path: &str,
    body: &Value,
) -> (u16, Value) {
    let request = customer.request(&shop.server, method, path);
    let request = if body.is_null() {
        request
    } else {
        request.json(body)
    };
    let (status, body) = answer(request).await;
    (status.as_u16(), body)
}

pub async fn post(shop: &Shop, path: &str, body: &Value) -> (u16, Value) {
    ask(shop, &shop.customer, Method::POST, path, body).await
}

pub async fn delete(shop: &Shop, path: &str) -> (u16, Value) {
    ask(shop, &shop.customer, Method::DELETE, path, &Value::Null).await
}

/// A system of hers; its path.
pub async fn system(shop: &Shop, name: &str) -> String {
    let (status, body) = post(shop, "/api/systems", &json!({ "name": name })).await;
    assert_eq!(status, 201, "{body}");
    format!("/api/systems/{}", body["id"].as_str().unwrap())
}

/// A batch of points of one name, a second apart.
pub fn batch(id: &str, name: &str, at: i64, values: &[f64]) -> Value {
    let points: Vec<_> = (at..)
        .zip(values)
        .map(|(at, value)| json!({ "name": name, "value": value, "atUnix": at }))
        .collect();
    json!({ "batchId": id, "points": points })
}

/// A batch that is taken.
pub async fn measured(shop: &Shop, system: &str, batch: &Value) -> Value {
    let (status, body) = post(shop, &format!("{system}/metrics"), batch).await;
    assert_eq!(status, 200, "{body}");
    body
}

/// A rule above 80, for so many points.
pub async fn rule(shop: &Shop, system: &str, consecutive: i64) -> String {
    let rule = json!({ "metric": "t", "condition": "above", "threshold": 80.0, "consecutive": consecutive });
    let (status, body) = post(shop, &format!("{system}/alerts"), &rule).await;
    assert_eq!(status, 201, "{body}");
    body["id"].as_str().unwrap().to_owned()
}

/// A webhook for everything: its path, and its secret.
pub async fn webhook(shop: &Shop, url: &str) -> (String, String) {
    let (status, body) = post(shop, "/api/webhooks", &json!({ "url": url })).await;
    assert_eq!(status, 201, "{body}");
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let id = text(&body["webhook"]["id"]);
    (format!("/api/webhooks/{id}"), text(&body["secret"]))
}

/// Waits until the newest delivery of a webhook is as wanted.
pub async fn delivery(shop: &Shop, webhook: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    eventually("a delivery", || async {
        let (status, body) = shop.get(&format!("{webhook}/deliveries")).await;
        assert_eq!(status, StatusCode::OK, "{body}");
        let newest = body["deliveries"][0].clone();
        (newest.is_object() && wanted(&newest)).then_some(newest)
    })
    .await
}

/// On PRO, with a system that has a rule: fires above 80.
pub async fn watched(kind: Kind) -> (Shop, String) {
    let shop = open(kind).await;
    shop.subscribe("pro").await;
    let path = system(&shop, "Pump 7").await;
    rule(&shop, &path, 1).await;
    (shop, path)
}

/// The rule fires.
pub async fn fire(shop: &Shop, system: &str) {
    measured(shop, system, &batch("fire", "t", NOW, &[81.5])).await;
}

pub async fn arrived(receiver: &Receiver, number: usize) -> Vec<Delivered> {
    eventually("deliveries arrive", || async {
        let delivered = receiver.delivered();
        (delivered.len() >= number).then_some(delivered)
    })
    .await
}
