//! Webhooks that arrive twice, late, in another order, forged, or while something fails.

use reqwest::StatusCode;
use serde_json::json;

use super::{NOW, OTHER_SECRET, Shop, USD};
use crate::support::{
    database::{Kind, on_both_databases},
    stand::eventually,
    stripe::{Delivery, Fault, SECRET, sign},
};

on_both_databases!(
    only_what_is_signed_and_fresh_is_taken,
    two_secrets_while_one_is_replaced,
    duplicates_are_taken_once,
    a_refund_before_its_payment,
    a_dispute_that_ended_before_it_began,
    what_fails_is_done_when_it_comes_again,
    what_is_left_half_way_is_swept_up,
    unknown_events_are_kept,
    other_business_of_the_provider,
);

async fn only_what_is_signed_and_fresh_is_taken(kind: Kind) {
    let shop = Shop::open(kind).await;
    let session = shop.checkout("small").await;
    shop.stripe.pay(&session);
    let events = shop.stripe.events();
    let event = events.last().unwrap();
    let body = event.to_string();
    let good = Delivery::at(NOW);
    for delivery in [
        Delivery {
            secret: "whsec_wrong_0123456789",
            at: NOW,
        },
        Delivery::at(NOW - 301),
        Delivery::at(NOW + 301),
    ] {
        assert_eq!(
            delivery.send(&shop.server, event).await,
            400,
            "{delivery:?}"
        );
    }
    let header = sign(SECRET, NOW, &body);
    let altered = body.replace("2500", "250000");
    assert_ne!(altered, body);
    for (header, body) in [("", &body), ("v1=00", &body), (header.as_str(), &altered)] {
        assert_eq!(
            good.send_as(&shop.server, header, body).await,
            400,
            "{header}"
        );
    }
    // Signed, but no event.
    for body in ["", "{}", "[]", "{\"id\":\"evt_1\"}"] {
        assert_eq!(
            good.send_as(&shop.server, &sign(SECRET, NOW, body), body)
                .await,
            400,
            "{body}"
        );
    }
    assert_eq!(shop.balance().await, 0);
    assert_eq!(
        shop.store
            .rows("SELECT event, created_at FROM stripe_events")
            .await,
        []
    );
    for at in [NOW - 300, NOW + 300] {
        assert_eq!(Delivery::at(at).send(&shop.server, event).await, 200);
    }
    assert_eq!(shop.balance().await, 25 * USD);
}

async fn two_secrets_while_one_is_replaced(kind: Kind) {
    let shop = Shop::open(kind).await;
    for secret in [OTHER_SECRET, SECRET] {
        shop.stripe.pay(&shop.checkout("small").await);
        Delivery { secret, at: NOW }
            .all(&shop.server, &shop.stripe.events())
            .await;
    }
    // As Stripe does it: a signature for each.
    shop.stripe.pay(&shop.checkout("small").await);
    for event in shop.stripe.events() {
        let body = event.to_string();
        let wrong = sign("whsec_wrong_0123456789", NOW, &body);
        let (_, right) = sign(SECRET, NOW, &body)
            .split_once(',')
            .map(|(a, b)| (a.to_owned(), b.to_owned()))
            .unwrap();
        let header = format!("{wrong},{right},v0=00");
        assert_eq!(
            Delivery::at(NOW)
                .send_as(&shop.server, &header, &body)
                .await,
            200
        );
    }
    assert_eq!(shop.balance().await, 75 * USD);
}

async fn duplicates_are_taken_once(kind: Kind) {
    let shop = Shop::open(kind).await;
    let other = shop.beside().await;
    let payment = shop.stripe.pay(&shop.checkout("large").await);
    shop.stripe.refund(&payment, 10_000);
    let events = shop.stripe.events();
    let delivery = Delivery::at(NOW);
    // At the same time, at two servers.
    let sent = futures_util::future::join_all((0..24).map(|n| {
        let server = if n % 2 == 0 { &shop.server } else { &other };
        delivery.send(server, &events[n % events.len()])
    }))
    .await;
    for (n, status) in sent.into_iter().enumerate() {
        assert!(status == 200 || status == 500, "{n}: {status}");
    }
    delivery.all(&shop.server, &events).await;
    assert_eq!(shop.balance().await, 350 * USD);
    assert_eq!(
        shop.store
            .rows("SELECT id, settled_at FROM postings")
            .await
            .len(),
        2
    );
    assert_eq!(
        shop.store
            .rows("SELECT event, created_at FROM stripe_events")
            .await
            .len(),
        events.len()
    );
    shop.agree().await;
}

