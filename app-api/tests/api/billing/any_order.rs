//! Payments, refunds and disputes, delivered in any order, any number of times, to two servers at the same
//! time: the same books. `src/platform/payments/state_tests.rs` does it for many more orders, without a
//! database.

use rand::{Rng as _, SeedableRng as _, rngs::StdRng, seq::SliceRandom as _};
use serde_json::json;

use super::{NOW, Shop, USD};
use crate::support::{
    database::{Kind, on_both_databases},
    stripe::Delivery,
};

on_both_databases!(any_order_ends_in_the_same_books);

/// What happens, by chance; answers what the customer's credit and the fees must be, cents.
async fn happens(shop: &Shop, chance: &mut StdRng) -> (i64, i64) {
    let (mut credit, mut fees) = (0, 0);
    for _ in 0..chance.random_range(2..5) {
        let (pack, cents) =
            [("small", 2_500), ("medium", 9_500), ("large", 45_000)][chance.random_range(0..3)];
        let payment = shop.stripe.pay(&shop.checkout(pack).await);
        credit += cents - goes_back(shop, &payment, cents, chance);
    }
    let (status, body) = shop
        .post("/api/billing/subscription", &json!({ "plan": "pro" }))
        .await;
    assert_eq!(status, 200, "{body}");
    let subscription = shop
        .stripe
        .pay(body["checkout"]["session"].as_str().unwrap());
    shop.stripe.renew(&subscription);
    for invoice in shop.stripe.invoices() {
        let payment = shop.stripe.payment_of(invoice["id"].as_str().unwrap());
        fees += 9_900 - goes_back(shop, &payment, 9_900, chance);
    }
    (credit, fees)
}

/// Refunds and disputes of a payment; answers what of it is gone in the end.
fn goes_back(shop: &Shop, payment: &str, cents: i64, chance: &mut StdRng) -> i64 {
    let mut gone = 0;
    for _ in 0..chance.random_range(0..3) {
        let part = chance.random_range(1..=cents / 4);
        shop.stripe.refund(payment, part);
        gone += part;
    }
    if chance.random_bool(0.5) {
        let part = chance.random_range(1..=cents / 2);
        let dispute = shop.stripe.dispute(payment, part, "needs_response");
        match chance.random_range(0..3) {
            0 => shop.stripe.close_dispute(&dispute, "won"),
            1 => {
                shop.stripe.close_dispute(&dispute, "lost");
                gone += part;
            }
            _ => gone += part,
        }
    }
    gone
}

async fn any_order_ends_in_the_same_books(kind: Kind) {
    for seed in 0..4 {
        let mut chance = StdRng::seed_from_u64(seed);
        let shop = Shop::open(kind).await;
        let other = shop.beside().await;
        let (credit, fees) = happens(&shop, &mut chance).await;
        let events = shop.stripe.events();
        let mut sent: Vec<_> = events.iter().chain(&events).chain(&events).collect();
        sent.shuffle(&mut chance);
        let delivery = Delivery::at(NOW);
        for several in sent.chunks(6) {
            let answers = several.iter().enumerate().map(|(n, event)| {
                let server = if n % 2 == 0 { &shop.server } else { &other };
                delivery.send(server, event)
            });
            futures_util::future::join_all(answers).await;
        }
        // As Stripe does: what was not answered with 200 comes again.
        delivery.all(&shop.server, &events).await;
        assert_eq!(shop.balance().await, credit * USD / 100, "seed {seed}");
        assert_eq!(
            shop.book("revenue:subscription").await,
            -fees * USD / 100,
            "seed {seed}"
        );
        assert_eq!(
            shop.book("stripe").await,
            (credit + fees) * USD / 100,
            "seed {seed}"
        );
        assert_eq!(shop.book("loss").await, 0, "seed {seed}");
        shop.agree().await;
    }
}
