//! `GET /api/yield/stats`: yield realised and projected, and where every lamport of it is.

use std::sync::Arc;

use axum::extract::State;
use primis_vault_interface::{Source, types::SourceState};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    book::SOURCES,
    chain::{Chain, impossible},
    model::Model,
    rate::Rate,
    realised::{Realised, realised},
};
use crate::{
    app::App,
    http::{ApiError, Cached, Keep},
    store::StoreError,
};

/// The windows that realised yield is told for, seconds.
const DAY: i64 = 86_400;

/// Everything about yield.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct YieldStats {
    /// The slot the chain was read at.
    as_of_slot: u64,
    /// The chain's clock there, Unix seconds.
    #[schema(example = 1_700_000_000)]
    as_of_unix: i64,
    /// What stakers were given, by window before the chain's clock.
    realised: Windows,
    /// By the revenue model at today's stake and price.
    projected: Rates,
    /// When the last distribution was made; `null` before the first.
    last_distribution_at_unix: Option<i64>,
    /// When the interval of compute revenue that runs now ends, by the revenue model's length; `null`
    /// before the first.
    next_distribution_at_unix: Option<i64>,
    /// Streaming to stakers, not yet theirs, lamports.
    streaming_lamports: String,
    /// Theirs, not yet claimed, lamports.
    owed_lamports: String,
    /// Paid or compounded, lamports.
    claimed_total_lamports: String,
    /// Stakers' yield that waits for a first staker, lamports.
    carried_lamports: String,
    /// What rounding left with the vault for the stakers' good, lamports.
    dust_lamports: String,
    /// Waits to make compute cheaper, lamports.
    subsidy_bucket_lamports: String,
    /// Waits in the reserve, lamports.
    reserve_bucket_lamports: String,
    /// Waits for the treasury, lamports.
    treasury_bucket_lamports: String,
    /// The three buckets together, lamports.
    bucket_lamports: String,
    /// What ever left the buckets, lamports.
    swept_total_lamports: String,
    /// Funded by both sources and waiting for a distribution, lamports.
    funded_lamports: String,
    /// Rewards of staked SOL.
    base: SourceView,
    /// Revenue of compute.
    compute: SourceView,
}

#[derive(Serialize, ToSchema)]
#[schema(as = RealisedYield)]
struct Windows {
    /// 24 hours.
    #[serde(rename = "24h")]
    day: Window,
    /// 7 days.
    #[serde(rename = "7d")]
    week: Window,
    /// 30 days.
    #[serde(rename = "30d")]
    month: Window,
    /// Since the first distribution.
    all: Window,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RealisedWindow)]
struct Window {
    #[serde(flatten)]
    rates: Rates,
    /// Given to stakers by base staking, lamports; `null` if no distribution covers the window.
    base_yield_lamports: Option<String>,
    /// The same by compute.
    compute_yield_lamports: Option<String>,
    /// Stake over time, lamports: of all pools, by value; where compute gave nothing, of the SOL pool.
    average_stake_lamports: Option<String>,
    /// Begin of the part of the window that distributions cover, Unix seconds.
    from_unix: Option<i64>,
    /// Its end.
    to_unix: Option<i64>,
}

/// A source's rates and both together. Base is earned by SOL, compute by every pool: the total is
/// that of SOL, and a liquid staking token has the compute rate beside what its own price gains.
#[derive(Serialize, ToSchema)]
struct Rates {
    /// From base staking.
    base: RateView,
    /// From compute revenue.
    compute: RateView,
    /// Of those that are known.
    total: RateView,
}

/// Simple, and compounded daily.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Rate)]
struct RateView {
    /// Simple, percent a year.
    #[schema(example = 4.431)]
    apr_percent: Option<f64>,
    /// With each day's yield staked again, percent a year; `null` too where beyond a double.
    #[schema(example = 4.53)]
    apy_percent: Option<f64>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = YieldSource)]
struct SourceView {
    /// Funded and waiting for a distribution, lamports.
    funded_lamports: String,
    /// Ever funded, lamports.
    funded_total_lamports: String,
    /// Ever distributed, lamports.
    distributed_total_lamports: String,
    /// Of that to stakers, lamports.
    stakers_total_lamports: String,
    /// Distributions of this source.
    distribution_count: u64,
    /// End of the last interval that was distributed, Unix seconds.
    last_interval_unix: i64,
    /// When that was, Unix seconds.
    last_distributed_at_unix: i64,
}

impl Rates {
    fn of(base: Option<Rate>, compute: Option<Rate>) -> Self {
        Self {
            base: base.into(),
            compute: compute.into(),
            total: Rate::sum([base, compute]).into(),
        }
    }
}

impl From<Option<Rate>> for RateView {
    fn from(rate: Option<Rate>) -> Self {
        Self {
            apr_percent: rate.and_then(Rate::apr_percent),
            apy_percent: rate.and_then(Rate::apy_percent),
        }
    }
}

impl From<&SourceState> for SourceView {
    fn from(state: &SourceState) -> Self {
        Self {
            funded_lamports: state.funded_lamports.to_string(),
            funded_total_lamports: state.funded_total_lamports.to_string(),
            distributed_total_lamports: state.distributed_total_lamports.to_string(),
            stakers_total_lamports: state.stakers_total_lamports.to_string(),
            distribution_count: state.distribution_count,
            last_interval_unix: state.last_interval_id,
            last_distributed_at_unix: state.last_distributed_at,
        }
    }
}

