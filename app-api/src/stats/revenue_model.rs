//! `GET /api/yield/revenue-model`.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde::Serialize;

use super::{
    chain::{Chain, impossible},
    display,
    model::{MODEL_YEAR_SECONDS, Model},
};
use crate::{app::App, http::ApiError};

/// The revenue the projections assume. Without a price of SOL the SOL figures are `null`.
#[derive(Serialize)]
pub(crate) struct RevenueModel {
    #[serde(rename = "yearlyComputeVolumeUSD")]
    yearly_compute_volume_usd: u64,
    #[serde(rename = "platformFeePercent")]
    platform_fee_percent: Option<f64>,
    #[serde(rename = "yearlyRevenueUSD")]
    yearly_revenue_usd: Option<f64>,
    #[serde(rename = "stakersSharePercent")]
    stakers_share_percent: Option<f64>,
    #[serde(rename = "yearlyStakerPoolUSD")]
    yearly_staker_pool_usd: Option<f64>,
    #[serde(rename = "solPriceUSD")]
    sol_price_usd: Option<f64>,
    #[serde(rename = "intervalSeconds")]
    interval_seconds: u64,
    /// Of a year of 365 days.
    #[serde(rename = "intervalsPerYear")]
    intervals_per_year: serde_json::Value,
    #[serde(rename = "perIntervalRevenueSOL")]
    per_interval_revenue_sol: Option<f64>,
    #[serde(rename = "perIntervalRevenueLamports")]
    per_interval_revenue_lamports: Option<String>,
    #[serde(rename = "perIntervalStakerPoolSOL")]
    per_interval_staker_pool_sol: Option<f64>,
    #[serde(rename = "perIntervalStakerPoolLamports")]
    per_interval_staker_pool_lamports: Option<String>,
}

/// Answers from the configuration, the vault's split and the price of SOL.
pub(crate) async fn revenue_model(
    State(app): State<Arc<App>>,
) -> Result<Json<RevenueModel>, ApiError> {
    let chain = Chain::load(&app).await?;
    let model = Model::of(&app.model, app.platform.fee_bps, &chain.vault);
    let revenue = model.yearly_revenue_nano_usd().ok_or_else(impossible)?;
    let pool = model.yearly_pool_nano_usd().ok_or_else(impossible)?;
    let price = app.price.nano_usd_per_sol(app.clock.as_ref()).await.ok();
    let per_interval =
        |nano_usd| price.and_then(|price| model.per_interval_lamports(nano_usd, price));
    let (revenue_lamports, pool_lamports) = (per_interval(revenue), per_interval(pool));
    Ok(Json(RevenueModel {
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
    }))
}

/// A whole number where the interval divides the year.
fn intervals_per_year(interval_seconds: u64) -> serde_json::Value {
    match MODEL_YEAR_SECONDS.checked_rem(interval_seconds) {
        Some(0) => MODEL_YEAR_SECONDS.checked_div(interval_seconds).into(),
        _ => display::number(u128::from(MODEL_YEAR_SECONDS), u128::from(interval_seconds)).into(),
    }
}