async fn a_refund_before_its_payment(kind: Kind) {
    let shop = Shop::open(kind).await;
    let payment = shop.stripe.pay(&shop.checkout("small").await);
    let paid = shop.stripe.events();
    shop.stripe.refund(&payment, 500);
    shop.stripe.refund(&payment, 700);
    let mut refunds = shop.stripe.events();
    refunds.reverse();
    let delivery = Delivery::at(NOW);
    delivery.all(&shop.server, &refunds).await;
    assert_eq!(
        shop.store.rows("SELECT id, settled_at FROM postings").await,
        []
    );
    delivery.all(&shop.server, &paid).await;
    assert_eq!(shop.balance().await, 13 * USD);
    shop.agree().await;
}

async fn a_dispute_that_ended_before_it_began(kind: Kind) {
    let shop = Shop::open(kind).await;
    let payment = shop.buy("small").await;
    let dispute = shop.stripe.dispute(&payment, 2_500, "needs_response");
    shop.stripe.close_dispute(&dispute, "won");
    let mut events = shop.stripe.events();
    events.reverse();
    Delivery::at(NOW).all(&shop.server, &events).await;
    assert_eq!(shop.balance().await, 25 * USD);
    shop.agree().await;
}

async fn what_fails_is_done_when_it_comes_again(kind: Kind) {
    let shop = Shop::open(kind).await;
    shop.stripe.pay(&shop.checkout("small").await);
    let events = shop.stripe.events();
    let delivery = Delivery::at(NOW);
    shop.store
        .execute("ALTER TABLE posted_entries RENAME TO posted_entries_away")
        .await;
    assert_eq!(
        delivery.send(&shop.server, events.last().unwrap()).await,
        500
    );
    assert_eq!(
        shop.store
            .rows("SELECT account, balance_nano_usd FROM balances WHERE balance_nano_usd > 0")
            .await,
        []
    );
    shop.store
        .execute("ALTER TABLE posted_entries_away RENAME TO posted_entries")
        .await;
    delivery.all(&shop.server, &events).await;
    delivery.all(&shop.server, &events).await;
    assert_eq!(shop.balance().await, 25 * USD);
    shop.agree().await;
}

/// Nobody sends it again: it is done all the same.
async fn what_is_left_half_way_is_swept_up(kind: Kind) {
    let shop = Shop::open(kind).await;
    let (status, body) = shop
        .post("/api/billing/subscription", &json!({ "plan": "pro" }))
        .await;
    assert_eq!(status, StatusCode::OK, "{body}");
    shop.stripe
        .pay(body["checkout"]["session"].as_str().unwrap());
    let events = shop.stripe.events();
    let paid = events.iter().find(|e| e["type"] == "invoice.paid").unwrap();
    shop.stripe.fail([Fault::Failed; 3]);
    assert_eq!(Delivery::at(NOW).send(&shop.server, paid).await, 503);
    assert_eq!(shop.book("stripe").await, 0);
    shop.at(NOW + 61);
    eventually("the event is done", || async {
        (shop.book("stripe").await == 99 * USD).then_some(())
    })
    .await;
    assert_eq!(shop.book("revenue:subscription").await, -99 * USD);
}

async fn unknown_events_are_kept(kind: Kind) {
    let shop = Shop::open(kind).await;
    let event = json!({
        "id": "evt_unknown", "type": "terminal.reader.action_failed", "created": NOW,
        "data": { "object": { "id": "tmr_1" } },
    });
    let delivery = Delivery::at(NOW);
    delivery.all(&shop.server, [&event, &event]).await;
    let kept = shop
        .store
        .rows("SELECT kind, created_at FROM stripe_events")
        .await;
    assert_eq!(kept, [("terminal.reader.action_failed".to_owned(), NOW)]);
    shop.agree().await;
}

/// Sessions, invoices and subscriptions that carry no account of ours, and other currencies.
async fn other_business_of_the_provider(kind: Kind) {
    let shop = Shop::open(kind).await;
    let foreign = shop.stripe.pay(&shop.checkout("small").await);
    let mut events = shop.stripe.events();
    let session = &mut events.last_mut().unwrap()["data"]["object"];
    session["metadata"] = json!({ "order": "7" });
    Delivery::at(NOW).all(&shop.server, &events).await;
    shop.stripe.refund(&foreign, 2_500);
    shop.deliver().await;
    shop.stripe.pay(&shop.checkout("small").await);
    let mut events = shop.stripe.events();
    events.last_mut().unwrap()["data"]["object"]["currency"] = "eur".into();
    Delivery::at(NOW).all(&shop.server, &events).await;
    assert_eq!(shop.balance().await, 0);
    assert_eq!(
        shop.store.rows("SELECT id, settled_at FROM postings").await,
        []
    );
}
