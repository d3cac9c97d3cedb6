//! Paying for one run by card.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{till::Till, told};
use crate::{
    billing::sell,
    ledger::NOW,
    support::{
        database::{Kind, on_both_databases},
        platform::Customer,
        stripe::{Delivery, Fault},
    },
};

on_both_databases!(
    a_card_pays_for_a_run,
    an_account_pays_for_a_run,
    one_page_and_one_run,
    a_second_payment_goes_back,
    payments_that_are_not_what_was_asked,
    a_link_has_its_time,
    by_card_and_by_x402,
    what_is_paid_back,
    a_provider_that_is_away,
    what_fails_is_done_when_it_comes_again,
);

/// What a card is charged at least.
const PRICE: i64 = 500_000_000;

async fn a_card_pays_for_a_run(kind: Kind) {
    let till = Till::open(kind).await;
    let order = till.order().await;
    let checkout = &order.body["checkout"];
    assert_eq!(checkout["priceCents"], 50);
    assert_eq!(checkout["expiresUnix"], NOW + 3_600);
    // It is not there for whoever has not its token, and waits for its payment for who has.
    let id = checkout["run"].as_str().unwrap();
    let bare = till
        .shop
        .server
        .request(Method::GET, &format!("/api/runs/{id}"));
    assert_eq!(told(bare).await.status, StatusCode::NOT_FOUND);
    let waits = till.run(&order).await;
    assert_eq!(
        (waits.status, waits.text("state"), waits.text("paidBy")),
        (StatusCode::ACCEPTED, "pending".into(), "stripe".into())
    );
    assert!(till.stripe.asked("/v1/checkout/sessions").is_empty());
    let session = till.session(&order).await;
    let asked = &till.stripe.asked("/v1/checkout/sessions")[0];
    assert_eq!(
        asked.idempotency_key.as_deref(),
        Some(&*format!("primis:run:{id}"))
    );
    let until = (NOW + 3_600).to_string();
    for (name, value) in [
        ("mode", "payment"),
        ("client_reference_id", id),
        ("metadata[primis_run]", id),
        ("payment_intent_data[metadata][primis_run]", id),
        ("line_items[0][price_data][unit_amount]", "50"),
        ("line_items[0][price_data][currency]", "usd"),
        ("payment_method_types[0]", "card"),
        ("expires_at", &until),
    ] {
        assert_eq!(asked.form[name], value, "{name}");
    }
    assert!(!asked.form.contains_key("customer"));
    till.stripe.pay(&session);
    till.deliver().await;
    let run = till.ended(&order).await;
    assert_eq!(
        (run.status, run.text("paidBy")),
        (StatusCode::OK, "stripe".into())
    );
    assert_eq!(run.body["priceNanoUsd"], PRICE.to_string());
    assert_eq!(run.body["result"]["rows"], 11);
    assert_eq!(till.books().await, (PRICE, PRICE));
    till.shop.books.clock.set(NOW + 600);
    let (status, report) = till
        .shop
        .server
        .revenue(NOW - 60, NOW + 60, NOW + 600)
        .await;
    assert_eq!(status, StatusCode::OK, "{report}");
    assert_eq!(
        (&report["gross_nano_usd"], &report["fee_nano_usd"]),
        (&json!(PRICE), &json!(PRICE / 10)),
        "{report}"
    );
    let again = till.visit(&order).await;
    assert_eq!(
        (again.status.as_u16(), &again.body["code"]),
        (409, &json!("already_paid"))
    );
    // Nobody known bought it: there is no invoice to write.
    till.shop.books.clock.set(NOW + 40 * 86_400);
    crate::support::stand::eventually("the month is closed", || async {
        let closed = till
            .shop
            .count("SELECT 'closed', COUNT(*) FROM closed_months");
        (closed.await > 0).then_some(())
    })
    .await;
    assert_eq!(
        till.shop
            .count("SELECT 'all', COUNT(*) FROM invoices")
            .await,
        0
    );
}

