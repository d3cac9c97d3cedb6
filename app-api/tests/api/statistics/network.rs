//! `GET /api/stats` and `GET /api/yield/my-apy/{wallet}`.

use serde_json::{Value, json};

use crate::support::{
    database::{Kind, on_both_databases},
    hermes,
    server::event,
    stand::Stand,
    vault::{BORN, SOL, World, owner},
};

on_both_databases!(
    an_empty_network,
    the_network_in_six_numbers,
    my_yield,
    a_wallet_without_stake
);

/// Nothing staked is a fact, and told as one.
async fn an_empty_network(kind: Kind) {
    let stand = Stand::new(kind).await;
    stand.caught_up().await;
    assert_eq!(
        stand.server.get_ok("/api/stats").await,
        json!({
            "totalStakedSol": 0.0, "totalStakedLamports": "0", "totalStakers": 0, "totalJobsCompleted": 0,
            "networkRevenueSol": 0.0, "networkRevenueLamports": "0", "distributionCount": 0,
            "updatedAt": "2023-11-14T22:13:20Z",
        })
    );
}

async fn the_network_in_six_numbers(kind: Kind) {
    let mut stand = Stand::new(kind).await;
    let world = &mut stand.world;
    world.deposit(&owner(1), 100 * SOL);
    world.deposit(&owner(2), 50 * SOL + 1);
    world.deposit(&owner(3), 7 * SOL);
    world.pass(600);
    world.distribute(2 * SOL);
    world.distribute_from(primis_vault_interface::Source::Staking, 3 * SOL);
    world.pass(600);
    world.distribute(4 * SOL);
    // An owner who took everything back has a position and no stake.
    world.withdraw(&owner(3), 7 * SOL);
    stand.caught_up().await;
    stand
        .server
        .post_usage(&json!({ "events": [event("a", "api.call", 9), event("b", "api.call", 9)] }))
        .await;
    assert_eq!(
        stand.server.get_ok("/api/stats").await,
        json!({
            "totalStakedSol": 150.000000001, "totalStakedLamports": "150000000001", "totalStakers": 2,
            "totalJobsCompleted": 2,
            // What compute earned; staking rewards are no revenue of the network.
            "networkRevenueSol": 6.0, "networkRevenueLamports": "6000000000", "distributionCount": 3,
            "updatedAt": "2023-11-14T22:33:20Z",
        })
    );
}

async fn my_yield(kind: Kind) {
    let mut world = World::new().await;
    world.deposit(&owner(1), 250 * SOL);
    world.deposit(&owner(2), 750 * SOL);
    let price = hermes::serve(150, BORN).await;
    let stand = Stand::with(kind, world, |settings| settings.price = Some(price)).await;
    stand.caught_up().await;
    let mine = stand
        .server
        .get_ok(&format!("/api/yield/my-apy/{}", owner(1)))
        .await;
    assert_eq!(
        (&mine["userStakeSOL"], &mine["totalStakedSOL"]),
        (&json!(250.0), &json!(1_000.0))
    );
    assert_eq!(
        (&mine["stakePercent"], &mine["yearlyEarningsUSD"]),
        (&json!(25.0), &json!(125_000.0))
    );
    assert_eq!(
        (&mine["effectiveAPY"], &mine["apr_percent"]),
        (&json!(333.33), &json!(333.33))
    );
    // (1 + 3.3333 ÷ 365.25)^365.25 − 1.
    let compounded = ((1.0f64 + 10.0 / 3.0 / 365.25).powf(365.25) - 1.0) * 100.0;
    assert!(
        (mine["apy_compounded_daily_percent"].as_f64().unwrap() - compounded).abs() < 0.006,
        "{mine}"
    );
}

/// An ordinary visitor, not an error; what it earns at is not known, not zero.
async fn a_wallet_without_stake(kind: Kind) {
    let mut world = World::new().await;
    world.deposit(&owner(1), 1_000 * SOL);
    let price = hermes::serve(150, BORN).await;
    let stand = Stand::with(kind, world, |settings| settings.price = Some(price)).await;
    stand.caught_up().await;
    let none = stand
        .server
        .get_ok(&format!("/api/yield/my-apy/{}", owner(9)))
        .await;
    assert_eq!(
        (&none["userStakeSOL"], &none["stakePercent"]),
        (&json!(0.0), &json!(0.0))
    );
    for key in [
        "effectiveAPY",
        "apr_percent",
        "apy_compounded_daily_percent",
    ] {
        assert_eq!(none[key], Value::Null, "{key}");
    }
}
