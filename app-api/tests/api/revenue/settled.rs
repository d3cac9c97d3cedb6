//! A window is told once it is settled, and then always the same; every event is in one window.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use rand::{Rng as _, SeedableRng as _, rngs::StdRng, seq::SliceRandom as _};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{
    database::{self, Kind, on_both_databases},
    server::{ManualClock, TestServer, event, sign},
    stand::caught_up,
    vault::{BORN, SOL, World, owner},
};

on_both_databases!(
    parts_of_a_window_add_up_to_it,
    a_window_that_can_still_change_is_refused_as_too_early,
    a_window_keeps_its_answer_and_a_late_event_is_counted_after_it,
    no_event_settles_before_a_told_window_whatever_the_clocks_say,
    nothing_is_lost_between_windows_while_events_pour_in,
    usage_without_a_pause_does_not_keep_a_report_waiting,
    the_stakers_share_is_the_vaults_split_of_the_fee,
);

/// The sums of a report: events, gross, provider's cost, fee.
fn sums(report: &Value) -> [i64; 4] {
    [
        "usage_events",
        "gross_nano_usd",
        "provider_cost_nano_usd",
        "fee_nano_usd",
    ]
    .map(|key| report[key].as_i64().unwrap())
}

/// The sums of `[from, to)` asked at `now`.
async fn told(server: &TestServer, from: i64, to: i64, now: i64) -> [i64; 4] {
    let (status, report) = server.revenue(from, to, now).await;
    assert_eq!(status, StatusCode::OK, "{report}");
    assert_eq!(
        (report["from"].as_i64(), report["to"].as_i64()),
        (Some(from), Some(to))
    );
    sums(&report)
}

async fn parts_of_a_window_add_up_to_it(kind: Kind) {
    let store = database::open(kind).await;
    let clock = ManualClock::at(BORN);
    let server = TestServer::start(&store.store, clock.clone(), |_| {}).await;
    let mut random = StdRng::seed_from_u64(2_026);
    let skus = [
        "gpu.h100.second",
        "gpu.a100.second",
        "llm.input.token",
        "llm.output.token",
        "api.call",
    ];
    let end = BORN + 1_000;
    let mut posted = 0;
    let mut now = BORN;
    for batch in 0..60 {
        clock.set(now);
        let events: Vec<Value> = (0..random.random_range(1..8))
            .map(|i| {
                event(
                    &format!("{batch}-{i}"),
                    skus[random.random_range(0..5)],
                    random.random_range(1..100_000),
                )
            })
            .collect();
        posted += i64::try_from(events.len()).unwrap();
        assert_eq!(server.post_usage(&json!({ "events": events })).await.0, 200);
        // Some batches settle in the same second.
        now = (now + random.random_range(0..34)).min(end - 1);
    }
    let now = end + 2;
    clock.set(now);
    let whole = told(&server, BORN, end, now).await;
    assert_eq!(whole[0], posted);
    for _ in 0..20 {
        let mut cuts: Vec<i64> = (0..random.random_range(0..9))
            .map(|_| random.random_range(BORN..=end))
            .collect();
        cuts.extend([BORN, end]);
        cuts.sort_unstable();
        let mut windows: Vec<(i64, i64)> = cuts.windows(2).map(|pair| (pair[0], pair[1])).collect();
        windows.shuffle(&mut random);
        let mut sum = [0; 4];
        for (from, to) in windows {
            for (sum, part) in sum.iter_mut().zip(told(&server, from, to, now).await) {
                *sum += part;
            }
        }
        assert_eq!(sum, whole, "cut at {cuts:?}");
    }
}

async fn a_window_that_can_still_change_is_refused_as_too_early(kind: Kind) {
    let store = database::open(kind).await;
    let server = TestServer::start(&store.store, ManualClock::at(BORN), |s| {
        s.platform.settle_grace_seconds = 5
    })
    .await;
    for (to, wait) in [(BORN, "5"), (BORN - 4, "1"), (BORN + 600, "605")] {
        let path = format!("/internal/revenue?from=0&to={to}");
        let request = server
            .request(Method::GET, &path)
            .header("x-primis-timestamp", BORN)
            .header("x-primis-signature", sign(&format!("{BORN}.GET.{path}")));
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), StatusCode::TOO_EARLY);
        assert_eq!(response.headers()["retry-after"], wait);
        let refusal: Value = response.json().await.unwrap();
        assert_eq!(refusal["code"], "not_settled");
        assert!(
            refusal["message"]
                .as_str()
                .unwrap()
                .contains(&format!("in {wait} s")),
            "{refusal}"
        );
    }
    assert_eq!(told(&server, 0, BORN - 5, BORN).await, [0; 4]);
}