async fn an_account_pays_for_a_run(kind: Kind) {
    let till = Till::open(kind).await;
    let (ada, bob) = (
        Customer::new(&till.shop.server).await,
        Customer::new(&till.shop.server).await,
    );
    let request = ada.request(&till.shop.server, Method::POST, "/api/simulate");
    let order = told(request.json(&till.shop.job(0))).await;
    assert_eq!(order.status, StatusCode::PAYMENT_REQUIRED, "{order:?}");
    assert!(order.body["checkout"]["token"].is_null());
    let session = till.session(&order).await;
    let asked = &till.stripe.asked("/v1/checkout/sessions")[0];
    assert_eq!(asked.form["metadata[primis_account]"], ada.account);
    let customer = &till.stripe.object(&asked.form["customer"]);
    assert_eq!(customer["metadata"]["primis_account"], ada.account);
    till.stripe.pay(&session);
    till.deliver().await;
    let path = format!(
        "/api/runs/{}",
        order.body["checkout"]["run"].as_str().unwrap()
    );
    crate::support::stand::eventually("the run ends", || async {
        let run = told(ada.request(&till.shop.server, Method::GET, &path)).await;
        (run.body["state"] == "done").then_some(())
    })
    .await;
    let stranger = told(bob.request(&till.shop.server, Method::GET, &path)).await;
    assert_eq!(stranger.status, StatusCode::NOT_FOUND);
    // It did not touch the account's credit.
    assert_eq!(till.shop.books.of(&ada.account).await, (0, 0));
    assert_eq!(till.books().await, (PRICE, PRICE));
    till.shop.books.clock.set(NOW + 40 * 86_400);
    let invoices = crate::support::stand::eventually("the invoice", || async {
        let all = ada.request(&till.shop.server, Method::GET, "/api/billing/invoices");
        let all = told(all).await.body["invoices"].clone();
        (all[0].is_object()).then_some(all)
    })
    .await;
    assert_eq!(invoices[0]["totalNanoUsd"], PRICE.to_string());
}

/// Visits at the same time at two servers are one page; events, however often, one run.
async fn one_page_and_one_run(kind: Kind) {
    let till = Till::open(kind).await;
    let other = till
        .shop
        .beside(|settings| sell(settings, &till.stripe.url))
        .await;
    let order = till.order().await;
    let visits = (0..8).map(|n| {
        let server = if n % 2 == 0 {
            &till.shop.server
        } else {
            &other
        };
        told(till.page(server, &order))
    });
    let pages = futures_util::future::join_all(visits).await;
    for page in &pages {
        assert_eq!(page.status, StatusCode::SEE_OTHER, "{page:?}");
        assert_eq!(page.header("location"), pages[0].header("location"));
    }
    till.stripe.pay(&till.session(&order).await);
    let events = till.stripe.events();
    let delivery = Delivery::at(NOW);
    let sent = (0..12).map(|n| {
        let server = if n % 2 == 0 {
            &till.shop.server
        } else {
            &other
        };
        delivery.send(server, &events[n % events.len()])
    });
    for status in futures_util::future::join_all(sent).await {
        assert!(status == 200 || status == 500, "{status}");
    }
    delivery.all(&till.shop.server, &events).await;
    till.ended(&order).await;
    assert_eq!(till.shop.runs().await, 1);
    assert_eq!(till.books().await, (PRICE, PRICE));
    assert!(till.returned().is_empty());
}

/// A run is paid once: whatever comes after that for the same run is given back.
async fn a_second_payment_goes_back(kind: Kind) {
    let till = Till::open(kind).await;
    let order = till.order().await;
    let session = till.session(&order).await;
    let first = till.stripe.pay(&session);
    let second = till.stripe.pay(&session);
    assert_ne!(first, second);
    let events = till.stripe.events();
    let delivery = Delivery::at(NOW);
    delivery.all(&till.shop.server, &events).await;
    delivery.all(&till.shop.server, &events).await;
    till.ended(&order).await;
    assert_eq!(till.returned(), [second]);
    assert_eq!(till.books().await, (2 * PRICE, 2 * PRICE));
    // Stripe tells of the refund.
    till.deliver().await;
    assert_eq!(till.books().await, (PRICE, PRICE));
    assert_eq!(till.shop.runs().await, 1);
}

