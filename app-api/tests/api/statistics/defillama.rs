//! `GET /api/defillama/pools`.

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
    each_pool_that_earns_has_its_row,
    what_was_realised_comes_before_what_is_projected,
    without_a_price_there_is_no_tvl,
);

const NATIVE: &str = "So11111111111111111111111111111111111111112";
const PATH: &str = "/api/defillama/pools";

/// 100 SOL, 80 of a token at 1.25 SOL, and an empty pool without a price; $150 for a SOL.
async fn stand(kind: Kind) -> (Stand, [usize; 2], [Address; 2]) {
    let mut world = World::new().await;
    let mints = [201, 202].map(|n| Address::new_from_array([n; 32]));
    let tokens = mints.map(|mint| world.add_token_pool(mint));
    world.deposit(&owner(1), 100 * SOL);
    world.refresh_price(tokens[0], 1_250_000_000);
    world.deposit_tokens(tokens[0], &owner(2), 80 * SOL);
    let price = hermes::serve(150, BORN).await;
    let stand = Stand::with(kind, world, |settings| {
        settings.price = Some(price);
        settings.model.base_staking_apr_bps = Some(633);
    })
    .await;
    stand.caught_up().await;
    (stand, tokens, mints)
}

async fn rows(stand: &Stand) -> Vec<Value> {
    let told = stand.server.get_ok(PATH).await;
    told.as_array().unwrap().clone()
}

async fn each_pool_that_earns_has_its_row(kind: Kind) {
    let (mut stand, tokens, mints) = stand(kind).await;
    let told = rows(&stand).await;
    let projected = stand.server.get_ok("/api/yield/stats").await["projected"].clone();
    assert_eq!(
        told[0],
        json!({
            "pool": format!("{}-solana", stand.world.pool_address),
            "chain": "Solana", "project": "primis", "symbol": "SOL",
            "tvlUsd": 15_000.0,
            "apyBase": projected["base"]["apyPercent"],
            "apyReward": projected["compute"]["apyPercent"],
            "rewardTokens": [NATIVE], "underlyingTokens": [NATIVE],
            "poolMeta": null, "url": null,
        })
    );
    // 6.33 % × 70 %, compounded daily.
    assert_eq!(told[0]["apyBase"], 4.53);
    assert!(told[0]["apyReward"].is_number());
    // 80 × 1.25 SOL × $150; its own yield is in its price.
    assert_eq!(told[1]["tvlUsd"], 15_000.0);
    assert_eq!(told[1]["apyReward"], told[0]["apyReward"]);
    assert_eq!(told[1]["underlyingTokens"], json!([mints[0].to_string()]));
    for unknown in ["symbol", "apyBase"] {
        assert!(told[1][unknown].is_null(), "{unknown}");
    }
    assert!(told[2]["tvlUsd"].is_null());
    assert_eq!(told.len(), 3);

    stand.world.retire(tokens[0]);
    stand.caught_up().await;
    let told = rows(&stand).await;
    assert_eq!(told.len(), 2);
    assert_eq!(told[1]["underlyingTokens"], json!([mints[1].to_string()]));
}

async fn what_was_realised_comes_before_what_is_projected(kind: Kind) {
    let (mut stand, ..) = stand(kind).await;
    stand.world.pass(3_600);
    stand.world.distribute_from(Source::Compute, SOL / 100);
    stand.caught_up().await;
    let all = stand.server.get_ok("/api/yield/stats").await;
    let told = rows(&stand).await;
    let realised = &all["realised"]["24h"]["compute"]["apyPercent"];
    assert!(realised.is_number());
    assert_eq!(&told[0]["apyReward"], realised);
    assert_ne!(realised, &all["projected"]["compute"]["apyPercent"]);
    // Base staking gave nothing yet.
    assert_eq!(told[0]["apyBase"], all["projected"]["base"]["apyPercent"]);
}

async fn without_a_price_there_is_no_tvl(kind: Kind) {
    let stand = Stand::new(kind).await;
    let (status, refusal) = stand.server.get(PATH).await;
    assert_eq!(
        (status.as_u16(), &refusal["code"]),
        (503, &json!("price_unavailable"))
    );
}
