//! `GET /api/yield/stats`: yield realised and projected, and where every lamport of it is.

use std::sync::Arc;

use axum::extract::State;
use primis_vault_interface::{Source, types::SourceState};
use serde::Serialize;

use super::{
    chain::{Chain, impossible},
    model::Model,
    rate::Rate,
    realised::{Realised, realised},
    rendered::Rendered,
};
use crate::{app::App, http::ApiError, store::StoreError};

/// The windows that realised yield is told for, seconds.
const DAY: i64 = 86_400;

/// Everything about yield.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct YieldStats {
    as_of_slot: u64,
    as_of_unix: i64,
    realised: Windows,
    /// By the revenue model at today's stake and price.
    projected: Rates,
    /// Streaming to stakers, not yet theirs.
    streaming_lamports: String,
    /// Theirs, not yet claimed.
    owed_lamports: String,
    /// Paid or compounded.
    claimed_total_lamports: String,
    /// Stakers' yield that waits for a first staker.
    carried_lamports: String,
    /// What rounding left with the vault for the stakers' good.
    dust_lamports: String,
    subsidy_bucket_lamports: String,
    reserve_bucket_lamports: String,
    treasury_bucket_lamports: String,
    /// The three buckets together.
    bucket_lamports: String,
    swept_total_lamports: String,
    /// Funded by both sources and waiting for a distribution.
    funded_lamports: String,
    base: SourceView,
    compute: SourceView,
}

#[derive(Serialize)]
struct Windows {
    #[serde(rename = "24h")]
    day: Window,
    #[serde(rename = "7d")]
    week: Window,
    #[serde(rename = "30d")]
    month: Window,
    all: Window,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Window {
    #[serde(flatten)]
    rates: Rates,
    base_yield_lamports: Option<String>,
    compute_yield_lamports: Option<String>,
    /// Of all pools, by value; where compute gave nothing, of the SOL pool.
    average_stake_lamports: Option<String>,
    /// The part of the window that distributions cover, Unix seconds.
    from_unix: Option<i64>,
    to_unix: Option<i64>,
}

/// A source's rates and both together. Base is earned by SOL, compute by every pool: the total is
/// that of SOL, and a liquid staking token has the compute rate beside what its own price gains.
#[derive(Serialize)]
struct Rates {
    base: RateView,
    compute: RateView,
    total: RateView,
}

/// Simple, and compounded daily.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RateView {
    apr_percent: Option<f64>,
    apy_percent: Option<f64>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SourceView {
    funded_lamports: String,
    funded_total_lamports: String,
    distributed_total_lamports: String,
    stakers_total_lamports: String,
    distribution_count: u64,
    last_interval_unix: i64,
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

/// Answers from the accounts as they were read at one slot and the distributions before it.
pub(crate) async fn yield_stats(State(app): State<Arc<App>>) -> Result<Rendered, ApiError> {
    let chain = Chain::load(&app).await?;
    let price = app.price.nano_usd_per_sol(app.clock.as_ref()).await.ok();
    let render = async || {
        let mut chain = chain.clone();
        for _ in 0..LOOKS {
            let stats = stats(&app, &chain, price).await;
            match chain.overtaken(&app).await? {
                None => return Ok(((chain.progress.version, price), Rendered::of(&stats?)?)),
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
