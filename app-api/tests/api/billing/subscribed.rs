//! Plans: subscribe, change, cancel, and keep the version that was subscribed to.

use reqwest::Method;
use serde_json::{Value, json};

use super::{NOW, Shop, USD};
use crate::support::{
    database::{Kind, on_both_databases},
    platform::answer,
    stripe::{Delivery, Fault},
};

on_both_databases!(
    a_plan_is_paid_for_and_served,
    events_of_a_subscription_in_any_order,
    a_subscription_is_changed_cancelled_and_gone_on_with,
    an_account_keeps_its_version,
    two_checkouts_make_one_subscription,
    what_cannot_be_subscribed_to,
    a_closed_account_is_not_charged,
);

async fn served(shop: &Shop) -> (String, i64) {
    let billing = shop.get_ok("/api/billing").await;
    let plan = &billing["plan"];
    (
        plan["plan"].as_str().unwrap().to_owned(),
        plan["version"].as_i64().unwrap(),
    )
}

async fn want(shop: &Shop, plan: &str) -> Value {
    let (status, body) = shop
        .post("/api/billing/subscription", &json!({ "plan": plan }))
        .await;
    assert_eq!(status, 200, "{body}");
    body
}

async fn a_plan_is_paid_for_and_served(kind: Kind) {
    let shop = Shop::open(kind).await;
    let subscription = shop.subscribe("pro").await;
    assert_eq!(served(&shop).await, ("pro".to_owned(), 1));
    assert_eq!(shop.book("revenue:subscription").await, -99 * USD);
    assert_eq!(shop.balance().await, 0);
    // The keys of the account are served the plan too.
    let plans = shop
        .store
        .rows("SELECT plan, created_at FROM customers")
        .await;
    assert_eq!(plans[0].0, "pro");
    // What the keeper hears: the whole, and the platform's part of it.
    shop.at(NOW + 100);
    let (_, report) = shop.server.revenue(NOW - 10, NOW + 10, NOW + 100).await;
    assert_eq!(
        (&report["gross_nano_usd"], &report["fee_nano_usd"]),
        (&json!(99 * USD), &json!(99 * USD / 10))
    );
    shop.stripe.renew(&subscription);
    shop.deliver().await;
    assert_eq!(shop.book("revenue:subscription").await, -198 * USD);
    let billing = shop.get_ok("/api/billing").await;
    let period = &billing["subscriptions"][0];
    assert_eq!(period["periodStartUnix"], json!(NOW + 30 * 86_400));
    // A refund of a fee is none of the credit.
    let payment = shop
        .stripe
        .payment_of(shop.stripe.invoices()[0]["id"].as_str().unwrap());
    shop.stripe.refund(&payment, 9_900);
    shop.deliver().await;
    assert_eq!(shop.book("revenue:subscription").await, -99 * USD);
    shop.stripe.end(&subscription);
    shop.deliver().await;
    assert_eq!(served(&shop).await.0, "free");
    shop.agree().await;
}

/// Each is read anew, so the last word is the provider's and not the last event's.
async fn events_of_a_subscription_in_any_order(kind: Kind) {
    let shop = Shop::open(kind).await;
    let body = want(&shop, "pro").await;
    let subscription = shop
        .stripe
        .pay(body["checkout"]["session"].as_str().unwrap());
    shop.stripe.renew(&subscription);
    shop.stripe.end(&subscription);
    let mut events = shop.stripe.events();
    events.reverse();
    let other = shop.beside().await;
    let delivery = Delivery::at(NOW);
    futures_util::future::join_all(events.iter().enumerate().map(|(n, event)| {
        let server = if n % 2 == 0 { &shop.server } else { &other };
        delivery.send(server, event)
    }))
    .await;
    delivery.all(&shop.server, &events).await;
    assert_eq!(served(&shop).await.0, "free");
    assert_eq!(shop.book("revenue:subscription").await, -198 * USD);
    shop.agree().await;
}

async fn a_subscription_is_changed_cancelled_and_gone_on_with(kind: Kind) {
    let shop = Shop::open(kind).await;
    assert_eq!(
        want(&shop, "free").await,
        json!({ "checkout": null, "subscription": null })
    );
    shop.subscribe("pro").await;
    let changed = want(&shop, "enterprise").await;
    assert_eq!(changed["checkout"], Value::Null);
    assert_eq!(changed["subscription"]["plan"], "enterprise");
    assert_eq!(served(&shop).await.0, "enterprise");
    let cancelled = want(&shop, "free").await;
    assert_eq!(cancelled["subscription"]["cancelAtPeriodEnd"], true);
    assert_eq!(served(&shop).await.0, "enterprise");
    let on = want(&shop, "enterprise").await;
    assert_eq!(on["subscription"]["cancelAtPeriodEnd"], false);
    // Another catalogue is beside it.
    shop.subscribe("sandbox_team").await;
    let billing = shop.get_ok("/api/billing").await;
    assert_eq!(billing["subscriptions"].as_array().unwrap().len(), 2);
    assert_eq!(billing["plan"]["plan"], "enterprise");
    shop.stripe.fail([Fault::Declined]);
    let (status, refusal) = shop
        .post("/api/billing/subscription", &json!({ "plan": "free" }))
        .await;
    assert_eq!(
        (status.as_u16(), refusal["code"].as_str()),
        (402, Some("payment_required"))
    );
    shop.deliver().await;
    shop.agree().await;
}

