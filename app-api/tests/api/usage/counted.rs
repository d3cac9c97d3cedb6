//! What is taken is priced as documented and counted once, whoever sends it how often.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::{
    database::{self, Kind, on_both_databases},
    server::{ManualClock, TestServer, event},
    vault::BORN,
};

on_both_databases!(
    charges_are_integers_rounded_down_once_an_event,
    the_same_again_is_answered_the_same,
    the_same_twice_in_a_batch,
    an_id_is_one_event_for_good,
    a_price_change_does_not_change_what_was_charged,
    many_at_once,
    two_servers_on_one_database,
);

/// Everything stored so far, as the revenue report sums it.
async fn sums(server: &TestServer) -> Value {
    let (status, report) = server.revenue(0, BORN + 1, BORN + 60).await;
    assert_eq!(status, 200, "{report}");
    report
}

/// A server whose clock stands still while events come, at a time that is settled for `sums`.
async fn start(store: &primis_app_api::store::Store) -> (ManualClock, TestServer) {
    let clock = ManualClock::at(BORN);
    let server = TestServer::start(store, clock.clone(), |_| {}).await;
    (clock, server)
}

async fn charges_are_integers_rounded_down_once_an_event(kind: Kind) {
    let store = database::open(kind).await;
    let (clock, server) = start(&store.store).await;
    let batch = json!({ "events": [
        event("second", "gpu.h100.second", 1),
        event("hour", "gpu.h100.second", 3_600),
        event("token", "llm.output.token", 7),
        event("free", "llm.input.token", 1),
    ] });
    let (_, answer) = server.post_usage(&batch).await;
    let charges: Vec<_> = answer["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| &r["charge_nano_usd"])
        .collect();
    // 2,490,000,000 ÷ 3,600 = 691,666.6…; 7 × 1,500 and 1 × 500 are whole.
    assert_eq!(charges, ["691666", "2490000000", "10500", "500"]);
    clock.set(BORN + 60);
    let sums = sums(&server).await;
    assert_eq!(sums["usage_events"], 4);
    assert_eq!(
        sums["gross_nano_usd"],
        691_666 + 2_490_000_000u64 + 10_500 + 500
    );
    // A tenth of each charge, rounded down each: 69,166 of 691,666.
    assert_eq!(sums["fee_nano_usd"], 69_166 + 249_000_000u64 + 1_050 + 50);
    // 1,900,000,000 ÷ 3,600 = 527,777.7…, rounded up as the provider bills it.
    assert_eq!(sums["provider_cost_nano_usd"], 527_778 + 1_900_000_000u64);
    assert_eq!(sums["refunds_nano_usd"], 0);
}

async fn the_same_again_is_answered_the_same(kind: Kind) {
    let store = database::open(kind).await;
    let (clock, server) = start(&store.store).await;
    let body = json!({ "events": [event("a", "api.call", 3), event("b", "api.call", 4)] });
    let (status, first) = server.post_usage(&body).await;
    assert_eq!(
        (status.as_u16(), &first["accepted"], &first["duplicates"]),
        (200, &json!(2), &json!(0))
    );
    for _ in 0..3 {
        let (status, mut again) = server.post_usage(&body).await;
        assert_eq!(
            (status.as_u16(), &again["accepted"], &again["duplicates"]),
            (200, &json!(0), &json!(2))
        );
        for result in again["results"].as_array_mut().unwrap() {
            assert_eq!(result["status"], "duplicate");
            result["status"] = json!("accepted");
        }
        assert_eq!(again["results"], first["results"]);
    }
    clock.set(BORN + 60);
    let sums = sums(&server).await;
    assert_eq!(
        (&sums["usage_events"], &sums["gross_nano_usd"]),
        (&json!(2), &json!(3_500_000))
    );
}

async fn the_same_twice_in_a_batch(kind: Kind) {
    let store = database::open(kind).await;
    let (_, server) = start(&store.store).await;
    let same = event("a", "api.call", 3);
    let (_, answer) = server.post_usage(&json!({ "events": [same, same] })).await;
    assert_eq!(
        (&answer["accepted"], &answer["duplicates"]),
        (&json!(1), &json!(1))
    );
    let statuses: Vec<_> = answer["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| &r["status"])
        .collect();
    assert_eq!(statuses, ["accepted", "duplicate"]);
    let two = json!({ "events": [event("b", "api.call", 3), event("b", "api.call", 4)] });
    let (status, refusal) = server.post_usage(&two).await;
    assert_eq!(
        (status.as_u16(), refusal["code"].as_str()),
        (409, Some("event_id_conflict"))
    );
    assert_eq!(store.store.usage_event_count().await.unwrap(), 1);
}

async fn an_id_is_one_event_for_good(kind: Kind) {
    let store = database::open(kind).await;
    let (_, server) = start(&store.store).await;
    server
        .post_usage(&json!({ "events": [event("a", "api.call", 3)] }))
        .await;
    for (key, value) in [
        ("customer", json!("other")),
        ("sku", json!("llm.input.token")),
        ("quantity", json!(4)),
        ("occurred_at", json!("2026-11-20T12:00:01Z")),
    ] {
        let mut other = event("a", "api.call", 3);
        other[key] = value;
        let (status, refusal) = server.post_usage(&json!({ "events": [other] })).await;
        assert_eq!(
            (status.as_u16(), refusal["code"].as_str()),
            (409, Some("event_id_conflict")),
            "{other}"
        );
        assert!(
            refusal["message"].as_str().unwrap().contains("event a "),
            "{refusal}"
        );
    }
    // The same instant written in another zone is the same event.
    let mut same = event("a", "api.call", 3);
    same["occurred_at"] = json!("2026-11-20T13:00:00+01:00");
    let (status, answer) = server.post_usage(&json!({ "events": [same] })).await;
    assert_eq!((status.as_u16(), &answer["duplicates"]), (200, &json!(1)));
}

async fn a_price_change_does_not_change_what_was_charged(kind: Kind) {
    let store = database::open(kind).await;
    let (_, server) = start(&store.store).await;
    let body = json!({ "events": [event("a", "api.call", 2)] });
    server.post_usage(&body).await;
    server.stop().await;
    let prices = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(
        prices.path(),
        "prices = [{ sku = \"api.call\", nano_usd = 900_000 }]",
    )
    .unwrap();
    let dearer = TestServer::start(&store.store, ManualClock::at(BORN), |settings| {
        settings.platform.prices_path = Some(prices.path().display().to_string());
    })
    .await;
    let (_, again) = dearer.post_usage(&body).await;
    assert_eq!(again["results"][0]["charge_nano_usd"], "1000000");
    let (_, new) = dearer
        .post_usage(&json!({ "events": [event("b", "api.call", 2)] }))
        .await;
    assert_eq!(new["results"][0]["charge_nano_usd"], "1800000");
}

/// Posts from many tasks to `servers` in turn: one batch that all send, and one of each task's own
/// that overlaps its neighbour's. Returns how many events were accepted.
async fn post_at_once(servers: &[&TestServer]) -> u64 {
    let tasks = (0..24u64).map(|n| {
        let server = servers[usize::try_from(n).unwrap() % servers.len()];
        async move {
            let id = |i: u64| event(&format!("own-{i}"), "api.call", i + 1);
            // In falling order, so that batches meet from both ends.
            let own = json!({ "events": [id(n + 2), id(n + 1), id(n)] });
            let shared =
                json!({ "events": [event("all", "api.call", 1), event("every", "api.call", 1)] });
            let (own, shared) = tokio::join!(server.post_usage(&own), server.post_usage(&shared));
            assert_eq!(
                (own.0.as_u16(), shared.0.as_u16()),
                (200, 200),
                "{own:?} {shared:?}"
            );
            own.1["accepted"].as_u64().unwrap() + shared.1["accepted"].as_u64().unwrap()
        }
    });
    futures_util::future::join_all(tasks)
        .await
        .into_iter()
        .sum()
}

/// 24 tasks with three events each, overlapping by two, and the two that all share.
fn expected() -> (u64, u64) {
    let own: BTreeSet<u64> = (0..24u64).flat_map(|n| [n, n + 1, n + 2]).collect();
    let gross: u64 = own.iter().map(|i| (i + 1) * 500_000).sum();
    (u64::try_from(own.len()).unwrap() + 2, gross + 2 * 500_000)
}

async fn many_at_once(kind: Kind) {
    let store = database::open(kind).await;
    let (clock, server) = start(&store.store).await;
    let (count, gross) = expected();
    assert_eq!(post_at_once(&[&server]).await, count);
    assert_eq!(post_at_once(&[&server]).await, 0);
    clock.set(BORN + 60);
    let sums = sums(&server).await;
    let of = |name: &str| sums[name].as_u64().unwrap();
    assert_eq!((of("usage_events"), of("gross_nano_usd")), (count, gross));
}

async fn two_servers_on_one_database(kind: Kind) {
    let store = database::open(kind).await;
    let other_store = primis_app_api::store::Store::open(&store.url, 8)
        .await
        .unwrap();
    let (clock, server) = start(&store.store).await;
    let (_, other) = start(&other_store).await;
    let (count, gross) = expected();
    assert_eq!(post_at_once(&[&server, &other]).await, count);
    clock.set(BORN + 60);
    let sums = sums(&server).await;
    let of = |name: &str| sums[name].as_u64().unwrap();
    assert_eq!((of("usage_events"), of("gross_nano_usd")), (count, gross));
}
