//! `GET /api/yield/revenue-model`.

use std::sync::Arc;

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    chain::{Chain, impossible},
    display,
    model::{MODEL_YEAR_SECONDS, Model},
};
use crate::{
    app::App,
    http::{ApiError, Cached, Keep},
};

/// The revenue the projections assume. Without a price of SOL the SOL figures are `null`.
#[derive(Serialize, ToSchema)]
pub(crate) struct RevenueModel {
    /// Compute sold a year, USD.
    #[serde(rename = "yearlyComputeVolumeUSD")]
    #[schema(example = 10_000_000)]
    yearly_compute_volume_usd: u64,
    /// The platform's part of it, percent.
    #[serde(rename = "platformFeePercent")]
    #[schema(example = 10.0)]
    platform_fee_percent: Option<f64>,
    /// The platform's revenue a year, USD.
    #[serde(rename = "yearlyRevenueUSD")]
    #[schema(example = 1_000_000.0)]
    yearly_revenue_usd: Option<f64>,
    /// The stakers' part of that, by the vault's own split, percent.
    #[serde(rename = "stakersSharePercent")]
    #[schema(example = 50.0)]
    stakers_share_percent: Option<f64>,
    /// What stakers get a year, USD.
    #[serde(rename = "yearlyStakerPoolUSD")]
    #[schema(example = 500_000.0)]
    yearly_staker_pool_usd: Option<f64>,
    /// The price that was used, USD for one SOL; without it what follows in SOL is `null`.
    #[serde(rename = "solPriceUSD")]
    #[schema(example = 150.0)]
    sol_price_usd: Option<f64>,
    /// Between two distributions, seconds.
    #[serde(rename = "intervalSeconds")]
    #[schema(example = 600)]
    interval_seconds: u64,
    /// Distributions in a year of 365 days; whole where the interval divides it.
    #[serde(rename = "intervalsPerYear")]
    #[schema(value_type = f64, example = 52_560)]
    intervals_per_year: serde_json::Value,
    /// The whole revenue of an interval, SOL.
    #[serde(rename = "perIntervalRevenueSOL")]
    #[schema(example = 0.126839167)]
    per_interval_revenue_sol: Option<f64>,
    /// The same, lamports, rounded down.
    #[serde(rename = "perIntervalRevenueLamports")]
    #[schema(example = "126839167")]
    per_interval_revenue_lamports: Option<String>,
    /// The stakers' part of it, SOL.
    #[serde(rename = "perIntervalStakerPoolSOL")]
    #[schema(example = 0.063419583)]
    per_interval_staker_pool_sol: Option<f64>,
    /// The same, lamports, rounded down.
    #[serde(rename = "perIntervalStakerPoolLamports")]
    #[schema(example = "63419583")]
    per_interval_staker_pool_lamports: Option<String>,
}

/// The revenue the projections assume.
///
/// From the configuration, the vault's split and the price of SOL.
#[utoipa::path(
    get, path = "/api/yield/revenue-model", tag = "statistics", operation_id = "revenueModel",
    responses(
        (status = 200, description = "The assumptions and what they make", body = RevenueModel),
        (status = 304, description = "Nothing new since the `ETag` that was sent"),
        (status = 503, description = "`chain_not_indexed`: the vault has not been read from the chain yet; `database_unavailable`: the database does not answer"),
    ),
)]
pub(crate) async fn revenue_model(State(app): State<Arc<App>>) -> Result<Cached, ApiError> {
    let chain = Chain::load(&app).await?;
    let model = Model::of(&app.model, app.platform.fee_bps, &chain.vault);
    let revenue = model.yearly_revenue_nano_usd().ok_or_else(impossible)?;
    let pool = model.yearly_pool_nano_usd().ok_or_else(impossible)?;
    let price = app.price.nano_usd_per_sol(app.clock.as_ref()).await.ok();
    let per_interval =
        |nano_usd| price.and_then(|price| model.per_interval_lamports(nano_usd, price));
    let (revenue_lamports, pool_lamports) = (per_interval(revenue), per_interval(pool));
    let told = RevenueModel {
        yearly_compute_volume_usd: model.yearly_volume_usd,
        platform_fee_percent: display::percent(u128::from(model.fee_bps), 10_000),
        yearly_revenue_usd: display::usd(revenue),
        stakers_share_percent: display::percent(u128::from(model.stakers_bps), 10_000),
        yearly_staker_pool_usd: display::usd(pool),
        sol_price_usd: price.and_then(|price| display::usd(u128::from(price))),
        interval_seconds: model.interval_seconds,
        intervals_per_year: intervals_per_year(model.interval_seconds),
        per_interval_revenue_sol: revenue_lamports.and_then(display::sol),
        per_interval_revenue_lamports: revenue_lamports.map(|l| l.to_string()),
        per_interval_staker_pool_sol: pool_lamports.and_then(display::sol),
        per_interval_staker_pool_lamports: pool_lamports.map(|l| l.to_string()),
    };
    Cached::json(&told, Keep::Statistics)
}

/// A whole number where the interval divides the year.
fn intervals_per_year(interval_seconds: u64) -> serde_json::Value {
    match MODEL_YEAR_SECONDS.checked_rem(interval_seconds) {
        Some(0) => MODEL_YEAR_SECONDS.checked_div(interval_seconds).into(),
        _ => display::number(u128::from(MODEL_YEAR_SECONDS), u128::from(interval_seconds)).into(),
    }
}
