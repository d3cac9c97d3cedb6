//! Several pools: `GET /api/pools`, and what the other statistics make of liquid staking tokens.

use primis_app_api::config::PoolName;
use primis_vault_interface::Source;
use serde_json::{Value, json};
use solana_address::Address;

use crate::support::{
    database::{Kind, on_both_databases},
    hermes,
    stand::Stand,
    vault::{BORN, SOL, World, owner},
};

on_both_databases!(
    each_pool_has_its_row,
    names_and_projections,
    a_wallet_has_positions_in_all_pools,
    a_price_changes_the_stake_that_rates_are_of,
    base_staking_is_of_the_sol_pool_alone,
    nine_percent_is_base_and_compute_realised,
);

const DAY: u64 = 86_400;

fn mint(n: u8) -> Address {
    Address::new_from_array([200 + n; 32])
}

async fn realised(stand: &Stand) -> Value {
    stand.caught_up().await;
    stand.server.get_ok("/api/yield/stats").await["realised"]["all"].clone()
}

async fn each_pool_has_its_row(kind: Kind) {
    let mut stand = Stand::new(kind).await;
    let msol = stand.world.add_token_pool(mint(1));
    let unpriced = stand.world.add_token_pool(mint(2));
    stand.caught_up().await;
    let world = &mut stand.world;
    world.deposit(&owner(1), 100 * SOL);
    world.refresh_price(msol, 1_250_000_000);
    world.deposit_tokens(msol, &owner(2), 80 * SOL);
    world.deposit_tokens(unpriced, &owner(3), SOL);
    stand.caught_up().await;
    let answer = stand.server.get_ok("/api/pools").await;
    assert_eq!(answer["totalValueLamports"], (200 * SOL).to_string());
    let rows = answer["pools"].as_array().unwrap();
    assert_eq!(rows.len(), 3);
    for (key, sol, msol, unpriced) in [
        ("kind", json!("sol"), json!("token"), json!("token")),
        (
            "mint",
            json!("So11111111111111111111111111111111111111112"),
            json!(mint(1).to_string()),
            json!(mint(2).to_string()),
        ),
        ("priceSOL", json!(1.0), json!(1.25), Value::Null),
        ("priceUpdatedAtUnix", Value::Null, json!(BORN), Value::Null),
        (
            "valueLamports",
            json!((100 * SOL).to_string()),
            json!((100 * SOL).to_string()),
            Value::Null,
        ),
        ("valuePercent", json!(50.0), json!(50.0), json!(0.0)),
        (
            "totalUnits",
            json!((100 * SOL).to_string()),
            json!((80 * SOL).to_string()),
            json!(SOL.to_string()),
        ),
        ("positionCount", json!(1), json!(1), json!(1)),
        ("status", json!("active"), json!("active"), json!("active")),
    ] {
        let told = [&rows[0][key], &rows[1][key], &rows[2][key]];
        assert_eq!(told, [&sol, &msol, &unpriced], "{key}");
    }
    let network = stand.server.get_ok("/api/stats").await;
    assert_eq!(network["totalStakedSol"], 200.0);
    assert_eq!(network["totalStakers"], 3);
}

/// Names are the operator's, and projections the model's: 0.5 M$ of yield a year on 200 SOL at $150; base
/// staking is of the SOL pool.
async fn names_and_projections(kind: Kind) {
    let world = World::new().await;
    let price = hermes::serve(150, BORN).await;
    let mut stand = Stand::with(kind, world, |s| {
        s.price = Some(price);
        s.model.base_staking_apr_bps = Some(633);
        s.pools = vec![PoolName {
            mint: mint(1).to_string(),
            symbol: "mSOL".into(),
        }];
    })
    .await;
    let msol = stand.world.add_token_pool(mint(1));
    let old = stand.world.add_token_pool(mint(2));
    let world = &mut stand.world;
    world.deposit(&owner(1), 100 * SOL);
    world.refresh_price(msol, 1_250_000_000);
    world.deposit_tokens(msol, &owner(2), 80 * SOL);
    world.retire(old);
    stand.caught_up().await;
    let rows = stand.server.get_ok("/api/pools").await["pools"].clone();
    for (row, symbol, projected) in [
        (
            &rows[0],
            json!("SOL"),
            json!({ "base": 4.431, "compute": 1666.67, "total": 1671.1 }),
        ),
        (
            &rows[1],
            json!("mSOL"),
            json!({ "base": null, "compute": 1666.67, "total": 1666.67 }),
        ),
        (
            &rows[2],
            Value::Null,
            json!({ "base": null, "compute": null, "total": null }),
        ),
    ] {
        assert_eq!(
            (&row["symbol"], &row["projectedAprPercent"]),
            (&symbol, &projected)
        );
        assert_eq!(row["realisedAprPercent"]["7d"]["total"], Value::Null);
    }
}

