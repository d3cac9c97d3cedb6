//! Measurements: stored and counted together, once; shown as far back as the plan goes.

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use super::{batch, delete, measured, open, post, serve, system};
use crate::{
    billing::{NOW, Shop},
    support::{
        database::{Kind, on_both_databases},
        platform::answer,
        stand::eventually,
    },
};

on_both_databases!(
    a_batch_is_stored_and_counted_once,
    the_same_batch_many_times_at_once,
    free_ends_where_its_calls_end,
    pro_goes_on_to_the_golden_overage,
    histories_go_back_as_far_as_the_plan,
    what_cannot_be_measured,
    what_nobody_can_see_is_deleted,
);

async fn calls(shop: &Shop) -> i64 {
    shop.get_ok("/api/billing").await["usage"]["calls"]
        .as_i64()
        .unwrap()
}

async fn values(shop: &Shop, path: &str) -> Vec<f64> {
    let page = shop.get_ok(path).await;
    let points = page["points"].as_array().unwrap();
    points
        .iter()
        .map(|p| p["value"].as_f64().unwrap())
        .collect()
}

async fn a_batch_is_stored_and_counted_once(kind: Kind) {
    let shop = open(kind).await;
    let path = system(&shop, "one").await;
    let first = batch("b1", "t", NOW, &[1.5, -2.0, 1e-300]);
    let answered = measured(&shop, &path, &first).await;
    let told = json!({ "stored": 3, "duplicate": false, "calls": 1, "includedCalls": 1_000 });
    assert_eq!(answered, told);
    let again = measured(&shop, &path, &first).await;
    let told = json!({ "stored": 0, "duplicate": true, "calls": null, "includedCalls": 1_000 });
    assert_eq!(again, told);
    let metrics = format!("{path}/metrics");
    let (status, refusal) = post(&shop, &metrics, &batch("b1", "t", NOW, &[1.5])).await;
    assert_eq!((status, &refusal["code"]), (409, &json!("batch_conflict")));
    assert_eq!(calls(&shop).await, 1);
    assert_eq!(values(&shop, &metrics).await, [1e-300, -2.0, 1.5]);
    // A batch of the largest size, with points of the same second.
    let many: Vec<f64> = (0..1_000).map(f64::from).collect();
    let mut large = batch("b2", "u", NOW, &many);
    for point in large["points"].as_array_mut().unwrap() {
        point["atUnix"] = json!(NOW);
    }
    assert_eq!(measured(&shop, &path, &large).await["stored"], 1_000);
    let mut seen = Vec::new();
    let mut page = shop.get_ok(&format!("{metrics}?name=u&limit=200")).await;
    loop {
        let points = page["points"].as_array().unwrap();
        seen.extend(points.iter().map(|p| p["value"].as_f64().unwrap()));
        let Some(cursor) = page["nextCursor"].as_str() else {
            break;
        };
        let next = format!("{metrics}?name=u&limit=200&cursor={cursor}");
        page = shop.get_ok(&next).await;
    }
    seen.reverse();
    assert_eq!(seen, many);
    assert_eq!(calls(&shop).await, 2);
}

async fn the_same_batch_many_times_at_once(kind: Kind) {
    let shop = open(kind).await;
    let path = system(&shop, "one").await;
    let beside = serve(&shop.store, &shop.clock, &shop.stripe, 1_000).await;
    let answers = join_all((0..24).map(|n| {
        let server = if n % 2 == 0 { &shop.server } else { &beside };
        let body = batch(&format!("b{}", n % 3), "t", NOW, &[f64::from(n % 3)]);
        let metrics = format!("{path}/metrics");
        let request = shop.customer.request(server, Method::POST, &metrics);
        answer(request.json(&body))
    }))
    .await;
    assert!(
        answers.iter().all(|(status, _)| *status == 200),
        "{answers:?}"
    );
    let new = answers
        .iter()
        .filter(|(_, body)| body["duplicate"] == false);
    assert_eq!(new.count(), 3);
    assert_eq!(calls(&shop).await, 3);
    let points = shop
        .store
        .rows("SELECT name, CAST(COUNT(*) AS BIGINT) FROM metric_points GROUP BY name")
        .await;
    assert_eq!(points, [("t".to_owned(), 3)]);
}