/// Looks after which the last answer is told again: each was overtaken by an event while the history was
/// read, which takes milliseconds.
const LOOKS: u32 = 3;

/// Realised and projected yield, and where every lamport of it is.
///
/// From the accounts as they were read at one slot and the distributions before it.
#[utoipa::path(
    get, path = "/api/yield/stats", tag = "statistics", operation_id = "yieldStats",
    responses(
        (status = 200, description = "The yield", body = YieldStats),
        (status = 304, description = "Nothing new since the `ETag` that was sent"),
        (status = 503, description = "`chain_not_indexed`: the vault has not been read from the chain yet; `database_unavailable`: the database does not answer"),
    ),
)]
pub(crate) async fn yield_stats(State(app): State<Arc<App>>) -> Result<Cached, ApiError> {
    let chain = Chain::load(&app).await?;
    let price = app.price.nano_usd_per_sol(app.clock.as_ref()).await.ok();
    let render = async || {
        let mut chain = chain.clone();
        for _ in 0..LOOKS {
            let stats = stats(&app, &chain, price).await;
            match chain.overtaken(&app).await? {
                None => {
                    let key = (chain.progress.version, price);
                    return Ok((key, Cached::json(&stats?, Keep::Statistics)?));
                }
                Some(next) => chain = next,
            }
        }
        let last = app.bodies.yields.last();
        last.ok_or_else(|| StoreError::Overtaken.into())
    };
    let key = (chain.progress.version, price);
    app.bodies.yields.get(&key, render).await
}

async fn stats(app: &App, chain: &Chain, price: Option<u64>) -> Result<YieldStats, ApiError> {
    let owed = chain.owed_lamports().await.ok_or_else(impossible)?;
    let (vault, now) = (&chain.vault, chain.progress.clock_unix);
    let streaming = chain
        .pools
        .iter()
        .try_fold(0u64, |sum, (_, pool)| {
            sum.checked_add(
                pool.stream()
                    .settle(pool.total_units, now)?
                    .remaining_lamports()?,
            )
        })
        .ok_or_else(impossible)?;
    let sum = |amounts: &[u64]| {
        amounts
            .iter()
            .try_fold(0u64, |sum, n| sum.checked_add(*n))
            .ok_or_else(impossible)
    };
    let staked = chain.earning_lamports().ok_or_else(impossible)?;
    let model = Model::of(&app.model, app.platform.fee_bps, vault);
    let (day, week, month, all) = tokio::try_join!(
        window(app, chain, Some(DAY)),
        window(app, chain, Some(DAY.saturating_mul(7))),
        window(app, chain, Some(DAY.saturating_mul(30))),
        window(app, chain, None),
    )?;
    let compute = price.and_then(|price| model.compute_rate(staked, price));
    Ok(YieldStats {
        as_of_slot: chain.progress.accounts_slot,
        as_of_unix: now,
        realised: Windows {
            day,
            week,
            month,
            all,
        },
        projected: Rates::of(model.base, compute),
        last_distribution_at_unix: SOURCES
            .map(|source| vault.source(source).last_distributed_at)
            .into_iter()
            .max()
            .filter(|at| *at > 0),
        next_distribution_at_unix: Some(vault.compute.last_interval_id)
            .filter(|end| *end > 0)
            .and_then(|end| end.checked_add_unsigned(model.interval_seconds)),
        streaming_lamports: streaming.to_string(),
        owed_lamports: owed.to_string(),
        claimed_total_lamports: vault.claimed_total_lamports.to_string(),
        carried_lamports: vault.carried_lamports.to_string(),
        dust_lamports: vault
            .stakers_lamports
            .saturating_sub(streaming)
            .saturating_sub(owed)
            .to_string(),
        subsidy_bucket_lamports: vault.subsidy_lamports.to_string(),
        reserve_bucket_lamports: vault.reserve_lamports.to_string(),
        treasury_bucket_lamports: vault.treasury_lamports.to_string(),
        bucket_lamports: sum(&[
            vault.subsidy_lamports,
            vault.reserve_lamports,
            vault.treasury_lamports,
        ])?
        .to_string(),
        swept_total_lamports: sum(&vault.swept_total_lamports)?.to_string(),
        funded_lamports: sum(&[vault.staking.funded_lamports, vault.compute.funded_lamports])?
            .to_string(),
        base: (&vault.staking).into(),
        compute: (&vault.compute).into(),
    })
}

/// The last `seconds` before the chain's clock, or all time.
async fn window(app: &App, chain: &Chain, seconds: Option<i64>) -> Result<Window, ApiError> {
    let to = chain.progress.clock_unix;
    let from = seconds.map_or(i64::MIN, |seconds| to.saturating_sub(seconds));
    let base = realised(&app.store, chain, Source::Staking, from, to).await?;
    let compute = realised(&app.store, chain, Source::Compute, from, to).await?;
    let rate = |realised: Option<Realised>| realised.as_ref().and_then(Realised::rate);
    // Where both sources gave, compute is the one that gives each interval.
    let told = compute.or(base);
    Ok(Window {
        rates: Rates::of(rate(base), rate(compute)),
        base_yield_lamports: base.map(|r| r.stakers_lamports.to_string()),
        compute_yield_lamports: compute.map(|r| r.stakers_lamports.to_string()),
        average_stake_lamports: told
            .and_then(|r| r.average_stake_lamports())
            .map(|l| l.to_string()),
        from_unix: told.map(|r| r.from),
        to_unix: told.map(|r| r.to),
    })
}
