//! Webhooks themselves: their secrets, and where they may be.

use reqwest::Method;
use serde_json::{Value, json};

use super::{arrived, ask, batch, delete, delivery, fire, measured, post, watched, webhook};
use crate::{
    billing::NOW,
    support::{
        database::{Kind, on_both_databases},
        platform::Customer,
        receiver::Receiver,
    },
};

on_both_databases!(
    a_secret_is_replaced,
    addresses_inside_are_not_called,
    webhooks_that_cannot_be,
);

async fn a_secret_is_replaced(kind: Kind) {
    let (shop, path) = watched(kind).await;
    let receiver = Receiver::start().await;
    let (hook, old) = webhook(&shop, &receiver.url).await;
    let (status, body) = post(&shop, &format!("{hook}/rotate"), &Value::Null).await;
    assert_eq!(
        (status, &body["webhook"]["secretVersion"]),
        (200, &json!(2))
    );
    let new = body["secret"].as_str().unwrap();
    assert_ne!(new, old);
    // Both for a day, then the new one alone.
    fire(&shop, &path).await;
    let first = arrived(&receiver, 1).await.remove(0);
    assert!(first.is_signed_by(&old) && first.is_signed_by(new));
    shop.at(NOW + 86_400);
    measured(&shop, &path, &batch("ok", "t", NOW + 1, &[1.0])).await;
    let second = arrived(&receiver, 2).await.remove(1);
    assert!(!second.is_signed_by(&old) && second.is_signed_by(new));
    // Another's is none, and one that is deleted hears nothing more.
    let eve = Customer::new(&shop.server).await;
    let (status, refusal) = ask(&shop, &eve, Method::DELETE, &hook, &Value::Null).await;
    assert_eq!((status, &refusal["code"]), (404, &json!("no_such_webhook")));
    assert_eq!(delete(&shop, &hook).await.0, 204);
    for (method, path) in [
        (Method::DELETE, hook.clone()),
        (Method::POST, format!("{hook}/rotate")),
        (Method::GET, format!("{hook}/deliveries")),
    ] {
        let (status, refusal) = ask(&shop, &shop.customer, method, &path, &Value::Null).await;
        assert_eq!((status, &refusal["code"]), (404, &json!("no_such_webhook")));
    }
}

/// A server that may not call its own machine: by the address, and by a name that leads there.
async fn addresses_inside_are_not_called(kind: Kind) {
    let (mut shop, path) = watched(kind).await;
    let receiver = Receiver::start().await;
    let (literal, _) = webhook(&shop, &receiver.url).await;
    let port = receiver.url.rsplit_once(':').unwrap().1;
    let name = format!("https://localhost:{port}");
    let (named, _) = webhook(&shop, &name).await;
    let url = shop.stripe.url.clone();
    let strict = crate::support::server::TestServer::start(
        &shop.store.store,
        shop.clock.clone(),
        |settings| {
            crate::billing::sell(settings, &url);
            settings.webhooks.poll_milliseconds = 20;
        },
    )
    .await;
    std::mem::replace(&mut shop.server, strict).stop().await;
    fire(&shop, &path).await;
    let refused = |d: &Value| d["lastError"] != Value::Null;
    let failed = delivery(&shop, &literal, refused).await;
    assert_eq!(failed["lastError"], "the address is no longer allowed");
    let failed = delivery(&shop, &named, refused).await;
    let told = "the name has no address on the public internet";
    assert_eq!(failed["lastError"], told);
    assert!(receiver.delivered().is_empty());
    let (status, refusal) = post(&shop, "/api/webhooks", &json!({ "url": receiver.url })).await;
    assert_eq!((status, &refusal["code"]), (422, &json!("invalid_url")));
}

async fn webhooks_that_cannot_be(kind: Kind) {
    let (shop, _) = watched(kind).await;
    for (body, code) in [
        (json!({ "url": "http://customer.example/" }), "invalid_url"),
        (json!({ "url": "https://10.0.0.1/" }), "invalid_url"),
        (json!({ "url": "https://169.254.169.254/" }), "invalid_url"),
        (
            json!({ "url": "https://me:pw@customer.example/" }),
            "invalid_url",
        ),
        (
            json!({ "url": "https://customer.example/", "events": [] }),
            "invalid_events",
        ),
        (
            json!({ "url": "https://customer.example/", "events": ["x"] }),
            "invalid_body",
        ),
        (json!({ "url": 1 }), "invalid_body"),
    ] {
        let (status, refusal) = post(&shop, "/api/webhooks", &body).await;
        assert_eq!((status, &refusal["code"]), (422, &json!(code)), "{body}");
    }
    let hook = json!({ "url": "https://customer.example/" });
    for _ in 0..10 {
        assert_eq!(post(&shop, "/api/webhooks", &hook).await.0, 201);
    }
    let (status, refusal) = post(&shop, "/api/webhooks", &hook).await;
    assert_eq!(
        (status, &refusal["code"]),
        (409, &json!("too_many_webhooks"))
    );
}