async fn payments_that_are_not_what_was_asked(kind: Kind) {
    let till = Till::open(kind).await;
    let delivery = Delivery::at(NOW);
    // Changed, as if the page had asked for something else.
    let paid = async |change: fn(&mut Value)| {
        let order = till.order().await;
        let payment = till.stripe.pay(&till.session(&order).await);
        let mut events = till.stripe.events();
        change(&mut events.last_mut().unwrap()["data"]["object"]);
        delivery.all(&till.shop.server, &events).await;
        till.deliver().await;
        assert_eq!(till.run(&order).await.text("state"), "pending");
        payment
    };
    let less = paid(|session| session["amount_total"] = 49.into()).await;
    let more = paid(|session| session["amount_total"] = 51.into()).await;
    let unknown = paid(|session| session["metadata"]["primis_run"] = "run_none".into()).await;
    assert_eq!(till.returned(), [less, more, unknown]);
    // Not dollars, and no business of ours: nothing is known of it.
    paid(|session| session["currency"] = "eur".into()).await;
    paid(|session| session["metadata"] = json!({ "order": "7" })).await;
    assert_eq!(till.returned().len(), 3);
    assert_eq!(till.shop.runs().await, 0);
    // What was given back of one that was told as 49 and 51 was 50 each time.
    let (stripe, runs) = till.books().await;
    assert_eq!((stripe, runs), (0, 0));
    // A payment that takes days runs when it is there.
    let order = till.order().await;
    till.stripe.pay_later(&till.session(&order).await);
    let events = till.stripe.events();
    delivery.all(&till.shop.server, &events[..1]).await;
    assert_eq!(till.run(&order).await.text("state"), "pending");
    assert_eq!(till.books().await, (0, 0));
    delivery.all(&till.shop.server, &events).await;
    till.ended(&order).await;
    assert_eq!(till.books().await, (PRICE, PRICE));
}

async fn a_link_has_its_time(kind: Kind) {
    let till = Till::open(kind).await;
    let (unvisited, visited, late) = (till.order().await, till.order().await, till.order().await);
    let session = till.session(&visited).await;
    let late_session = till.session(&late).await;
    till.shop.books.clock.set(NOW + 3_601);
    let refused = till.visit(&unvisited).await;
    assert_eq!(
        (refused.status.as_u16(), &refused.body["code"]),
        (404, &json!("unknown_run"))
    );
    assert_eq!(till.run(&unvisited).await.status, StatusCode::NOT_FOUND);
    let refused = till.visit(&visited).await;
    assert_eq!(
        (refused.status.as_u16(), &refused.body["code"]),
        (410, &json!("checkout_over"))
    );
    // Its page is closed, and it was not paid.
    till.stripe.expire(&session);
    // Another was paid in time, and that is told late.
    till.stripe.pay(&late_session);
    let delivery = Delivery::at(NOW + 7_200);
    till.shop.books.clock.set(NOW + 7_200);
    delivery.all(&till.shop.server, &till.stripe.events()).await;
    till.ended(&late).await;
    assert_eq!(till.shop.runs().await, 1);
    // The unit was uploaded by nobody known, and its time would be over by now.
    till.shop.books.clock.set(NOW + 86_400 + 7_200);
    let gone = till.run(&visited).await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
    for id in ["run_none", "run_%00", "none"] {
        let path = format!("/api/runs/{id}/checkout");
        let refused = told(till.shop.server.request(Method::GET, &path)).await;
        assert_eq!(refused.status, StatusCode::NOT_FOUND, "{id}");
    }
}

