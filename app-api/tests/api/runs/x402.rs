//! Paying by x402.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use futures_util::future::join_all;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{Shop, told};
use crate::support::{
    database::{Kind, on_both_databases},
    facilitator::{Mood, NETWORK},
    stand::eventually,
};

on_both_databases!(
    a_payment_is_a_run,
    one_payment_many_requests,
    a_payment_for_something_else,
    refused_payments,
    others_see_nothing,
    results_go,
);

const PRICE: i64 = 10_010_000;

async fn a_payment_is_a_run(kind: Kind) {
    let shop = Shop::open(kind).await;
    let job = shop.job(0);
    let payment = shop.payment(&job, "one").await;
    let run = told(shop.paid(&job, &payment)).await;
    assert_eq!(run.status, StatusCode::OK, "{run:?}");
    assert_eq!(
        (run.text("state"), run.text("paidBy")),
        ("done".into(), "x402".into()),
        "{run:?}"
    );
    assert_eq!(run.body["priceNanoUsd"], PRICE.to_string());
    assert_eq!(run.body["result"]["rows"], 11);
    assert_eq!(run.body["result"]["seccomp"], true);
    let receipt = STANDARD.decode(run.header("payment-response")).unwrap();
    let receipt: Value = serde_json::from_slice(&receipt).unwrap();
    let expected = json!({ "success": true, "transaction": "signature0", "network": NETWORK, "payer": "Payer" });
    assert_eq!(receipt, expected);

    let read = |path: String| {
        told(
            shop.server
                .request(Method::GET, &path)
                .header("x-run-token", run.text("token")),
        )
    };
    let csv = read(run.body["result"]["csv"].as_str().unwrap().to_owned()).await;
    assert!(csv.header("content-type").starts_with("text/csv"));
    let lines: Vec<_> = csv.body.as_str().unwrap().lines().collect();
    assert_eq!(lines[..3], ["time,x,count", "0.0,1.0,0", "0.1,0.8,1"]);
    assert_eq!(lines.len(), 12);
    let json = read(run.body["result"]["json"].as_str().unwrap().to_owned()).await;
    assert_eq!(json.body["columns"], json!(["time", "x", "count"]));
    assert_eq!(json.body["rows"][1], json!([0.1, 0.8, 1]));
    assert_eq!(shop.run(&run).await.body, run.body);
    assert_eq!(shop.earned().await, PRICE);
}

/// Concurrent requests with one payment are one settlement and one run, and are answered the same; so is
/// one that comes later, and one at another server.
async fn one_payment_many_requests(kind: Kind) {
    let shop = Shop::open(kind).await;
    let other = shop.beside(|_| {}).await;
    let job = shop.job(0);
    let payment = shop.payment(&job, "one").await;
    shop.facilitator.will([Mood::Slow(300)]);
    let requests = (0..12).map(|number| {
        let server = if number % 2 == 0 {
            &shop.server
        } else {
            &other
        };
        let request = server.request(Method::POST, "/api/simulate").json(&job);
        told(request.header("payment-signature", &payment))
    });
    let mut answers = join_all(requests).await;
    answers.push(told(shop.paid(&job, &payment)).await);
    for answer in &answers {
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        assert_eq!(answer.body, answers[0].body);
        assert_eq!(
            answer.header("payment-response"),
            answers[0].header("payment-response")
        );
    }
    assert_eq!(
        (
            shop.facilitator.asked(),
            shop.facilitator.settled(),
            shop.runs().await
        ),
        (1, 1, 1)
    );
    assert_eq!(shop.earned().await, PRICE);
    // Another payment is another run.
    let second = shop.payment(&job, "two").await;
    assert_ne!(
        told(shop.paid(&job, &second)).await.body["id"],
        answers[0].body["id"]
    );
    assert_eq!(shop.earned().await, 2 * PRICE);
}

