//! Settlements that nobody knows of: kept, asked for again, and never answered by a demand to pay anew.

use reqwest::StatusCode;

use super::{Shop, Told, told};
use crate::{
    ledger::NOW,
    support::{
        database::{Kind, on_both_databases},
        facilitator::Mood,
        stand::eventually,
    },
};

on_both_databases!(
    lost_answers,
    a_no_after_an_unknown,
    a_first_try_that_did_nothing
);

const PRICE: i64 = 10_010_000;

/// The payer is told to wait, whatever they send.
async fn pending(shop: &Shop, payment: &str) -> Told {
    let job = shop.job(0);
    let first = told(shop.paid(&job, payment)).await;
    let again = told(shop.paid(&job, payment)).await;
    for told in [&first, &again] {
        assert_eq!(told.status, StatusCode::ACCEPTED, "{told:?}");
        assert_eq!(told.text("state"), "pending");
        assert!(!told.headers.contains_key("payment-required"));
    }
    assert_eq!(first.body, again.body);
    let read = shop.run(&first).await;
    assert_eq!(read.body, first.body);
    first
}

async fn lost_answers(kind: Kind) {
    let shop = Shop::open(kind).await;
    let moods = [Mood::HangsAfter, Mood::FailsAfter, Mood::Unconfirmed];
    for (number, mood) in moods.into_iter().enumerate() {
        let payment = shop
            .payment(&shop.job(0), &format!("payment {number}"))
            .await;
        shop.facilitator.will([mood]);
        let run = pending(&shop, &payment).await;
        // It is asked for again by itself, once its time comes.
        shop.books
            .clock
            .set(NOW + 10 * (i64::try_from(number).unwrap() + 1));
        let ended = shop.ended(&run).await;
        assert_eq!(ended.text("state"), "done");
        let same = told(shop.paid(&shop.job(0), &payment)).await;
        assert_eq!((same.status, &same.body), (StatusCode::OK, &ended.body));
        assert!(same.headers.contains_key("payment-response"));
    }
    assert_eq!((shop.facilitator.settled(), shop.runs().await), (3, 3));
    assert_eq!(shop.earned().await, 3 * PRICE);
}

/// A no to the second question may be about the second try alone: it does not say that nothing was paid.
async fn a_no_after_an_unknown(kind: Kind) {
    let shop = Shop::open(kind).await;
    let payment = shop.payment(&shop.job(0), "one").await;
    shop.facilitator
        .will([Mood::FailsAfter, Mood::CallsDuplicate, Mood::CallsDuplicate]);
    let run = pending(&shop, &payment).await;
    for asked in 2..=3 {
        shop.books.clock.set(NOW + 400 * (asked - 1));
        eventually("it is asked again", || async {
            let known = shop
                .books
                .store
                .rows("SELECT state, attempts FROM x402_payments");
            (known.await == [("unknown".to_owned(), asked)]).then_some(())
        })
        .await;
        let still = told(shop.paid(&shop.job(0), &payment)).await;
        assert_eq!(
            (still.status, still.text("state")),
            (StatusCode::ACCEPTED, "pending".into())
        );
    }
    shop.books.clock.set(NOW + 4_000);
    assert_eq!(shop.ended(&run).await.text("state"), "done");
    assert_eq!((shop.facilitator.settled(), shop.runs().await), (1, 1));
    assert_eq!(shop.earned().await, PRICE);
}

async fn a_first_try_that_did_nothing(kind: Kind) {
    let shop = Shop::open(kind).await;
    let payment = shop.payment(&shop.job(0), "one").await;
    shop.facilitator.will([Mood::Fails]);
    let run = pending(&shop, &payment).await;
    assert_eq!((shop.facilitator.settled(), shop.earned().await), (0, 0));
    shop.books.clock.set(NOW + 10);
    assert_eq!(shop.ended(&run).await.text("state"), "done");
    assert_eq!(
        (shop.facilitator.settled(), shop.earned().await),
        (1, PRICE)
    );
}
