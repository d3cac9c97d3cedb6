//! Credit: checkout, payment, refund.

use reqwest::{Method, StatusCode};
use serde_json::json;

use super::{Shop, USD};
use crate::support::{
    database::{Kind, on_both_databases},
    platform::Customer,
    stripe::Fault,
};

on_both_databases!(
    packs_and_amounts_are_credited,
    what_is_not_sold_is_refused,
    a_debit_is_credited_when_it_is_paid,
    requests_are_sent_again_and_done_once,
    a_provider_that_is_away,
    refunds_take_what_is_left,
    a_dispute_takes_and_a_won_one_returns,
);

async fn packs_and_amounts_are_credited(kind: Kind) {
    let shop = Shop::open(kind).await;
    let billing = shop.get_ok("/api/billing").await;
    assert_eq!(billing["balanceNanoUsd"], "0");
    assert_eq!(billing["plan"]["plan"], "free");
    let packs: Vec<_> = billing["packs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| p["priceCents"].as_i64().unwrap())
        .collect();
    assert_eq!(packs, [2_500, 9_500, 45_000]);
    for (pack, balance) in [("small", 25), ("medium", 120), ("large", 570)] {
        shop.buy(pack).await;
        assert_eq!(shop.balance().await, balance * USD);
    }
    let (status, body) = shop
        .post("/api/billing/checkout", &json!({ "amountCents": 777 }))
        .await;
    assert_eq!(status, StatusCode::OK, "{body}");
    assert!(
        body["url"]
            .as_str()
            .unwrap()
            .starts_with("https://checkout.stripe.com/")
    );
    shop.stripe.pay(body["session"].as_str().unwrap());
    shop.deliver().await;
    assert_eq!(shop.balance().await, 577_770_000_000);
    assert_eq!(shop.book("stripe").await, 577_770_000_000);
    shop.agree().await;
    // One customer at the provider, and every request of one version and with a key.
    assert_eq!(shop.stripe.asked("/v1/customers").len(), 1);
    for asked in shop.stripe.asked("/v1/checkout/sessions") {
        assert_eq!(asked.version.as_deref(), Some("2026-09-30.endive"));
        assert!(
            asked
                .idempotency_key
                .unwrap()
                .starts_with("primis:session:")
        );
        assert_eq!(
            asked.form["metadata[primis_account]"],
            shop.customer.account
        );
    }
    // Somebody else's balance is another.
    let other = Customer::new(&shop.server).await;
    let (_, billing) =
        crate::support::platform::answer(other.request(&shop.server, Method::GET, "/api/billing"))
            .await;
    assert_eq!(billing["balanceNanoUsd"], "0");
}

async fn what_is_not_sold_is_refused(kind: Kind) {
    let shop = Shop::open(kind).await;
    for (body, status, code) in [
        (json!({ "pack": "huge" }), 422, "unknown_pack"),
        (json!({}), 422, "amount_out_of_range"),
        (json!({ "amountCents": 499 }), 422, "amount_out_of_range"),
        (
            json!({ "amountCents": 1_000_001 }),
            422,
            "amount_out_of_range",
        ),
        (
            json!({ "pack": "small", "amountCents": 2_500 }),
            422,
            "amount_out_of_range",
        ),
        (json!({ "packs": "small" }), 422, "invalid_body"),
    ] {
        let (answered, refusal) = shop.post("/api/billing/checkout", &body).await;
        assert_eq!(
            (answered.as_u16(), refusal["code"].as_str()),
            (status, Some(code)),
            "{body}"
        );
    }
    assert!(shop.stripe.asked("/v1/checkout/sessions").is_empty());
    // Without a key, and with one that may only read.
    let request = shop.server.request(Method::POST, "/api/billing/checkout");
    let response = request
        .json(&json!({ "pack": "small" }))
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 401);
    let reader = json!({ "name": "reader", "scopes": ["read"] });
    let (key, _) = shop.customer.create_key(&shop.server, &reader).await;
    let request = shop
        .server
        .request(Method::POST, "/api/billing/checkout")
        .bearer_auth(key);
    let response = request
        .json(&json!({ "pack": "small" }))
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 403);
}

async fn a_debit_is_credited_when_it_is_paid(kind: Kind) {
    let shop = Shop::open(kind).await;
    let session = shop.checkout("small").await;
    shop.stripe.pay_later(&session);
    let events = shop.stripe.events();
    let delivery = crate::support::stripe::Delivery::at(super::NOW);
    delivery.all(&shop.server, &events[..1]).await;
    assert_eq!(shop.balance().await, 0);
    delivery.all(&shop.server, &events).await;
    assert_eq!(shop.balance().await, 25 * USD);
    shop.agree().await;
}

