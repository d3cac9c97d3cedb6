//! `GET /api/pools`: one row for each asset the vault takes.

use std::sync::Arc;

use axum::{Json, extract::State};
use primis_vault_interface::accounts::Pool;
use serde::Serialize;

use super::{
    chain::{Chain, impossible, pool_value},
    display,
    model::Model,
    pool_rates::{PoolRates, RealisedRates},
};
use crate::{app::App, http::ApiError, store::Whose};

/// What a price counts lamports for.
const PRICE_SCALE: u128 = 1_000_000_000;

/// All pools, in order of index.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Pools {
    as_of_slot: u64,
    as_of_unix: i64,
    total_value_lamports: String,
    pools: Vec<PoolView>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PoolView {
    address: String,
    mint: String,
    /// `SOL`, or what `[[pools]]` of the configuration calls the mint; `null` where it says nothing: the
    /// chain has no names.
    symbol: Option<String>,
    decimals: u8,
    /// `sol` or `token`.
    kind: &'static str,
    /// `active`, `closed_to_deposits` or `retired`.
    status: &'static str,
    /// Unix second from which it takes deposits.
    opens_at_unix: i64,
    /// Lamports for 1,000,000,000 units; `null` before the first price.
    price_lamports_per_billion_units: Option<String>,
    /// The same for one unit of a mint with nine decimals, SOL.
    #[serde(rename = "priceSOL")]
    price_sol: Option<f64>,
    /// As of when the price is; `null` for SOL, which needs none.
    price_updated_at_unix: Option<i64>,
    total_units: String,
    cap_units: String,
    min_deposit_units: String,
    /// `null` before the first price.
    value_lamports: Option<String>,
    value_percent: Option<f64>,
    /// Delegated to validators; of the SOL pool only.
    delegated_lamports: String,
    /// Units that wait in withdrawal tickets.
    ticket_units: String,
    streaming_lamports: String,
    stream_end_unix: i64,
    streamed_total_lamports: String,
    claimed_total_lamports: String,
    position_count: u64,
    /// By the revenue model at today's stake and price.
    projected_apr_percent: PoolRates,
    /// What it was given over its own time-weighted stake, by window.
    realised_apr_percent: RealisedRates,
}

/// Answers from the accounts as they were read at one slot.
pub(crate) async fn pools(State(app): State<Arc<App>>) -> Result<Json<Pools>, ApiError> {
    let chain = Chain::load(&app, Whose::Nobody).await?;
    let total = chain.staked_lamports().ok_or_else(impossible)?;
    let now = chain.progress.clock_unix;
    let price = app.price.nano_usd_per_sol(app.clock.as_ref()).await.ok();
    let model = Model::of(&app.model, app.platform.fee_bps, &chain.vault);
    let realised = RealisedRates::of_all(&app, &chain).await?;
    let pools = chain
        .pools
        .iter()
        .zip(realised)
        .map(|((address, pool), realised)| {
            let projected = PoolRates::projected(&chain, &model, price, pool);
            let symbol = app.symbol(pool);
            view(address, pool, total, now, symbol, projected, realised).ok_or_else(impossible)
        })
        .collect::<Result<_, _>>()?;
    Ok(Json(Pools {
        as_of_slot: chain.progress.accounts_slot,
        as_of_unix: now,
        total_value_lamports: total.to_string(),
        pools,
    }))
}

fn view(
    address: &str,
    pool: &Pool,
    total: u64,
    now: i64,
    symbol: Option<String>,
    projected_apr_percent: PoolRates,
    realised_apr_percent: RealisedRates,
) -> Option<PoolView> {
    let value = pool_value(pool)?;
    let priced = pool.price > 0;
    let streaming = pool.stream().settle(pool.total_units, now)?;
    let is_sol = pool.kind == 0;
    Some(PoolView {
        address: address.to_owned(),
        mint: pool.mint.to_string(),
        symbol,
        decimals: pool.decimals,
        kind: if is_sol { "sol" } else { "token" },
        status: match pool.status {
            0 => "active",
            1 => "closed_to_deposits",
            _ => "retired",
        },
        opens_at_unix: pool.opens_at,
        price_lamports_per_billion_units: priced.then(|| pool.price.to_string()),
        price_sol: display::number(u128::from(pool.price), PRICE_SCALE).filter(|_| priced),
        price_updated_at_unix: (priced && !is_sol).then_some(pool.price_updated_at),
        total_units: pool.total_units.to_string(),
        cap_units: pool.cap_units.to_string(),
        min_deposit_units: pool.min_deposit_units.to_string(),
        value_lamports: priced.then(|| value.to_string()),
        value_percent: display::percent(u128::from(value), u128::from(total)),
        delegated_lamports: pool.staked_lamports.to_string(),
        ticket_units: pool.ticket_units.to_string(),
        streaming_lamports: streaming.remaining_lamports()?.to_string(),
        stream_end_unix: pool.stream_end,
        streamed_total_lamports: pool.streamed_total_lamports.to_string(),
        claimed_total_lamports: pool.claimed_total_lamports.to_string(),
        position_count: pool.position_count,
        projected_apr_percent,
        realised_apr_percent,
    })
}