async fn a_window_keeps_its_answer_and_a_late_event_is_counted_after_it(kind: Kind) {
    let store = database::open(kind).await;
    let clock = ManualClock::at(BORN);
    let server = TestServer::start(&store.store, clock.clone(), |_| {}).await;
    let post = async |id: &str, quantity: u64| {
        let (status, answer) = server
            .post_usage(&json!({ "events": [event(id, "api.call", quantity)] }))
            .await;
        assert_eq!(status, StatusCode::OK, "{answer}");
    };
    post("early", 1).await;
    let now = BORN + 12;
    clock.set(now);
    let first = told(&server, BORN, BORN + 10, now).await;
    assert_eq!(first[..2], [1, 500_000]);

    // What happened long before the window is counted when it arrives. So is what arrives by a
    // clock that was set back into a window that was told.
    post("late", 2).await;
    clock.set(BORN + 3);
    post("by a clock set back", 4).await;
    clock.set(BORN + 100);
    let now = BORN + 100;
    assert_eq!(told(&server, BORN, BORN + 10, now).await, first);
    let second = told(&server, BORN + 10, BORN + 98, now).await;
    assert_eq!(second[..2], [2, 3_000_000]);

    // Told again, split and whole, in any order.
    assert_eq!(
        told(&server, BORN, BORN + 98, now).await[..2],
        [3, 3_500_000]
    );
    assert_eq!(told(&server, BORN + 10, BORN + 98, now).await, second);
    assert_eq!(told(&server, BORN, BORN + 10, now).await, first);
}

async fn no_event_settles_before_a_told_window_whatever_the_clocks_say(kind: Kind) {
    let store = database::open(kind).await;
    let slow_store = primis_app_api::store::Store::open(&store.url, 8)
        .await
        .unwrap();
    let server = TestServer::start(&store.store, ManualClock::at(BORN + 100), |_| {}).await;
    let slow = TestServer::start(&slow_store, ManualClock::at(BORN), |_| {}).await;
    let now = BORN + 100;
    assert_eq!(told(&server, 0, now - 2, now).await, [0; 4]);
    slow.post_usage(&json!({ "events": [event("a", "api.call", 1)] }))
        .await;
    assert_eq!(told(&server, 0, now - 2, now).await, [0; 4]);
    // It settled at the end of what was told, which is the begin of the next window.
    let later = TestServer::start(&store.store, ManualClock::at(now + 100), |_| {}).await;
    assert_eq!(told(&later, now - 2, now - 1, now + 100).await[0], 1);
}

/// Two servers take usage while windows are told one after the other: each event is in exactly
/// one of them.
async fn nothing_is_lost_between_windows_while_events_pour_in(kind: Kind) {
    let store = database::open(kind).await;
    let other_store = primis_app_api::store::Store::open(&store.url, 8)
        .await
        .unwrap();
    let clock = ManualClock::at(BORN);
    // The clock of the second runs behind by a minute: only the watermark can keep its events out
    // of the windows that were told.
    let slow_clock = ManualClock::at(BORN - 60);
    let server = TestServer::start(&store.store, clock.clone(), |_| {}).await;
    let slow = TestServer::start(&other_store, slow_clock.clone(), |_| {}).await;

    let writers = (0..8u64).map(|writer| {
        let server = if writer % 2 == 0 { &server } else { &slow };
        async move {
            for n in 0..25u64 {
                let body = json!({ "events": [event(&format!("{writer}-{n}"), "api.call", 1)] });
                let (status, answer) = server.post_usage(&body).await;
                assert_eq!(status, StatusCode::OK, "{answer}");
            }
        }
    });
    let reporter = async {
        let mut windows = Vec::new();
        for n in 1..=40 {
            let now = BORN + n;
            clock.set(now);
            slow_clock.set(now - 60);
            windows.push((now - 3, now - 2, told(&server, now - 3, now - 2, now).await));
        }
        windows
    };
    let (_, mut windows) = tokio::join!(futures_util::future::join_all(writers), reporter);

    let now = BORN + 1_000;
    clock.set(now);
    windows.push((0, BORN - 2, told(&server, 0, BORN - 2, now).await));
    windows.push((
        BORN + 38,
        now - 2,
        told(&server, BORN + 38, now - 2, now).await,
    ));
    let mut events = 0;
    for (from, to, sums) in &windows {
        assert_eq!(
            told(&server, *from, *to, now).await,
            *sums,
            "[{from}, {to}) changed"
        );
        events += sums[0];
    }
    assert_eq!(events, 8 * 25);
}

