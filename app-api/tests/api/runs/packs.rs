//! Packs of prepaid runs.

use primis_app_api::config::RunPack;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{Shop, told};
use crate::{
    billing::sell,
    ledger::NOW,
    support::{
        database::{Kind, on_both_databases},
        platform::Customer,
        stripe::{Delivery, Stripe},
    },
};

on_both_databases!(a_pack_is_bought_and_used, a_pack_is_paid_back);

const USD: i64 = 1_000_000_000;

struct Packs {
    shop: Shop,
    stripe: Stripe,
    ada: Customer,
}

impl Packs {
    async fn open(kind: Kind) -> Self {
        let stripe = Stripe::start(NOW).await;
        let shop = Shop::with(kind, |settings| {
            sell(settings, &stripe.url);
            settings.stripe.run_packs = vec![RunPack {
                id: "ten".into(),
                runs: 10,
                cents: 300,
            }];
        })
        .await;
        let ada = Customer::new(&shop.server).await;
        Self { shop, stripe, ada }
    }

    async fn checkout(&self, body: Value) -> (StatusCode, Value) {
        let request = self
            .ada
            .request(&self.shop.server, Method::POST, "/api/billing/checkout");
        let answer = told(request.json(&body)).await;
        (answer.status, answer.body)
    }

    /// Buys a pack; answers the payment.
    async fn buy(&self) -> String {
        let (status, body) = self.checkout(json!({ "runPack": "ten" })).await;
        assert_eq!(status, StatusCode::OK, "{body}");
        self.stripe.pay(body["session"].as_str().unwrap())
    }

    /// Everything that Stripe has to tell arrives, twice.
    async fn deliver(&self) {
        let events = self.stripe.events();
        for _ in 0..2 {
            Delivery::at(NOW).all(&self.shop.server, &events).await;
        }
        self.shop.books.agree().await;
    }

    /// Prepaid runs that are left, and what they brought, nano-USD.
    async fn left(&self) -> (i64, i64) {
        let billing = self
            .ada
            .request(&self.shop.server, Method::GET, "/api/billing");
        let billing = told(billing).await.body;
        let brought = self.shop.count(
            "SELECT 'sum', CAST(COALESCE(-SUM(amount_nano_usd), 0) AS BIGINT) FROM entries \
             WHERE book = 'revenue:run'",
        );
        (billing["runCredits"].as_i64().unwrap(), brought.await)
    }

    async fn run(&self) -> Value {
        let request = self
            .ada
            .request(&self.shop.server, Method::POST, "/api/simulate");
        told(request.json(&self.shop.job(0))).await.body["paidBy"].clone()
    }
}

async fn a_pack_is_bought_and_used(kind: Kind) {
    let packs = Packs::open(kind).await;
    let billing = packs
        .ada
        .request(&packs.shop.server, Method::GET, "/api/billing");
    let billing = told(billing).await.body;
    let offered = json!([{ "id": "ten", "runs": 10, "priceCents": 300 }]);
    assert_eq!(
        (&billing["runPacks"], &billing["runCredits"]),
        (&offered, &json!(0))
    );
    packs.buy().await;
    assert_eq!(packs.left().await, (0, 0));
    packs.deliver().await;
    assert_eq!(packs.left().await, (10, 3 * USD));
    assert_eq!(packs.run().await, "credit");
    assert_eq!(packs.left().await, (9, 3 * USD));
    packs.buy().await;
    packs.deliver().await;
    assert_eq!(packs.left().await, (19, 6 * USD));
    assert_eq!(packs.shop.books.of(&packs.ada.account).await, (0, 0));
    for (body, code) in [
        (json!({ "runPack": "none" }), "unknown_pack"),
        (
            json!({ "runPack": "ten", "pack": "small" }),
            "amount_out_of_range",
        ),
    ] {
        let (status, refusal) = packs.checkout(body).await;
        assert_eq!((status.as_u16(), &refusal["code"]), (422, &json!(code)));
    }
}

async fn a_pack_is_paid_back(kind: Kind) {
    let packs = Packs::open(kind).await;
    let payment = packs.buy().await;
    packs.deliver().await;
    // A dollar of three: three runs and a third, which stays.
    packs.stripe.refund(&payment, 100);
    packs.deliver().await;
    assert_eq!(packs.left().await, (7, 2 * USD));
    for _ in 0..6 {
        assert_eq!(packs.run().await, "credit");
    }
    // The bank takes the rest: more than is left. What was used is used.
    let dispute = packs.stripe.dispute(&payment, 200, "needs_response");
    packs.deliver().await;
    assert_eq!(packs.left().await, (0, 0));
    // And gives it back: so comes what was taken, and no more.
    packs.stripe.close_dispute(&dispute, "won");
    packs.deliver().await;
    assert_eq!(packs.left().await, (1, 2 * USD));
}
