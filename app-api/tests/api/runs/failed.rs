//! Paid runs that fail: by the unit's fault, and by ours.

use futures_util::future::join_all;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{Shop, Told, told};
use crate::{
    ledger::NOW,
    support::{
        database::{Kind, on_both_databases},
        server::TestServer,
    },
};

on_both_databases!(by_the_unit, by_us, a_token_has_its_time_and_price);

async fn by_the_unit(kind: Kind) {
    let shop = Shop::open(kind).await;
    let job = shop.job(9);
    let payment = shop.payment(&job, "one").await;
    let run = told(shop.paid(&job, &payment)).await;
    assert_eq!(
        (run.status, run.text("state")),
        (StatusCode::OK, "failed".into())
    );
    let failure = &run.body["failure"];
    assert_eq!(
        (&failure["code"], &failure["fault"]),
        (&json!("step_refused"), &json!("fmu"))
    );
    assert_eq!(failure["againToken"], Value::Null);
    // Paid again with the same payment it is the same failed run.
    assert_eq!(told(shop.paid(&job, &payment)).await.body, run.body);
    assert_eq!((shop.runs().await, shop.earned().await), (1, 10_010_000));
    // Nobody makes a token of it.
    let forged = format!("again_{}_{}", run.text("id"), "0".repeat(64));
    let refused = told(shop.simulate(&job).header("x-run-again", forged)).await;
    assert_eq!(
        (refused.status.as_u16(), &refused.body["code"]),
        (403, &json!("invalid_token"))
    );
}

/// A paid run on a server that cannot run anything.
async fn failed_here(shop: &Shop) -> Told {
    let job = shop.job(0);
    let run = told(shop.paid(&job, &shop.payment(&job, "one").await)).await;
    assert_eq!(run.text("state"), "failed", "{run:?}");
    assert_eq!(run.body["failure"]["fault"], "server");
    // Our troubles are the log's.
    assert!(!run.text_of_failure("message").contains("nonexistent"));
    run
}

impl Told {
    fn text_of_failure(&self, name: &str) -> String {
        self.body["failure"][name].as_str().unwrap().to_owned()
    }
}

fn broken(settings: &mut primis_app_api::config::Settings) {
    settings.runs.simulator_path = Some("/nonexistent".into());
}

async fn by_us(kind: Kind) {
    let shop = Shop::with(kind, broken).await;
    let failed = failed_here(&shop).await;
    let token = failed.text_of_failure("againToken");
    assert_eq!(failed.body["failure"]["againUntilUnix"], NOW + 3_600);
    // Mended: the token is good for one run, however often and wherever it is sent.
    let Shop {
        books,
        facilitator,
        server,
        fmu,
        dir,
    } = shop;
    server.stop().await;
    let mended = TestServer::start(&books.store.store, books.clock.clone(), |given| {
        super::settings(given, dir.path(), &facilitator);
    })
    .await;
    let shop = Shop {
        books,
        facilitator,
        server: mended,
        fmu,
        dir,
    };
    let job = shop.job(0);
    let again = || told(shop.simulate(&job).header("x-run-again", &token));
    let answers = join_all((0..8).map(|_| again())).await;
    for answer in &answers {
        assert_eq!(
            (answer.status, answer.text("state")),
            (StatusCode::OK, "done".into()),
            "{answer:?}"
        );
        assert_eq!(answer.body, answers[0].body);
    }
    assert_ne!(answers[0].text("id"), failed.text("id"));
    assert_eq!(shop.runs().await, 2);
    // It was paid once, and it pays for nothing else.
    assert_eq!(
        (shop.facilitator.settled(), shop.earned().await),
        (1, 10_010_000)
    );
    let mut other = job.clone();
    other["stepSize"] = json!(0.5);
    let refused = told(shop.simulate(&other).header("x-run-again", &token)).await;
    assert_eq!(
        (refused.status.as_u16(), &refused.body["code"]),
        (409, &json!("payment_used"))
    );
}

async fn a_token_has_its_time_and_price(kind: Kind) {
    let shop = Shop::with(kind, broken).await;
    let token = failed_here(&shop).await.text_of_failure("againToken");
    let mut dearer = shop.job(0);
    dearer["stepSize"] = json!(0.01);
    let refused = told(shop.simulate(&dearer).header("x-run-again", &token)).await;
    assert_eq!(
        (refused.status.as_u16(), &refused.body["code"]),
        (422, &json!("price_above_token"))
    );
    shop.books.clock.set(NOW + 3_601);
    let late = told(
        shop.server
            .request(Method::POST, "/api/simulate")
            .json(&shop.job(0))
            .header("x-run-again", &token),
    )
    .await;
    assert_eq!(
        (late.status.as_u16(), &late.body["code"]),
        (403, &json!("invalid_token"))
    );
    assert_eq!(shop.runs().await, 1);
}