async fn count(shop: &Shop, batch: &str, calls: u64) {
    let counted = shop
        .server
        .billing
        .count_calls(batch, &shop.customer.account, "bulk", calls, NOW)
        .await;
    assert!(counted.unwrap());
}

async fn free_ends_where_its_calls_end(kind: Kind) {
    let shop = open(kind).await;
    let path = system(&shop, "one").await;
    count(&shop, "bulk", 999).await;
    let last = batch("b1", "t", NOW, &[1.0]);
    assert_eq!(measured(&shop, &path, &last).await["calls"], 1_000);
    let metrics = format!("{path}/metrics");
    let (status, refusal) = post(&shop, &metrics, &batch("b2", "t", NOW, &[2.0])).await;
    assert_eq!((status, &refusal["code"]), (402, &json!("quota_exceeded")));
    assert!(refusal["message"].as_str().unwrap().contains("PRO"));
    // Neither counted nor stored; what was stored before still answers so.
    assert_eq!(calls(&shop).await, 1_000);
    assert_eq!(values(&shop, &metrics).await, [1.0]);
    assert_eq!(measured(&shop, &path, &last).await["duplicate"], true);
    // A larger plan goes on with the same batch, and so does the next month.
    shop.subscribe("pro").await;
    let second = batch("b2", "t", NOW, &[2.0]);
    assert_eq!(measured(&shop, &path, &second).await["calls"], 1_001);
}

async fn pro_goes_on_to_the_golden_overage(kind: Kind) {
    let shop = open(kind).await;
    shop.subscribe("pro").await;
    let path = system(&shop, "one").await;
    count(&shop, "bulk-1", 99_999).await;
    count(&shop, "bulk-2", 150_000).await;
    let answered = measured(&shop, &path, &batch("b1", "t", NOW, &[1.0])).await;
    assert_eq!(answered["calls"], 250_000);
    let usage = shop.get_ok("/api/billing").await["usage"].clone();
    assert_eq!(usage["calls"], 250_000);
    assert_eq!(usage["includedCalls"], 100_000);
    // 150,000 above, at $0.50 a thousand.
    assert_eq!(usage["overageNanoUsd"], "75000000000");
}

async fn histories_go_back_as_far_as_the_plan(kind: Kind) {
    const DAY: i64 = 86_400;
    let shop = open(kind).await;
    let path = system(&shop, "one").await;
    let metrics = format!("{path}/metrics");
    for (id, age) in [
        ("a", 0),
        ("b", 7),
        ("c", 8),
        ("d", 30),
        ("e", 31),
        ("f", 365),
        ("g", 366),
    ] {
        let at = NOW - age * DAY;
        let value = f64::from(i32::try_from(age).unwrap());
        measured(&shop, &path, &batch(id, "t", at, &[value])).await;
    }
    for (plan, days, seen) in [
        (None, 7, &[0.0, 7.0][..]),
        (Some("pro"), 30, &[0.0, 7.0, 8.0, 30.0][..]),
        (
            Some("enterprise"),
            365,
            &[0.0, 7.0, 8.0, 30.0, 31.0, 365.0][..],
        ),
    ] {
        match plan {
            Some("enterprise") => {
                let (status, body) = post(
                    &shop,
                    "/api/billing/subscription",
                    &json!({ "plan": "enterprise" }),
                )
                .await;
                assert_eq!(status, 200, "{body}");
                shop.deliver().await;
            }
            Some(plan) => {
                shop.subscribe(plan).await;
            }
            None => {}
        }
        let page = shop.get_ok(&metrics).await;
        assert_eq!(page["fromUnix"], NOW - days * DAY, "{plan:?}");
        assert_eq!(values(&shop, &metrics).await, seen);
        // Asking for more does not help; asking for less does.
        assert_eq!(values(&shop, &format!("{metrics}?fromUnix=0")).await, seen);
    }
    let window = format!("{metrics}?fromUnix={}&toUnix={}", NOW - 8 * DAY, NOW);
    assert_eq!(values(&shop, &window).await, [7.0, 8.0]);
    assert_eq!(
        values(&shop, &format!("{metrics}?name=other")).await,
        [0.0; 0]
    );
    for query in [
        "name=",
        "name=%00",
        "fromUnix=-1",
        "toUnix=x",
        "limit=0",
        "cursor=1.2",
        "at=1",
    ] {
        let (status, _) = shop.get(&format!("{metrics}?{query}")).await;
        assert_eq!(status, 400, "{query}");
    }
}

