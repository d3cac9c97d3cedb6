//! The numbers of the design, to the digits it prints, out of the running server.

use serde_json::{Value, json};

use crate::support::{
    database::{Kind, on_both_databases},
    hermes,
    stand::Stand,
    vault::{BORN, SOL, World, owner},
};

on_both_databases!(
    the_revenue_model,
    ten_of_eleven,
    a_hundred_of_a_thousand,
    a_thousand_of_a_hundred_thousand,
    base_and_compute_make_nine_percent,
    without_a_price_there_is_no_rate,
    what_a_retired_pool_holds_shares_in_nothing,
);

/// $150 for a SOL.
const USD_PER_SOL: u64 = 150;

/// A server that follows a vault in which `lamports` are staked.
async fn staked(kind: Kind, lamports: u64) -> Stand {
    let mut world = World::new().await;
    world.deposit(&owner(1), lamports);
    let price = hermes::serve(USD_PER_SOL, BORN).await;
    let stand = Stand::with(kind, world, |settings| {
        settings.price = Some(price);
        settings.model.base_staking_apr_bps = Some(633);
    })
    .await;
    stand.caught_up().await;
    stand
}

/// `number` with as many decimals as the design prints.
fn printed(number: &Value, decimals: usize) -> String {
    format!("{:.decimals$}", number.as_f64().unwrap())
}

async fn the_revenue_model(kind: Kind) {
    let stand = staked(kind, 1_000 * SOL).await;
    let model = stand.server.get_ok("/api/yield/revenue-model").await;
    assert_eq!(model["yearlyComputeVolumeUSD"], 10_000_000);
    assert_eq!(model["platformFeePercent"], 10.0);
    assert_eq!(model["yearlyRevenueUSD"], 1_000_000.0);
    assert_eq!(model["stakersSharePercent"], 50.0);
    assert_eq!(model["yearlyStakerPoolUSD"], 500_000.0);
    assert_eq!(model["solPriceUSD"], 150.0);
    assert_eq!(model["intervalSeconds"], 600);
    assert_eq!(model["intervalsPerYear"], 52_560);
    assert_eq!(printed(&model["perIntervalStakerPoolSOL"], 4), "0.0634");
    assert_eq!(printed(&model["perIntervalRevenueSOL"], 4), "0.1268");
    // 500,000 ÷ 150 ÷ 52,560 SOL, rounded down to the lamport; likewise the whole.
    assert_eq!(model["perIntervalStakerPoolLamports"], "63419583");
    assert_eq!(model["perIntervalRevenueLamports"], "126839167");
}

/// The stake asked about is part of the total, as 10 ÷ 11.31 is 88.42 %.
async fn ten_of_eleven(kind: Kind) {
    let stand = staked(kind, 11_310_000_000).await;
    let answer = stand.server.get_ok("/api/yield/apy/10").await;
    assert_eq!(answer["userStakeSOL"], 10.0);
    assert_eq!(answer["userStakeLamports"], "10000000000");
    assert_eq!(answer["totalStakedSOL"], 11.31);
    assert_eq!(answer["totalStakedLamports"], "11310000000");
    assert_eq!(printed(&answer["stakePercent"], 2), "88.42");
    assert_eq!(printed(&answer["yearlyEarningsUSD"], 2), "442086.65");
    assert_eq!(printed(&answer["effectiveAPY"], 2), "29472.44");
    assert_eq!(answer["apr_percent"], answer["effectiveAPY"]);
    assert_eq!(answer["solPriceUSD"], 150.0);

    // The owner of the whole stake has the whole pool, at the same rate.
    let mine = stand
        .server
        .get_ok(&format!("/api/yield/my-apy/{}", owner(1)))
        .await;
    assert_eq!(mine["stakePercent"], 100.0);
    assert_eq!(mine["yearlyEarningsUSD"], 500_000.0);
    assert_eq!(mine["effectiveAPY"], answer["effectiveAPY"]);
}

async fn a_hundred_of_a_thousand(kind: Kind) {
    let stand = staked(kind, 1_000 * SOL).await;
    let answer = stand.server.get_ok("/api/yield/apy/100").await;
    assert_eq!(answer["totalStakedSOL"], 1_000.0);
    assert_eq!(answer["stakePercent"], 10.0);
    assert_eq!(answer["yearlyEarningsUSD"], 50_000.0);
    assert_eq!(printed(&answer["effectiveAPY"], 0), "333");
}