async fn an_account_keeps_its_version(kind: Kind) {
    let shop = Shop::open(kind).await;
    shop.subscribe("pro").await;
    let (_, plans) = shop.admin(Method::GET, "/admin/plans", &Value::Null).await;
    let pro = plans["plans"]
        .as_array()
        .unwrap()
        .iter()
        .find(|p| p["plan"] == "pro")
        .unwrap();
    let mut terms = pro["terms"].clone();
    terms["priceCents"] = json!(19_900);
    let change = json!({ "plan": "pro", "replaces": 1, "terms": terms });
    let (status, changed) = shop.admin(Method::PUT, "/admin/plans", &change).await;
    assert_eq!(
        (status.as_u16(), &changed["version"]),
        (200, &json!(2)),
        "{changed}"
    );
    assert_eq!(served(&shop).await, ("pro".to_owned(), 1));
    // Going on with it is no change of the version either.
    want(&shop, "free").await;
    want(&shop, "pro").await;
    assert_eq!(served(&shop).await, ("pro".to_owned(), 1));
    let billing = shop.get_ok("/api/billing").await;
    let offered = billing["plans"]
        .as_array()
        .unwrap()
        .iter()
        .find(|p| p["plan"] == "pro")
        .unwrap();
    assert_eq!(offered["terms"]["priceCents"], 19_900);
}

async fn two_checkouts_make_one_subscription(kind: Kind) {
    let shop = Shop::open(kind).await;
    let (first, second) = (want(&shop, "pro").await, want(&shop, "enterprise").await);
    let older = shop
        .stripe
        .pay(first["checkout"]["session"].as_str().unwrap());
    shop.at(NOW + 1);
    shop.stripe
        .pay(second["checkout"]["session"].as_str().unwrap());
    shop.deliver().await;
    assert_eq!(served(&shop).await.0, "enterprise");
    assert_eq!(shop.stripe.object(&older)["cancel_at_period_end"], true);
    shop.deliver().await;
    shop.agree().await;
}

async fn what_cannot_be_subscribed_to(kind: Kind) {
    let shop = Shop::open(kind).await;
    for plan in ["platinum", "", "pro\0"] {
        let (status, refusal) = shop
            .post("/api/billing/subscription", &json!({ "plan": plan }))
            .await;
        assert_eq!(
            (status.as_u16(), refusal["code"].as_str()),
            (422, Some("unknown_plan")),
            "{plan:?}"
        );
    }
    let writer = json!({ "name": "writer", "scopes": ["read", "write"] });
    let (key, _) = shop.customer.create_key(&shop.server, &writer).await;
    let request = shop
        .server
        .request(Method::POST, "/api/billing/subscription")
        .bearer_auth(key);
    let response = request
        .json(&json!({ "plan": "pro" }))
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 403);
}

async fn a_closed_account_is_not_charged(kind: Kind) {
    let shop = Shop::open(kind).await;
    // A page that is still open when the account is closed.
    let (status, late) = shop
        .post("/api/billing/subscription", &json!({ "plan": "pro" }))
        .await;
    assert_eq!(status, 200, "{late}");
    let (pro, sandbox) = (
        shop.subscribe("pro").await,
        shop.subscribe("sandbox_starter").await,
    );
    let close = || {
        let request = shop
            .customer
            .request(&shop.server, Method::DELETE, "/api/account");
        answer(request)
    };
    shop.stripe.fail([Fault::Failed; 3]);
    let (status, refusal) = close().await;
    assert_eq!(
        (status.as_u16(), refusal["code"].as_str()),
        (503, Some("payments_unavailable"))
    );
    assert_eq!(shop.stripe.object(&pro)["status"], "active");
    // Done, and not heard: the next try finds it ended.
    shop.stripe.fail([Fault::DoneAndFailed]);
    assert_eq!(close().await.0, 204);
    for subscription in [&pro, &sandbox] {
        assert_eq!(shop.stripe.object(subscription)["status"], "canceled");
    }
    let paid = shop
        .stripe
        .pay(late["checkout"]["session"].as_str().unwrap());
    shop.deliver().await;
    assert_eq!(shop.stripe.object(&paid)["status"], "canceled");
    shop.deliver().await;
    let in_force = "SELECT subscription, in_force FROM stripe_subscriptions WHERE in_force = 1";
    assert_eq!(shop.store.rows(in_force).await, []);
    shop.agree().await;
}
