//! Realised yield in `GET /api/yield/stats`: yield over time-weighted stake, scaled to a year.

use primis_vault_interface::Source;
use serde_json::{Value, json};

use crate::support::{
    database::{Kind, on_both_databases},
    stand::Stand,
    vault::{BORN, SOL, owner},
};

on_both_databases!(
    no_data_is_null,
    yield_without_stake_has_no_rate,
    even_days_have_one_rate_in_every_window,
    each_window_has_its_own_rate,
    stake_is_weighted_by_time,
    base_and_compute_are_told_apart,
);

const DAY: u64 = 86_400;
const WINDOWS: [&str; 4] = ["24h", "7d", "30d", "all"];

async fn realised(stand: &Stand) -> Value {
    stand.caught_up().await;
    stand.server.get_ok("/api/yield/stats").await["realised"].clone()
}

/// Every rate and amount of a window is unknown.
fn assert_unknown(window: &Value) {
    for source in ["base", "compute", "total"] {
        assert_eq!(
            window[source],
            json!({ "aprPercent": null, "apyPercent": null }),
            "{source}"
        );
    }
}

async fn no_data_is_null(kind: Kind) {
    let mut stand = Stand::new(kind).await;
    for _ in 0..2 {
        let realised = realised(&stand).await;
        for name in WINDOWS {
            let window = &realised[name];
            assert_unknown(window);
            for key in [
                "baseYieldLamports",
                "computeYieldLamports",
                "averageStakeLamports",
                "fromUnix",
                "toUnix",
            ] {
                assert_eq!(window.get(key), Some(&Value::Null), "{name} {key}");
            }
        }
        // With stake and time, and still nothing distributed.
        stand.world.deposit(&owner(1), SOL);
        stand.world.pass(600);
    }
}

async fn yield_without_stake_has_no_rate(kind: Kind) {
    let mut stand = Stand::new(kind).await;
    stand.world.pass(600);
    stand.world.distribute(2 * SOL);
    let window = &realised(&stand).await["24h"];
    assert_unknown(window);
    assert_eq!(
        (
            &window["computeYieldLamports"],
            &window["averageStakeLamports"]
        ),
        (&json!("1000000000"), &json!("0"))
    );
}

/// 0.01 SOL a day on 100 SOL is 0.01 % a day.
async fn even_days_have_one_rate_in_every_window(kind: Kind) {
    let mut stand = Stand::new(kind).await;
    stand.world.deposit(&owner(1), 100 * SOL);
    for _ in 0..40 {
        stand.world.pass(DAY);
        stand.world.distribute(SOL / 50);
    }
    let realised_now = realised(&stand).await;
    let apy = ((1.0001f64.powf(365.25) - 1.0) * 100.0 * 1e3).round() / 1e3;
    for (name, days) in WINDOWS.into_iter().zip([1, 7, 30, 40]) {
        let window = &realised_now[name];
        // 0.01 % × 365.25, at the four digits that are shown.
        assert_eq!(
            window["compute"],
            json!({ "aprPercent": 3.653, "apyPercent": apy }),
            "{name}"
        );
        assert_eq!(window["total"], window["compute"], "{name}");
        assert_eq!(window["base"]["aprPercent"], Value::Null, "{name}");
        assert_eq!(window["averageStakeLamports"], "100000000000", "{name}");
        assert_eq!(
            window["computeYieldLamports"],
            (10_000_000 * days).to_string(),
            "{name}"
        );
        assert_eq!(window["toUnix"], BORN + 40 * 86_400, "{name}");
        assert_eq!(window["fromUnix"], BORN + (40 - days) * 86_400, "{name}");
    }

    // Six hours into the next day nothing is known of them: the windows end with the distribution,
    // and within its interval yield is even.
    stand.world.pass(DAY / 4);
    let day = &realised(&stand).await["24h"];
    assert_eq!(day["compute"]["aprPercent"], 3.653);
    assert_eq!(day["computeYieldLamports"], "7500000");
    assert_eq!(
        (&day["fromUnix"], &day["toUnix"]),
        (
            &json!(BORN + 39 * 86_400 + 21_600),
            &json!(BORN + 40 * 86_400)
        )
    );
}

async fn each_window_has_its_own_rate(kind: Kind) {
    let mut stand = Stand::new(kind).await;
    stand.world.deposit(&owner(1), 100 * SOL);
    // 0.04 SOL a day to stakers for ten days, 0.03 for 23, 0.02 for six, 0.01 on the last.
    for (days, lamports) in [(10, SOL * 8), (23, SOL * 6), (6, SOL * 4), (1, SOL * 2)] {
        for _ in 0..days {
            stand.world.pass(DAY);
            stand.world.distribute(lamports / 100);
        }
    }
    let realised = realised(&stand).await;
    for (name, lamports, apr_percent) in [
        ("24h", "10000000", 3.653),
        ("7d", "130000000", 6.783),
        ("30d", "820000000", 9.984),
        ("all", "1220000000", 11.14),
    ] {
        assert_eq!(realised[name]["computeYieldLamports"], lamports, "{name}");
        assert_eq!(
            realised[name]["compute"]["aprPercent"], apr_percent,
            "{name}"
        );
    }
}

/// 100 SOL for six hours, 300 for twelve, 20 for six: 180 on average.
async fn stake_is_weighted_by_time(kind: Kind) {
    let mut stand = Stand::new(kind).await;
    let world = &mut stand.world;
    world.deposit(&owner(1), 100 * SOL);
    world.pass(DAY / 4);
    world.deposit(&owner(2), 200 * SOL);
    world.pass(DAY / 2);
    world.withdraw(&owner(1), 90 * SOL);
    world.withdraw(&owner(2), 190 * SOL);
    world.pass(DAY / 4);
    world.distribute(36 * SOL);
    let all = &realised(&stand).await["all"];
    assert_eq!(all["averageStakeLamports"], (180 * SOL).to_string());
    // 18 SOL on 180 in a day: 10 % × 365.25.
    assert_eq!(all["compute"]["aprPercent"], 3_652.5);
}

async fn base_and_compute_are_told_apart(kind: Kind) {
    let mut stand = Stand::new(kind).await;
    stand.world.deposit(&owner(1), 100 * SOL);
    stand.world.pass(DAY);
    stand.world.distribute_from(Source::Staking, SOL / 10);
    stand.world.distribute(SOL / 10);
    let day = &realised(&stand).await["24h"];
    // 0.07 and 0.05 SOL a day on 100 SOL.
    assert_eq!(day["base"]["aprPercent"], 25.57);
    assert_eq!(day["compute"]["aprPercent"], 18.26);
    assert_eq!(day["total"]["aprPercent"], 43.83);
    assert_eq!(
        (&day["baseYieldLamports"], &day["computeYieldLamports"]),
        (&json!("70000000"), &json!("50000000"))
    );
}
