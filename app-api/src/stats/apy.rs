//! `GET /api/yield/apy/{stakeSOL}` and `GET /api/yield/my-apy/{wallet}`: the revenue model's yield
//! for a stake.

use std::sync::Arc;

use axum::{Json, extract::State};
use primis_vault_interface::math::value_lamports;
use serde::Serialize;

use super::{
    chain::{Chain, impossible, retired},
    display, input,
    model::Model,
};
use crate::{app::App, http::ApiError};

/// What a stake would earn a year from compute revenue, by the revenue model.
#[derive(Serialize)]
pub(crate) struct StakeYield {
    #[serde(rename = "userStakeSOL")]
    user_stake_sol: Option<f64>,
    #[serde(rename = "userStakeLamports")]
    user_stake_lamports: String,
    /// What is staked, taken as no less than the stake asked about. Retired pools earn nothing, and
    /// neither the stake nor the total counts them.
    #[serde(rename = "totalStakedSOL")]
    total_staked_sol: Option<f64>,
    #[serde(rename = "totalStakedLamports")]
    total_staked_lamports: String,
    #[serde(rename = "stakePercent")]
    stake_percent: Option<f64>,
    #[serde(rename = "yearlyEarningsUSD")]
    yearly_earnings_usd: Option<f64>,
    /// The simple rate, under the name it has always had.
    #[serde(rename = "effectiveAPY")]
    effective_apy: Option<f64>,
    apr_percent: Option<f64>,
    /// The same rate with each day's yield staked again.
    apy_compounded_daily_percent: Option<f64>,
    #[serde(rename = "solPriceUSD")]
    sol_price_usd: Option<f64>,
}

impl StakeYield {
    /// `stake_lamports` as part of `staked_lamports`. With nothing staked all but the amounts is
    /// `None`; without a price, the rates.
    fn of(model: &Model, stake_lamports: u64, staked_lamports: u64, price: Option<u64>) -> Self {
        let total = staked_lamports.max(stake_lamports);
        let rate = price.and_then(|price| model.compute_rate(total, price));
        let apr_percent = rate.and_then(|rate| rate.apr_percent());
        Self {
            user_stake_sol: display::sol(stake_lamports),
            user_stake_lamports: stake_lamports.to_string(),
            total_staked_sol: display::sol(total),
            total_staked_lamports: total.to_string(),
            stake_percent: display::percent(u128::from(stake_lamports), u128::from(total)),
            yearly_earnings_usd: model
                .yearly_earnings_nano_usd(stake_lamports, total)
                .and_then(display::usd),
            effective_apy: apr_percent,
            apr_percent,
            apy_compounded_daily_percent: rate.and_then(|rate| rate.apy_percent()),
            sol_price_usd: price.and_then(|price| display::usd(u128::from(price))),
        }
    }

    /// A wallet that stakes nothing earns at no rate.
    fn without_rates(self) -> Self {
        Self {
            effective_apy: None,
            apr_percent: None,
            apy_compounded_daily_percent: None,
            ..self
        }
    }
}

/// What a stake would earn. Needs the price of SOL: 503 without.
pub(crate) async fn apy(
    State(app): State<Arc<App>>,
    stake: input::Segment,
) -> Result<Json<StakeYield>, ApiError> {
    let stake_lamports = input::stake_lamports(stake)?;
    let chain = Chain::load(&app).await?;
    let staked = chain.earning_lamports().ok_or_else(impossible)?;
    let price = app.price.nano_usd_per_sol(app.clock.as_ref()).await?;
    let model = Model::of(&app.model, app.platform.fee_bps, &chain.vault);
    Ok(Json(StakeYield::of(
        &model,
        stake_lamports,
        staked,
        Some(price),
    )))
}

/// What a wallet's stake would earn. A wallet without stake is an ordinary visitor: it is answered
/// with a stake of 0 and rates of `null`. Without a price of SOL the rates are `null` too, for the
/// stake is known and wanted all the same.
pub(crate) async fn my_apy(
    State(app): State<Arc<App>>,
    wallet: input::Segment,
) -> Result<Json<StakeYield>, ApiError> {
    let wallet = input::wallet(wallet)?;
    let chain = Chain::load(&app).await?;
    let staked = chain.earning_lamports().ok_or_else(impossible)?;
    let stake_lamports = chain
        .positions_of(&wallet)
        .try_fold(0u64, |sum, (_, position)| {
            let pool = chain.pool(&position.pool)?;
            if retired(pool) {
                return Some(sum);
            }
            sum.checked_add(value_lamports(position.units, pool.price)?)
        })
        .ok_or_else(impossible)?;
    let price = app.price.nano_usd_per_sol(app.clock.as_ref()).await.ok();
    let model = Model::of(&app.model, app.platform.fee_bps, &chain.vault);
    let stake = StakeYield::of(&model, stake_lamports, staked, price);
    Ok(Json(if stake_lamports == 0 {
        stake.without_rates()
    } else {
        stake
    }))
}
