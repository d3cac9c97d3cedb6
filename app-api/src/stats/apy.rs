//! `GET /api/yield/apy/{stakeSOL}` and `GET /api/yield/my-apy/{wallet}`: the revenue model's yield
//! for a stake.

use std::sync::Arc;

use axum::extract::State;
use primis_vault_interface::math::value_lamports;
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    chain::{Chain, impossible, retired},
    display, input,
    model::Model,
};
use crate::{
    app::App,
    http::{ApiError, Cached, Keep},
};

/// What a stake would earn a year from compute revenue, by the revenue model.
#[derive(Serialize, ToSchema)]
pub(crate) struct StakeYield {
    /// The stake, SOL.
    #[serde(rename = "userStakeSOL")]
    #[schema(example = 10.0)]
    user_stake_sol: Option<f64>,
    /// The same, lamports.
    #[serde(rename = "userStakeLamports")]
    #[schema(example = "10000000000")]
    user_stake_lamports: String,
    /// What is staked, SOL, taken as no less than the stake asked about. Retired pools earn nothing,
    /// and neither the stake nor the total counts them.
    #[serde(rename = "totalStakedSOL")]
    #[schema(example = 11.31)]
    total_staked_sol: Option<f64>,
    /// The same, lamports.
    #[serde(rename = "totalStakedLamports")]
    #[schema(example = "11310000000")]
    total_staked_lamports: String,
    /// The stake's part of the total, percent.
    #[serde(rename = "stakePercent")]
    #[schema(example = 88.42)]
    stake_percent: Option<f64>,
    /// What it would earn a year, USD.
    #[serde(rename = "yearlyEarningsUSD")]
    #[schema(example = 442_086.65)]
    yearly_earnings_usd: Option<f64>,
    /// The simple rate, percent a year, under the name it has always had.
    #[serde(rename = "effectiveAPY")]
    #[schema(example = 29_472.44)]
    effective_apy: Option<f64>,
    /// The simple rate, percent a year.
    #[schema(example = 29_472.44)]
    apr_percent: Option<f64>,
    /// The same rate with each day's yield staked again, percent a year; `null` where that is beyond
    /// a double.
    apy_compounded_daily_percent: Option<f64>,
    /// The price that was used, USD for one SOL.
    #[serde(rename = "solPriceUSD")]
    #[schema(example = 150.0)]
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

/// What a stake would earn.
///
/// A year from compute revenue, by the revenue model at today's stake and price.
#[utoipa::path(
    get, path = "/api/yield/apy/{stakeSOL}", tag = "statistics", operation_id = "yieldOfStake",
    params(("stakeSOL" = String, Path, description = "SOL: digits, and up to nine decimals; at most what 64 bits of lamports hold.", pattern = "^[0-9]{1,10}([.][0-9]{1,9})?$", example = "10")),
    responses(
        (status = 200, description = "The yield", body = StakeYield),
        (status = 304, description = "Nothing new since the `ETag` that was sent"),
        (status = 400, description = "`invalid_stake`: not an amount of SOL such as 10 or 0.5; `invalid_path`: not UTF-8"),
        (status = 503, description = "`chain_not_indexed`: the vault has not been read from the chain yet; `database_unavailable`: the database does not answer; `price_unavailable`: the price of SOL is not known now"),
    ),
)]
pub(crate) async fn apy(
    State(app): State<Arc<App>>,
    stake: input::Segment,
) -> Result<Cached, ApiError> {
    let stake_lamports = input::stake_lamports(stake)?;
    let chain = Chain::load(&app).await?;
    let staked = chain.earning_lamports().ok_or_else(impossible)?;
    let price = app.price.nano_usd_per_sol(app.clock.as_ref()).await?;
    let model = Model::of(&app.model, app.platform.fee_bps, &chain.vault);
    let told = StakeYield::of(&model, stake_lamports, staked, Some(price));
    Cached::json(&told, Keep::Statistics)
}

/// What a wallet's stake would earn.
///
/// A wallet without stake is an ordinary visitor: it is answered with a stake of 0 and rates of
/// `null`. Without a price of SOL the rates are `null` too, for the stake is known and wanted all the
/// same.
#[utoipa::path(
    get, path = "/api/yield/my-apy/{wallet}", tag = "wallets", operation_id = "yieldOfWallet",
    params(("wallet" = String, Path, description = "The owner's address, base58.", format = "solana-address", pattern = "^[1-9A-HJ-NP-Za-km-z]{32,44}$", example = "HJXVXWWuSkTWp3XjDwgwZv7UPpBSX7TJmrHRJm2aLR4C")),
    responses(
        (status = 200, description = "The yield", body = StakeYield),
        (status = 304, description = "Nothing new since the `ETag` that was sent"),
        (status = 400, description = "`invalid_wallet`: not a base58 address of 32 bytes; `invalid_path`: not UTF-8"),
        (status = 503, description = "`chain_not_indexed`: the vault has not been read from the chain yet; `database_unavailable`: the database does not answer"),
    ),
)]
pub(crate) async fn my_apy(
    State(app): State<Arc<App>>,
    wallet: input::Segment,
) -> Result<Cached, ApiError> {
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
    let told = if stake_lamports == 0 {
        stake.without_rates()
    } else {
        stake
    };
    Cached::json(&told, Keep::Wallet)
}