async fn what_cannot_be_measured(kind: Kind) {
    let shop = open(kind).await;
    let path = system(&shop, "one").await;
    let metrics = format!("{path}/metrics");
    let point = |point: Value| json!({ "batchId": "b", "points": [point] });
    let many: Vec<f64> = (0..1_001).map(f64::from).collect();
    for (body, code) in [
        (batch("", "t", NOW, &[1.0]), "invalid_name"),
        (batch("b b", "t", NOW, &[1.0]), "invalid_name"),
        (batch("b", "", NOW, &[1.0]), "invalid_name"),
        (batch("b", "a\u{0}b", NOW, &[1.0]), "invalid_name"),
        (batch("b", "ü", NOW, &[1.0]), "invalid_name"),
        (batch("b", "t", NOW, &[]), "invalid_points"),
        (batch("b", "t", NOW - 2_000, &many), "invalid_points"),
        (batch("b", "t", NOW + 3_601, &[1.0]), "invalid_time"),
        (batch("b", "t", -1, &[1.0]), "invalid_time"),
        (
            point(json!({ "name": "t", "value": null, "atUnix": NOW })),
            "invalid_body",
        ),
        (
            point(json!({ "name": "t", "value": "1", "atUnix": NOW })),
            "invalid_body",
        ),
        (
            point(json!({ "name": "t", "value": 1, "atUnix": 1.5 })),
            "invalid_body",
        ),
        (
            point(json!({ "name": "t", "value": 1, "atUnix": NOW, "x": 1 })),
            "invalid_body",
        ),
    ] {
        let (status, refusal) = post(&shop, &metrics, &body).await;
        assert_eq!((status, &refusal["code"]), (422, &json!(code)), "{body}");
    }
    let infinite = r#"{"batchId":"b","points":[{"name":"t","value":1e999,"atUnix":1}]}"#;
    let request = shop.customer.request(&shop.server, Method::POST, &metrics);
    let request = request.header("content-type", "application/json");
    assert_eq!(answer(request.body(infinite)).await.0, 400);
    assert_eq!(calls(&shop).await, 0);
}

/// At the start of a server, here.
async fn what_nobody_can_see_is_deleted(kind: Kind) {
    let shop = open(kind).await;
    let path = system(&shop, "one").await;
    measured(
        &shop,
        &path,
        &batch("old", "old", NOW - 15 * 86_400, &[1.0]),
    )
    .await;
    measured(
        &shop,
        &path,
        &batch("kept", "kept", NOW - 13 * 86_400, &[1.0]),
    )
    .await;
    let left = async || {
        let rows = shop
            .store
            .rows("SELECT name, at FROM metric_points ORDER BY name");
        let names = rows.await.into_iter().map(|(name, _)| name);
        names.collect::<Vec<_>>()
    };
    assert_eq!(left().await, ["kept", "old"]);
    let _second = serve(&shop.store, &shop.clock, &shop.stripe, 1_000).await;
    eventually("the old one is deleted", async || {
        (left().await == ["kept"]).then_some(())
    })
    .await;
    assert_eq!(delete(&shop, &path).await.0, 204);
    let _third = serve(&shop.store, &shop.clock, &shop.stripe, 1_000).await;
    eventually("nothing is left of the system", async || {
        left().await.is_empty().then_some(())
    })
    .await;
}