async fn a_thousand_of_a_hundred_thousand(kind: Kind) {
    let stand = staked(kind, 100_000 * SOL).await;
    let answer = stand.server.get_ok("/api/yield/apy/1000").await;
    assert_eq!(answer["totalStakedSOL"], 100_000.0);
    assert_eq!(answer["stakePercent"], 1.0);
    assert_eq!(answer["yearlyEarningsUSD"], 5_000.0);
    assert_eq!(printed(&answer["effectiveAPY"], 1), "3.3");
    // 3.33 % simple is a little more with each day's yield staked again.
    assert_eq!(printed(&answer["apy_compounded_daily_percent"], 2), "3.39");
}

/// 6.33 % × 70 % = 4.431 %, and at this stake compute revenue makes 4.569 %.
async fn base_and_compute_make_nine_percent(kind: Kind) {
    // 500,000 ÷ 150 ÷ 0.04569 SOL.
    let stand = staked(kind, 72_955_424_235_791).await;
    let projected = &stand.server.get_ok("/api/yield/stats").await["projected"];
    assert_eq!(printed(&projected["base"]["aprPercent"], 3), "4.431");
    assert_eq!(printed(&projected["compute"]["aprPercent"], 3), "4.569");
    assert_eq!(printed(&projected["total"]["aprPercent"], 2), "9.00");
}

/// What needs the price is refused or `null`; what does not is told.
async fn without_a_price_there_is_no_rate(kind: Kind) {
    let mut world = World::new().await;
    world.deposit(&owner(1), 10 * SOL);
    let stand = Stand::with(kind, world, |settings| {
        settings.model.base_staking_apr_bps = Some(633)
    })
    .await;
    stand.caught_up().await;
    let (status, refusal) = stand.server.get("/api/yield/apy/10").await;
    assert_eq!(
        (status.as_u16(), &refusal["code"]),
        (503, &json!("price_unavailable"))
    );

    let mine = stand
        .server
        .get_ok(&format!("/api/yield/my-apy/{}", owner(1)))
        .await;
    assert_eq!(
        (&mine["userStakeSOL"], &mine["effectiveAPY"]),
        (&json!(10.0), &Value::Null)
    );
    let model = stand.server.get_ok("/api/yield/revenue-model").await;
    assert_eq!(model["yearlyRevenueUSD"], 1_000_000.0);
    assert_eq!(model["perIntervalStakerPoolSOL"], Value::Null);
    assert_eq!(model["perIntervalRevenueLamports"], Value::Null);
    let projected = &stand.server.get_ok("/api/yield/stats").await["projected"];
    assert_eq!(projected["base"]["aprPercent"], 4.431);
    assert_eq!(projected["compute"]["aprPercent"], Value::Null);
}

/// 100 SOL beside a pool worth 300 that no later distribution goes to.
async fn what_a_retired_pool_holds_shares_in_nothing(kind: Kind) {
    let mut stand = staked(kind, 100 * SOL).await;
    let token = stand
        .world
        .add_token_pool(solana_address::Address::new_from_array([201; 32]));
    stand.world.refresh_price(token, 1_000_000_000);
    stand.world.deposit_tokens(token, &owner(2), 300 * SOL);
    let wallets = [owner(1), owner(2)];
    // Half a million dollars a year at $150, on 400 SOL and then on 100.
    for (apr, total, stakes) in [(833.33, 400, [100, 300]), (3333.33, 100, [100, 0])] {
        stand.caught_up().await;
        let told = stand.server.get_ok("/api/yield/stats").await;
        assert_eq!(told["projected"]["compute"]["aprPercent"], apr);
        let told = stand.server.get_ok("/api/yield/apy/1").await;
        assert_eq!(told["totalStakedLamports"], (total * SOL).to_string());
        for (wallet, stake) in wallets.iter().zip(stakes) {
            let path = format!("/api/yield/my-apy/{wallet}");
            let told = stand.server.get_ok(&path).await;
            assert_eq!(told["userStakeLamports"], (stake * SOL).to_string());
            assert_eq!(told["effectiveAPY"].is_null(), stake == 0);
        }
        // It is staked all the same.
        let told = stand.server.get_ok("/api/stats").await;
        assert_eq!(told["totalStakedSol"], 400.0);
        stand.world.retire(token);
    }
}