async fn requests_are_sent_again_and_done_once(kind: Kind) {
    let shop = Shop::open(kind).await;
    shop.stripe.fail([Fault::DoneAndFailed, Fault::RateLimited]);
    shop.buy("small").await;
    let customers = shop.stripe.asked("/v1/customers");
    let keys: Vec<_> = customers.iter().map(|a| &a.idempotency_key).collect();
    assert_eq!(keys, [keys[0]; 3]);
    shop.stripe.fail([Fault::Busy, Fault::DoneAndFailed]);
    shop.buy("small").await;
    assert_eq!(shop.balance().await, 50 * USD);
    assert_eq!(shop.stripe.asked("/v1/checkout/sessions").len(), 4);
    let state = shop.stripe.state();
    let made = |kind: &str| {
        state
            .objects
            .values()
            .filter(|o| o["object"] == kind)
            .count()
    };
    assert_eq!((made("customer"), made("checkout.session")), (1, 2));
}

async fn a_provider_that_is_away(kind: Kind) {
    let shop = Shop::open(kind).await;
    shop.stripe.fail([Fault::Failed; 3]);
    let (status, refusal) = shop
        .post("/api/billing/checkout", &json!({ "pack": "small" }))
        .await;
    assert_eq!(
        (status.as_u16(), refusal["code"].as_str()),
        (503, Some("payments_unavailable"))
    );
    let text = refusal.to_string();
    assert!(!text.contains("sk_test"), "{text}");
}

async fn refunds_take_what_is_left(kind: Kind) {
    let shop = Shop::open(kind).await;
    let payment = shop.buy("small").await;
    let refund = |cents: Option<i64>, id: &str| {
        let mut body = json!({ "payment": payment, "requestId": id });
        if let Some(cents) = cents {
            body["amountCents"] = cents.into();
        }
        body
    };
    let ask = async |body| shop.admin(Method::POST, "/admin/refunds", &body).await;
    let (status, made) = ask(refund(Some(1_000), "one")).await;
    assert_eq!(
        (status.as_u16(), made["amountCents"].as_i64()),
        (200, Some(1_000)),
        "{made}"
    );
    // Again it is the same refund.
    let (_, again) = ask(refund(Some(1_000), "one")).await;
    assert_eq!(again["refund"], made["refund"]);
    shop.deliver().await;
    assert_eq!(shop.balance().await, 15 * USD);
    // The rest, of which the customer has spent a part.
    shop.store
        .execute("UPDATE balances SET balance_nano_usd = 4000000000")
        .await;
    let (status, _) = ask(refund(None, "two")).await;
    assert_eq!(status, 200);
    shop.deliver().await;
    assert_eq!(shop.balance().await, 0);
    assert_eq!(shop.book("loss").await, 11 * USD);
    assert_eq!(shop.book("stripe").await, 0);
    let (status, refusal) = ask(refund(None, "three")).await;
    assert_eq!(
        (status.as_u16(), refusal["code"].as_str()),
        (422, Some("amount_out_of_range"))
    );
    for (body, status, code) in [
        (
            json!({ "payment": "pi_unknown", "requestId": "a" }),
            404,
            "unknown_payment",
        ),
        (
            json!({ "payment": payment, "requestId": "a b" }),
            422,
            "invalid_name",
        ),
        (refund(Some(0), "four"), 422, "amount_out_of_range"),
    ] {
        let (answered, refusal) = ask(body).await;
        assert_eq!(
            (answered.as_u16(), refusal["code"].as_str()),
            (status, Some(code)),
            "{refusal}"
        );
    }
    // Credit notes, numbered, and who did it.
    let all = shop.get_ok("/api/billing/invoices").await;
    let numbers: Vec<_> = all["invoices"]
        .as_array()
        .unwrap()
        .iter()
        .map(|i| {
            (
                i["number"].as_str().unwrap(),
                i["kind"].as_str().unwrap(),
                i["totalNanoUsd"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        numbers,
        [
            ("CN-000002", "creditNote", "15000000000"),
            ("CN-000001", "creditNote", "10000000000"),
        ]
    );
    let (_, audit) = shop.admin(Method::GET, "/admin/audit", &json!(null)).await;
    let entry = &audit["entries"][0];
    assert_eq!(
        (entry["who"].as_str(), entry["action"].as_str()),
        (Some("admin"), Some("refund.made"))
    );
    assert_eq!(entry["object"], payment.as_str());
}

async fn a_dispute_takes_and_a_won_one_returns(kind: Kind) {
    let shop = Shop::open(kind).await;
    let payment = shop.buy("medium").await;
    let inquiry = shop
        .stripe
        .dispute(&payment, 9_500, "warning_needs_response");
    shop.deliver().await;
    assert_eq!(shop.balance().await, 95 * USD);
    shop.stripe.close_dispute(&inquiry, "warning_closed");
    let dispute = shop.stripe.dispute(&payment, 9_500, "needs_response");
    shop.deliver().await;
    assert_eq!((shop.balance().await, shop.book("stripe").await), (0, 0));
    shop.stripe.close_dispute(&dispute, "won");
    shop.deliver().await;
    assert_eq!(
        (shop.balance().await, shop.book("stripe").await),
        (95 * USD, 95 * USD)
    );
    let dispute = shop.stripe.dispute(&payment, 9_500, "needs_response");
    shop.stripe.close_dispute(&dispute, "lost");
    shop.deliver().await;
    assert_eq!((shop.balance().await, shop.book("loss").await), (0, 0));
    shop.agree().await;
}