/// Batches overlap all the time, so that there is never a moment in which none is being stored. The
/// keeper waits ten seconds for an answer.
async fn usage_without_a_pause_does_not_keep_a_report_waiting(kind: Kind) {
    let store = database::open(kind).await;
    let clock = ManualClock::at(BORN);
    let server = TestServer::start(&store.store, clock.clone(), |_| {}).await;
    let done = AtomicBool::new(false);
    let writers = (0..12u64).map(|writer| {
        let (server, done) = (&server, &done);
        async move {
            let mut n = 0u64;
            while !done.load(Ordering::Relaxed) {
                n += 1;
                let events: Vec<Value> = (0..100)
                    .map(|i| event(&format!("{writer}-{n}-{i}"), "api.call", 1))
                    .collect();
                let (status, answer) = server.post_usage(&json!({ "events": events })).await;
                assert_eq!(status, StatusCode::OK, "{answer}");
            }
            n
        }
    });
    let reporter = async {
        let mut longest = Duration::ZERO;
        for n in 1..=6 {
            let now = BORN + 10 * n;
            clock.set(now);
            let asked = Instant::now();
            told(&server, now - 12, now - 2, now).await;
            longest = longest.max(asked.elapsed());
        }
        done.store(true, Ordering::Relaxed);
        longest
    };
    let (posts, longest) = tokio::join!(futures_util::future::join_all(writers), reporter);
    assert!(
        longest < Duration::from_secs(10),
        "a report took {longest:?} beside {posts:?} batches"
    );
}

/// The share is unknown, and said to be, until the vault was read; then it is what a distribution of
/// the fee would give, and follows the vault's split.
async fn the_stakers_share_is_the_vaults_split_of_the_fee(kind: Kind) {
    let store = database::open(kind).await;
    let clock = ManualClock::at(BORN);
    let blind = TestServer::start(&store.store, clock.clone(), |_| {}).await;
    // 1,000 tokens at $1.50 for a million, with a fee of 10 %: 150,000 nano-USD; and one that does not divide.
    for (id, sku, quantity) in [
        ("a", "llm.output.token", 1_000),
        ("b", "gpu.h100.second", 1),
    ] {
        let body = json!({ "events": [event(id, sku, quantity)] });
        assert_eq!(blind.post_usage(&body).await.0, 200);
    }
    let now = BORN + 100;
    clock.set(now);
    let (_, report) = blind.revenue(BORN, BORN + 10, now).await;
    assert_eq!(report["fee_nano_usd"], 150_000 + 69_166);
    assert_eq!(report.get("stakers_share_nano_usd"), Some(&Value::Null));
    blind.stop().await;

    let mut world = World::new().await;
    let (rpc_url, vault) = (world.cluster.url.clone(), world.name());
    let server = TestServer::start(&store.store, clock, |settings| {
        settings.chain.rpc_url = rpc_url;
        settings.chain.vault = Some(vault);
    })
    .await;
    for (stakers_bps, share) in [(5_000, 109_583), (3_333, 73_049)] {
        let split = &mut world.vault.config.compute_split;
        split.stakers_bps = stakers_bps;
        split.treasury_bps = 10_000 - stakers_bps;
        world.deposit(&owner(1), SOL);
        caught_up(&store.store, &world).await;
        let (status, report) = server.revenue(BORN, BORN + 10, now).await;
        assert_eq!(status, StatusCode::OK, "{report}");
        assert_eq!(report["stakers_share_nano_usd"], share, "{report}");
        assert_eq!(report["fee_nano_usd"], 150_000 + 69_166);
    }
}