/// Each payment is a run: who pays twice in two ways has bought two.
async fn by_card_and_by_x402(kind: Kind) {
    let till = Till::open(kind).await;
    let order = till.order().await;
    let session = till.session(&order).await;
    let payment = till.shop.payment(&till.shop.job(0), "one").await;
    let by_x402 = told(till.shop.paid(&till.shop.job(0), &payment)).await;
    assert_eq!(by_x402.status, StatusCode::OK);
    till.stripe.pay(&session);
    till.deliver().await;
    let by_card = till.ended(&order).await;
    assert_ne!(by_card.body["id"], by_x402.body["id"]);
    assert_eq!(till.shop.runs().await, 2);
    assert_eq!(till.shop.earned().await, 10_010_000);
    assert_eq!(till.books().await, (PRICE, PRICE + 10_010_000));
    assert!(till.returned().is_empty());
}

async fn what_is_paid_back(kind: Kind) {
    let till = Till::open(kind).await;
    let (first, second) = (till.order().await, till.order().await);
    let refunded = till.stripe.pay(&till.session(&first).await);
    let disputed = till.stripe.pay(&till.session(&second).await);
    let paid = till.stripe.events();
    till.stripe.refund(&refunded, 20);
    till.stripe.refund(&refunded, 30);
    let dispute = till.stripe.dispute(&disputed, 50, "needs_response");
    // Told before the payments themselves.
    till.deliver().await;
    assert_eq!(till.books().await, (0, 0));
    Delivery::at(NOW).all(&till.shop.server, &paid).await;
    assert_eq!(till.books().await, (0, 0));
    till.stripe.close_dispute(&dispute, "won");
    till.deliver().await;
    assert_eq!(till.books().await, (PRICE, PRICE));
    // They were run all the same: that was done.
    till.ended(&first).await;
    till.ended(&second).await;
    assert_eq!(till.shop.runs().await, 2);
}

async fn a_provider_that_is_away(kind: Kind) {
    let till = Till::open(kind).await;
    // To be told what to pay nobody has to be asked.
    till.stripe.fail([Fault::Failed; 3]);
    let order = till.order().await;
    let refused = till.visit(&order).await;
    assert_eq!(
        (refused.status.as_u16(), &refused.body["code"]),
        (503, &json!("payments_unavailable"))
    );
    till.stripe.fail([Fault::DoneAndFailed, Fault::RateLimited]);
    let session = till.session(&order).await;
    let second = till.order().await;
    let payment = till.stripe.pay(&session);
    till.stripe.pay(&session);
    till.deliver().await;
    till.ended(&order).await;
    // A payment that goes back, while nobody can be asked: it goes back later.
    let session = till.session(&second).await;
    till.stripe.pay(&session);
    till.deliver().await;
    till.stripe.pay(&session);
    till.stripe.fail([Fault::Failed; 3]);
    let events = till.stripe.events();
    let delivery = Delivery::at(NOW);
    assert_eq!(
        delivery
            .send(&till.shop.server, events.last().unwrap())
            .await,
        503
    );
    delivery.all(&till.shop.server, &events).await;
    till.deliver().await;
    assert_eq!(till.returned().len(), 2);
    assert!(!till.returned().contains(&payment));
    assert_eq!(till.books().await, (2 * PRICE, 2 * PRICE));
}

async fn what_fails_is_done_when_it_comes_again(kind: Kind) {
    let till = Till::open(kind).await;
    let order = till.order().await;
    till.stripe.pay(&till.session(&order).await);
    let events = till.stripe.events();
    let delivery = Delivery::at(NOW);
    let store = &till.shop.books.store;
    store.execute("ALTER TABLE fmus RENAME TO fmus_away").await;
    assert_eq!(
        delivery
            .send(&till.shop.server, events.last().unwrap())
            .await,
        500
    );
    assert_eq!(till.shop.runs().await, 0);
    store.execute("ALTER TABLE fmus_away RENAME TO fmus").await;
    delivery.all(&till.shop.server, &events).await;
    till.ended(&order).await;
    assert_eq!(till.books().await, (PRICE, PRICE));
    assert!(till.returned().is_empty());
}
