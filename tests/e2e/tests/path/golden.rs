//! The golden cases as a running API answers them, over a chain on which that much is staked.

use anyhow::{Context as _, Result};
use primis_localnet::{SOL, Staker};
use serde_json::{Value, json};

use crate::stand::{Stand, until};

/// Ten minutes: 52,560 intervals a year.
const INTERVAL_SECONDS: u64 = 600;

#[tokio::test(flavor = "multi_thread")]
async fn the_api_answers_the_golden_cases_to_the_printed_digits() -> Result<()> {
    let stand = Stand::up(INTERVAL_SECONDS).await?;
    let api = &stand.api.client;

    let model = api.get("/api/yield/revenue-model").await?;
    for (name, expected) in [
        ("yearlyComputeVolumeUSD", json!(10_000_000)),
        ("platformFeePercent", json!(10.0)),
        ("yearlyRevenueUSD", json!(1_000_000.0)),
        ("yearlyStakerPoolUSD", json!(500_000.0)),
        ("solPriceUSD", json!(150.0)),
        ("intervalsPerYear", json!(52_560)),
    ] {
        assert_eq!(model.get(name), Some(&expected), "{name}: {model:#}");
    }
    for (name, printed) in [
        ("perIntervalRevenueSOL", "0.1268"),
        ("perIntervalStakerPoolSOL", "0.0634"),
    ] {
        let figure = model.get(name).and_then(Value::as_f64).context(name)?;
        assert_eq!(to_digits_of(figure, printed), printed, "{name}: {model:#}");
    }

    // What is staked in all, the stake asked about, and what is printed for it.
    let mut staked = 0;
    for (total, stake, percent, earnings, apy) in [
        (11_310_000_000, "10", "88.42", "442086.65", "29472.44"),
        (1_000 * SOL, "100", "10", "50000", "333"),
        (100_000 * SOL, "1000", "1", "5000", "3.3"),
    ] {
        let staker = Staker::funded("Ada", &stand.chain, stand.addresses, total + SOL).await?;
        staker.deposit(&stand.chain, total - staked).await?;
        staked = total;
        until("the API to see the deposit", async || {
            let stats = api.get("/api/stats").await?;
            Ok(stats.get("totalStakedLamports") == Some(&json!(total.to_string())))
        })
        .await?;
        let answer = api.get(&format!("/api/yield/apy/{stake}")).await?;
        for (name, printed) in [
            ("stakePercent", percent),
            ("yearlyEarningsUSD", earnings),
            ("effectiveAPY", apy),
            ("apr_percent", apy),
        ] {
            let figure = answer.get(name).and_then(Value::as_f64).context(name)?;
            assert_eq!(to_digits_of(figure, printed), printed, "{name}: {answer:#}");
        }
    }
    stand.api.daemon.stop().await?;
    stand.chain.stop().await
}

/// A figure with as many decimals as `printed` has.
fn to_digits_of(figure: f64, printed: &str) -> String {
    let decimals = printed.split_once('.').map_or(0, |(_, rest)| rest.len());
    format!("{figure:.decimals$}")
}
