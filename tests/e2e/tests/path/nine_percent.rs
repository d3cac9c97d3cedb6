//! 6.33 % of base staking, 70 % of it to stakers, and 9.138 % of compute revenue, half of it to
//! stakers: 4.431 % + 4.569 % = 9.00 %, out of distributions on chain, day by day.

use anyhow::{Context as _, Result};
use primis_localnet::{Cluster, HandKeeper, SOL, Staker};
use serde_json::Value;

use crate::stand::{Stand, until};

const INTERVAL_SECONDS: u64 = 600;
const DAY: i64 = 86_400;
const DAYS: i64 = 4;
/// A day's part of one percent a year of it is a hundredth of a hundred SOL, without a rest.
const STAKE_LAMPORTS: u64 = 36_525 * SOL;
/// Delegated: what the buffer leaves, rounded down. Its rewards are 6.33 % of the whole stake.
const DELEGATED_LAMPORTS: u64 = 32_000 * SOL;
/// 6.33 % and 9.138 % a year of the stake, in a day of a year of 365.25.
const REWARD_LAMPORTS: u64 = 6_330_000_000;
const REVENUE_LAMPORTS: u64 = 9_138_000_000;

#[tokio::test(flavor = "multi_thread")]
async fn base_and_compute_make_nine_percent_on_chain() -> Result<()> {
    let stand = Stand::up(INTERVAL_SECONDS).await?;
    let (chain, addresses, roles) = (&stand.chain, stand.addresses, &stand.roles);
    let cluster = Cluster::listed(chain, addresses, &roles.authority).await?;
    let base = HandKeeper::new(addresses, &roles.keeper);
    let staker = Staker::funded("Ada", chain, addresses, STAKE_LAMPORTS + SOL).await?;
    staker.deposit(chain, STAKE_LAMPORTS).await?;
    let stake = base.delegate(chain, &cluster, DELEGATED_LAMPORTS).await?;

    let vault = chain.vault(&addresses).await?.vault;
    assert_eq!(
        vault.staking.last_interval_id,
        vault.compute.last_interval_id
    );
    let born = vault.compute.last_interval_id;
    for day in 1..=DAYS {
        let boundary = born + day * DAY;
        chain.travel_to(u64::try_from(boundary)? + 1).await?;
        cluster.reward(chain, &stake.stake, REWARD_LAMPORTS).await?;
        base.harvest(chain, &stake).await?;
        assert_eq!(base.distribute(chain, boundary).await?, REWARD_LAMPORTS);
        let distribution = roles
            .distribution(chain, &addresses, boundary, REVENUE_LAMPORTS)
            .await?;
        chain.send(&distribution, &[&roles.keeper]).await?;
    }

    // All that was harvested came from the stake, and all of the principal is still there.
    let view = chain.vault(&addresses).await?;
    let rewards = REWARD_LAMPORTS * u64::try_from(DAYS)?;
    assert_eq!(view.vault.staking.funded_total_lamports, rewards);
    assert_eq!(view.pool.staked_lamports, DELEGATED_LAMPORTS + rewards);
    let free = view.pool_lamports - view.pool.rent_lamports;
    assert_eq!(free + view.pool.staked_lamports, STAKE_LAMPORTS);

    let api = &stand.api.client;
    let count = 2 * DAYS;
    until("the API to see the distributions", async || {
        let stats = api.get("/api/stats").await?;
        Ok(stats.get("distributionCount").and_then(Value::as_i64) == Some(count))
    })
    .await?;
    let stats = api.get("/api/yield/stats").await?;
    for (rate, printed) in [("base", "4.431"), ("compute", "4.569"), ("total", "9.00")] {
        let pointer = format!("/realised/24h/{rate}/aprPercent");
        let figure = stats.pointer(&pointer).and_then(Value::as_f64);
        let figure = figure.with_context(|| format!("{pointer} in {stats:#}"))?;
        let decimals = printed.len() - 2;
        assert_eq!(format!("{figure:.decimals$}"), printed, "{stats:#}");
    }
    stand.api.daemon.stop().await?;
    stand.chain.stop().await
}