async fn a_payment_for_something_else(kind: Kind) {
    let shop = Shop::open(kind).await;
    let job = shop.job(0);
    let payment = shop.payment(&job, "one").await;
    assert_eq!(told(shop.paid(&job, &payment)).await.status, StatusCode::OK);
    let other = told(shop.paid(&shop.job(9), &payment)).await;
    assert_eq!(
        (other.status, &other.body["code"]),
        (StatusCode::CONFLICT, &json!("payment_used"))
    );
    assert_eq!(shop.runs().await, 1);
}

async fn refused_payments(kind: Kind) {
    let shop = Shop::open(kind).await;
    let job = shop.job(0);
    let payment = shop.payment(&job, "invalid").await;
    shop.facilitator.finds_invalid(Some("insufficient_funds"));
    let refused = told(shop.paid(&job, &payment)).await;
    assert_eq!(refused.status, StatusCode::PAYMENT_REQUIRED);
    assert!(refused.text("message").contains("insufficient_funds"));
    assert!(refused.headers.contains_key("payment-required"));
    shop.facilitator.finds_invalid(None);
    // Not to be verified is not to be paid: the same payment is good afterwards.
    let payment = shop.payment(&job, "waits").await;
    shop.facilitator.is_down(true);
    let refused = told(shop.paid(&job, &payment)).await;
    assert_eq!(
        (refused.status.as_u16(), &refused.body["code"]),
        (503, &json!("facilitator_unavailable"))
    );
    assert_eq!((shop.facilitator.asked(), shop.runs().await), (0, 0));
    shop.facilitator.is_down(false);
    assert_eq!(told(shop.paid(&job, &payment)).await.status, StatusCode::OK);
    // A settlement that fails for sure.
    let payment = shop.payment(&job, "empty").await;
    shop.facilitator.will([Mood::Refuses]);
    for _ in 0..2 {
        let refused = told(shop.paid(&job, &payment)).await;
        assert_eq!(
            (refused.status.as_u16(), &refused.body["code"]),
            (402, &json!("payment_refused"))
        );
    }
    assert_eq!((shop.facilitator.asked(), shop.runs().await), (2, 1));
    assert_eq!(shop.earned().await, PRICE);
}

async fn others_see_nothing(kind: Kind) {
    let shop = Shop::open(kind).await;
    let job = shop.job(0);
    let run = told(shop.paid(&job, &shop.payment(&job, "one").await)).await;
    let other = told(shop.paid(&job, &shop.payment(&job, "two").await)).await;
    let id = run.text("id");
    let unknown = told(shop.server.request(Method::GET, "/api/runs/run_none")).await;
    for path in [
        format!("/api/runs/{id}"),
        format!("/api/runs/{id}/result.csv"),
        format!("/api/runs/{id}/result.json"),
    ] {
        let bare = told(shop.server.request(Method::GET, &path)).await;
        let with_other = shop
            .server
            .request(Method::GET, &path)
            .header("x-run-token", other.text("token"));
        for refused in [bare, told(with_other).await] {
            assert_eq!(
                (refused.status, &refused.body),
                (StatusCode::NOT_FOUND, &unknown.body)
            );
        }
    }
}

async fn results_go(kind: Kind) {
    let shop = Shop::open(kind).await;
    let job = shop.job(0);
    let payment = shop.payment(&job, "one").await;
    let run = told(shop.paid(&job, &payment)).await;
    let results = || {
        std::fs::read_dir(shop.dir().join("runs/results"))
            .unwrap()
            .count()
    };
    assert_eq!(results(), 2);
    shop.earned().await;
    shop.books.clock.set(crate::ledger::NOW + 604_801);
    assert_eq!(shop.run(&run).await.status, StatusCode::NOT_FOUND);
    let _other = shop.beside(|_| {}).await;
    eventually("the files go", || async { (results() == 0).then_some(()) }).await;
    // What was paid is remembered.
    assert_eq!(shop.runs().await, 1);
}
