//! What customers see of what they used.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Gate, NOW, PLAIN, USD, say};
use crate::support::{
    database::{Kind, on_both_databases},
    platform::Customer,
};

on_both_databases!(pages_and_sums, only_ones_own, queries_that_are_none);

async fn pages_and_sums(kind: Kind) {
    let gate = Gate::new(kind).await;
    for (n, model) in [
        "test/plain",
        "test/model",
        "test/plain",
        "test/cached",
        "test/cut",
    ]
    .iter()
    .enumerate()
    {
        gate.clock.set(NOW + 50_000 * i64::try_from(n / 2).unwrap());
        gate.ask(&say(model, true)).await;
        gate.ended().await;
    }
    let (mut seen, mut path) = (Vec::new(), "/api/usage?limit=2".to_owned());
    loop {
        let page = gate.get(&path).await;
        let lines = page["lines"].as_array().unwrap();
        assert!(lines.len() <= 2);
        seen.extend(lines.iter().map(|line| {
            (
                line["settledAtUnix"].as_i64().unwrap(),
                line["id"].as_str().unwrap().to_owned(),
            )
        }));
        match page["nextCursor"].as_str() {
            Some(cursor) => path = format!("/api/usage?limit=2&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(seen.len(), 5);
    assert!(seen.is_sorted_by(|a, b| a > b), "{seen:?}");

    let by_model = gate.get("/api/usage/summary?by=model").await;
    let sums = by_model["sums"].as_array().unwrap();
    let plain = sums.iter().find(|sum| sum["sku"] == "test/plain").unwrap();
    assert_eq!(
        (&plain["requests"], &plain["chargeNanoUsd"]),
        (&json!(2), &json!((2 * PLAIN).to_string()))
    );
    let cut = sums.iter().find(|sum| sum["sku"] == "test/cut").unwrap();
    assert_eq!(cut["estimated"], 1);
    let by_day = gate.get("/api/usage/summary").await;
    let days: Vec<(i64, i64)> = by_day["sums"]
        .as_array()
        .unwrap()
        .iter()
        .map(|sum| {
            (
                sum["dayUnix"].as_i64().unwrap(),
                sum["requests"].as_i64().unwrap(),
            )
        })
        .collect();
    let day = |at: i64| at / 86_400 * 86_400;
    assert_eq!(days, [(day(NOW + 100_000), 1), (day(NOW), 4)], "{by_day}");
    let total = |summary: &Value| -> i64 {
        let sums = summary["sums"].as_array().unwrap();
        sums.iter()
            .map(|sum| {
                sum["chargeNanoUsd"]
                    .as_str()
                    .unwrap()
                    .parse::<i64>()
                    .unwrap()
            })
            .sum()
    };
    assert_eq!(total(&by_day), 10 * USD - gate.balance().await);
    assert_eq!(total(&by_day), total(&by_model));
    // The sum over any partition of time is the whole.
    let (from, middle, to) = (NOW - 1, NOW + 50_000, NOW + 200_000);
    let mut parts = 0;
    for (from, to) in [(from, middle), (middle, to)] {
        parts += total(
            &gate
                .get(&format!("/api/usage/summary?from={from}&to={to}"))
                .await,
        );
    }
    assert_eq!(parts, total(&by_day));
}

async fn only_ones_own(kind: Kind) {
    let gate = Gate::new(kind).await;
    assert_eq!(gate.ask(&say("test/plain", false)).await.0, 200);
    assert_eq!(gate.lines().await.len(), 1);
    let other = Customer::new(&gate.server).await;
    for path in ["/api/usage", "/api/usage/summary"] {
        let request = gate.server.request(Method::GET, path);
        let page: Value = request
            .bearer_auth(&other.key)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        let none = page.get("lines").or(page.get("sums")).unwrap();
        assert_eq!(none, &json!([]));
        let without = gate.server.request(Method::GET, path).send().await.unwrap();
        assert_eq!(without.status(), 401);
    }
}

async fn queries_that_are_none(kind: Kind) {
    let gate = Gate::new(kind).await;
    for (path, code) in [
        ("/api/usage?limit=0", "invalid_limit"),
        ("/api/usage?limit=201", "invalid_limit"),
        ("/api/usage?limit=x", "invalid_query"),
        ("/api/usage?page=1", "invalid_query"),
        ("/api/usage?cursor=x", "invalid_cursor"),
        ("/api/usage?cursor=1.", "invalid_cursor"),
        ("/api/usage?cursor=1.a%00", "invalid_cursor"),
        ("/api/usage/summary?by=hour", "invalid_query"),
        ("/api/usage/summary?from=5&to=4", "invalid_window"),
        ("/api/usage/summary?to=253402300800", "invalid_window"),
        ("/api/usage/summary?from=-1", "invalid_window"),
    ] {
        let request = gate.server.request(Method::GET, path);
        let response = request
            .bearer_auth(&gate.customer.key)
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 400, "{path}");
        assert_eq!(
            response.json::<Value>().await.unwrap()["code"],
            code,
            "{path}"
        );
    }
}
