//! Hostile units on the server: each run ends with its failure, and the server goes on.

use futures_util::future::join_all;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{Shop, told};
use crate::support::{database::Kind, platform::Customer};

#[tokio::test(flavor = "multi_thread")]
async fn hostile_units_end_and_the_server_goes_on() {
    let shop = Shop::with(Kind::Sqlite, |settings| {
        settings.runs.cpu_seconds = 3;
        settings.runs.wall_seconds = 60;
        settings.runs.memory_mib = 1_024;
    })
    .await;
    let ada = Customer::new(&shop.server).await;
    let hostile = [
        (1, "cpu_time"),
        (2, "crashed"),
        (4, "forbidden_call"),
        (5, "forbidden_call"),
        (6, "crashed"),
        (7, "output_too_large"),
        (13, "crashed"),
    ];
    shop.books
        .store
        .store
        .add_run_credits("pack", &ada.account, 8, 0)
        .await
        .unwrap();
    let runs = join_all(hostile.iter().map(|(mode, _)| {
        told(
            ada.request(&shop.server, Method::POST, "/api/simulate")
                .json(&shop.job(*mode)),
        )
    }))
    .await;
    for ((mode, code), run) in hostile.iter().zip(&runs) {
        let run = match run.status {
            // Two at a time: the last waits longer than an answer takes.
            StatusCode::ACCEPTED => ended(&shop, &ada, &run.text("id")).await,
            _ => run.body.clone(),
        };
        assert_eq!(run["failure"]["code"], json!(code), "{mode}: {run}");
        assert_eq!(run["failure"]["fault"], "fmu");
    }
    let honest = told(
        ada.request(&shop.server, Method::POST, "/api/simulate")
            .json(&shop.job(0)),
    )
    .await;
    assert_eq!(honest.text("state"), "done", "{honest:?}");
    // Of all that nothing is left but the unit and one result.
    let files = |folder: &str| {
        std::fs::read_dir(shop.dir().join("runs").join(folder))
            .unwrap()
            .count()
    };
    assert_eq!((files("fmus"), files("results")), (1, 2));
}

async fn ended(shop: &Shop, ada: &Customer, id: &str) -> Value {
    crate::support::stand::eventually("the run ends", || async {
        let run = told(ada.request(&shop.server, Method::GET, &format!("/api/runs/{id}"))).await;
        matches!(&*run.text("state"), "done" | "failed").then_some(run.body)
    })
    .await
}
