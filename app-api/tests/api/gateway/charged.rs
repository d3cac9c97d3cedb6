//! What an answer costs.

use serde_json::{Value, json};

use super::{Gate, Line, PLAIN, USD, say};
use crate::support::database::{Kind, on_both_databases};

on_both_databases!(
    twenty_percent_on_six_dollars_forty,
    each_answer_by_what_it_used,
    what_nobody_tells_is_estimated_and_never_zero,
    what_the_upstream_says_it_took,
    the_subsidy_pays_its_share,
    vectors_of_texts,
);

fn line(sku: &str, charge: i64, tokens: (u64, u64, u64)) -> Line {
    Line {
        sku: sku.into(),
        charge,
        tokens,
        estimated: false,
    }
}

async fn twenty_percent_on_six_dollars_forty(kind: Kind) {
    let gate = Gate::new(kind).await;
    let body = json!({
        "model": "large/plain",
        "messages": [{"role": "user", "content": "x".repeat(800_000)}],
        "test_usage": {"prompt_tokens": 800_000, "completion_tokens": 600_000},
    });
    assert_eq!(gate.ask(&body).await.0, 200);
    assert_eq!(
        gate.lines().await,
        [line("large/plain", 7_680_000_000, (800_000, 0, 600_000))]
    );
    assert_eq!(gate.balance().await, 10 * USD - 7_680_000_000);
}

async fn each_answer_by_what_it_used(kind: Kind) {
    let gate = Gate::new(kind).await;
    for stream in [false, true] {
        for model in [
            "test/plain",
            "test/cached",
            "test/comments",
            "test/huge",
            "test/joined",
        ] {
            let (status, text) = gate.ask(&say(model, stream)).await;
            assert_eq!(status, 200, "{text}");
        }
    }
    let used = |model: &str| match model {
        // 2 × $2 + 8 × $0.50 + 5 × $8.
        "test/cached" => line(model, 57_600, (10, 8, 5)),
        _ => line(model, PLAIN, (10, 0, 5)),
    };
    for told in gate.lines().await {
        if told.sku == "test/huge" {
            // That five tokens were three megabytes nobody believes; more than a hundred were not allowed.
            assert!(told.estimated && told.tokens.2 == 100, "{told:?}");
        } else {
            assert_eq!(told, used(&told.sku));
        }
    }
    assert_eq!(gate.first.billed().len(), 10);
    assert_eq!(gate.lines().await.len(), 10);
}

/// No usage: it is looked up. Nobody knows the answer: it is counted.
async fn what_nobody_tells_is_estimated_and_never_zero(kind: Kind) {
    let gate = Gate::new(kind).await;
    let modes = [
        "no-usage",
        "no-usage-unknown",
        "absurd-usage",
        "zero-usage",
        "negative-usage",
    ];
    for mode in modes {
        for stream in [false, true] {
            let (status, text) = gate.ask(&say(&format!("test/{mode}"), stream)).await;
            assert_eq!(status, 200, "{mode}: {text}");
        }
    }
    let lines = gate.lines().await;
    assert_eq!(lines.len(), 2 * modes.len());
    for told in lines {
        if told.sku == "test/no-usage" {
            assert_eq!(told, line("test/no-usage", PLAIN, (10, 0, 5)));
        } else {
            // Fifteen letters come to four tokens.
            assert!(
                told.estimated && told.tokens.0 > 0 && told.tokens.2 == 4,
                "{told:?}"
            );
            assert!(told.charge > 0);
        }
    }
    assert!(gate.first.log.lock().unwrap().looked_up.len() > 2);
}

async fn what_the_upstream_says_it_took(kind: Kind) {
    let gate = Gate::new(kind).await;
    for stream in [false, true] {
        assert_eq!(gate.ask(&say("cost/cost", stream)).await.0, 200);
        // It says nothing of the cost: by its tokens.
        assert_eq!(gate.ask(&say("cost/plain", stream)).await.0, 200);
    }
    let mut charges: Vec<i64> = gate.lines().await.iter().map(|line| line.charge).collect();
    charges.sort_unstable();
    // $0.0000123 and 10 % on it; 10 × $2 and 5 × $8 and 10 % on it.
    assert_eq!(charges, [13_530, 13_530, 66_000, 66_000]);
}

async fn the_subsidy_pays_its_share(kind: Kind) {
    let gate = Gate::with(kind, USD, |settings| settings.gateway.subsidy_bps = 2_500).await;
    let pool = primis_app_api::platform::ledger::Posting {
        id: "test:subsidy".into(),
        kind: "subsidy",
        entries: vec![
            (primis_app_api::platform::ledger::Book::Stripe, 20_000),
            (primis_app_api::platform::ledger::Book::Subsidy, -20_000),
        ],
        short: primis_app_api::platform::ledger::Short::Refuse,
        reported: primis_app_api::platform::ledger::Reported::default(),
        reference: "{}".into(),
    };
    gate.ledger.post(pool).await.unwrap();
    for _ in 0..3 {
        assert_eq!(gate.ask(&say("test/plain", false)).await.0, 200);
        gate.ended().await;
    }
    let page = gate.get("/api/usage").await;
    let mut discounts: Vec<(String, String, String)> = page["lines"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| {
            let text = |name: &str| line[name].as_str().unwrap().to_owned();
            (
                text("listNanoUsd"),
                text("discountNanoUsd"),
                text("chargeNanoUsd"),
            )
        })
        .collect();
    discounts.sort();
    // A quarter of 72,000 is 18,000; then the pool has 2,000 left, then none.
    let told = |discount: i64| {
        (
            PLAIN.to_string(),
            discount.to_string(),
            (PLAIN - discount).to_string(),
        )
    };
    assert_eq!(discounts, [told(0), told(18_000), told(2_000)]);
}

async fn vectors_of_texts(kind: Kind) {
    let gate = Gate::new(kind).await;
    for input in [
        json!("a text"),
        json!(["two", "texts"]),
        json!([[1, 2], [3]]),
    ] {
        let body = json!({"model": "test/vectors", "input": input, "dimensions": 2});
        let response = gate.post("/v1/embeddings", &body).send().await.unwrap();
        assert_eq!(response.status(), 200);
        let answer: Value = response.json().await.unwrap();
        assert_eq!(answer["data"][0]["embedding"], json!([1.0, 2.0]));
    }
    // Unknown fields are passed on.
    assert_eq!(gate.first.asked()[0]["dimensions"], 2);
    let mut lines = gate.lines().await;
    lines.sort_by_key(|line| line.charge);
    // 5 × $0.02 for a million is 100 nano-USD, and 20 % on it.
    assert_eq!(
        lines,
        [
            line("test/vectors", 120, (5, 0, 0)),
            line("test/vectors", 240, (10, 0, 0)),
            line("test/vectors", 240, (10, 0, 0)),
        ]
    );
}