async fn a_wallet_has_positions_in_all_pools(kind: Kind) {
    let mut stand = Stand::new(kind).await;
    let msol = stand.world.add_token_pool(mint(1));
    let world = &mut stand.world;
    world.refresh_price(msol, 1_250_000_000);
    world.deposit(&owner(1), 100 * SOL);
    world.deposit_tokens(msol, &owner(1), 80 * SOL);
    world.pass(600);
    // Four SOL to stakers, two to each pool.
    world.distribute(8 * SOL);
    world.pass(600);
    stand.caught_up().await;
    let told = stand
        .server
        .get_ok(&format!("/api/positions/{}", owner(1)))
        .await;
    assert_eq!(told["stakedLamports"], (200 * SOL).to_string());
    let mut rows: Vec<_> = told["positions"].as_array().unwrap().iter().collect();
    assert_eq!(rows.len(), 2);
    rows.sort_by_key(|row| row["mint"] == mint(1).to_string());
    for (row, price) in rows.iter().zip(["1000000000", "1250000000"]) {
        assert_eq!(row["valueLamports"], (100 * SOL).to_string());
        assert_eq!(row["priceLamportsPerBillionUnits"], price);
        let owed: u64 = row["owedLamports"].as_str().unwrap().parse().unwrap();
        assert!((2 * SOL - 1..=2 * SOL).contains(&owed), "{owed}");
    }
}

/// 100 SOL all day, and as many tokens worth nothing for six hours, 1 SOL for six, 1.5 for twelve:
/// 200 SOL on average. In between the server starts anew.
async fn a_price_changes_the_stake_that_rates_are_of(kind: Kind) {
    let mut stand = Stand::new(kind).await;
    let msol = stand.world.add_token_pool(mint(1));
    let world = &mut stand.world;
    world.deposit(&owner(1), 100 * SOL);
    world.deposit_tokens(msol, &owner(2), 100 * SOL);
    world.pass(DAY / 4);
    world.refresh_price(msol, 1_000_000_000);
    world.pass(DAY / 4);
    stand.caught_up().await;
    let mut stand = stand.restart().await;
    stand.world.refresh_price(msol, 1_500_000_000);
    stand.world.pass(DAY / 2);
    stand.world.distribute(2 * SOL / 5);
    let all = realised(&stand).await;
    assert_eq!(all["averageStakeLamports"], (200 * SOL).to_string());
    // 0.2 SOL on 200 in a day: 0.1 % × 365.25.
    assert_eq!(all["compute"]["aprPercent"], 36.53);
}

async fn base_staking_is_of_the_sol_pool_alone(kind: Kind) {
    let mut stand = Stand::new(kind).await;
    let msol = stand.world.add_token_pool(mint(1));
    let world = &mut stand.world;
    world.refresh_price(msol, 1_000_000_000);
    world.deposit(&owner(1), 100 * SOL);
    world.deposit_tokens(msol, &owner(2), 300 * SOL);
    world.pass(DAY);
    world.distribute_from(Source::Staking, SOL);
    world.distribute(8 * SOL);
    let all = realised(&stand).await;
    // 0.7 SOL on the 100 of the SOL pool; 4 SOL on the 400 of both.
    assert_eq!(all["base"]["aprPercent"], 255.68);
    assert_eq!(all["compute"]["aprPercent"], 365.25);
    assert_eq!(all["averageStakeLamports"], (400 * SOL).to_string());
    let rows = stand.server.get_ok("/api/pools").await["pools"].clone();
    assert_eq!(
        rows[0]["streamedTotalLamports"],
        (SOL + 7 * SOL / 10).to_string()
    );
    assert_eq!(rows[1]["streamedTotalLamports"], (3 * SOL).to_string());
}

/// DESIGN §2 out of distributions: each day stakers get what 6.33 % of base staking and 9.138 % of
/// compute revenue leave them, 70 % of the one and half of the other.
async fn nine_percent_is_base_and_compute_realised(kind: Kind) {
    let mut stand = Stand::new(kind).await;
    let stake = 365_250 * SOL;
    stand.world.deposit(&owner(1), stake);
    for _ in 0..30 {
        stand.world.pass(DAY);
        // A day of a year of 365.25: 1,000 SOL of the stake earn at each percent 0.01 × 1,000 SOL.
        stand.world.distribute_from(Source::Staking, 63_300_000_000);
        stand.world.distribute(91_380_000_000);
    }
    stand.caught_up().await;
    let told = stand.server.get_ok("/api/yield/stats").await["realised"].clone();
    for window in ["24h", "7d", "30d", "all"] {
        let rates = &told[window];
        assert_eq!(rates["base"]["aprPercent"], 4.431, "{window}");
        assert_eq!(rates["compute"]["aprPercent"], 4.569, "{window}");
        assert_eq!(rates["total"]["aprPercent"], 9.0, "{window}");
    }
}
