//! `GET /api/pools`: one row for each asset the vault takes.

use std::sync::Arc;

use axum::extract::State;
use primis_vault_interface::accounts::Pool;
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    chain::{Chain, impossible, pool_value},
    display,
    model::Model,
    pool_rates::{PoolRates, RealisedRates},
};
use crate::{
    app::App,
    http::{ApiError, Cached, Keep, openapi::words},
};

/// What a price counts lamports for.
const PRICE_SCALE: u128 = 1_000_000_000;

/// All pools, in order of index.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Pools {
    /// The slot the chain was read at.
    as_of_slot: u64,
    /// The chain's clock there, Unix seconds.
    #[schema(example = 1_700_000_000)]
    as_of_unix: i64,
    /// All stake, lamports.
    total_value_lamports: String,
    /// In order of index.
    pools: Vec<PoolView>,
}

/// An asset the vault takes.
#[derive(Serialize, ToSchema)]
#[schema(as = Pool)]
#[serde(rename_all = "camelCase")]
struct PoolView {
    /// The pool's account, base58.
    address: String,
    /// The asset's mint, base58; of SOL that of wrapped SOL.
    #[schema(example = "So11111111111111111111111111111111111111112")]
    mint: String,
    /// `SOL`, or what `[[pools]]` of the configuration calls the mint; `null` where it says nothing: the
    /// chain has no names.
    symbol: Option<String>,
    /// Decimals of the mint: a unit is that part of the asset.
    #[schema(example = 9)]
    decimals: u8,
    #[schema(schema_with = words::pool_kind)]
    kind: &'static str,
    #[schema(schema_with = words::pool_status)]
    status: &'static str,
    /// Unix second from which it takes deposits.
    opens_at_unix: i64,
    /// Lamports for 1,000,000,000 units; `null` before the first price.
    price_lamports_per_billion_units: Option<String>,
    /// The same for one unit of a mint with nine decimals, SOL.
    #[serde(rename = "priceSOL")]
    #[schema(example = 1.0)]
    price_sol: Option<f64>,
    /// As of when the price is, Unix seconds; `null` for SOL, which needs none.
    price_updated_at_unix: Option<i64>,
    /// Staked, units.
    total_units: String,
    /// Most that may be staked, units.
    cap_units: String,
    /// Least that one deposit may bring, units.
    min_deposit_units: String,
    /// Value of what is staked, lamports; `null` before the first price.
    value_lamports: Option<String>,
    /// Its part of all stake, percent; `null` where nothing is staked.
    #[schema(example = 100.0)]
    value_percent: Option<f64>,
    /// Delegated to validators, lamports; of the SOL pool only.
    delegated_lamports: String,
    /// Units that wait in withdrawal tickets.
    ticket_units: String,
    /// Yield that streams to its stakers and is not theirs yet, lamports.
    streaming_lamports: String,
    /// When that is over, Unix seconds.
    stream_end_unix: i64,
    /// Yield it was ever given, lamports.
    streamed_total_lamports: String,
    /// Yield its stakers ever took, lamports.
    claimed_total_lamports: String,
    /// Open positions.
    #[schema(example = 42)]
    position_count: u64,
    /// By the revenue model at today's stake and price.
    projected_apr_percent: PoolRates,
    /// What it was given over its own time-weighted stake, by window.
    realised_apr_percent: RealisedRates,
}

/// Each asset with its price, stake and stream.
///
/// From the accounts as they were read at one slot.
#[utoipa::path(
    get, path = "/api/pools", tag = "statistics", operation_id = "pools",
    responses(
        (status = 200, description = "The pools", body = Pools),
        (status = 304, description = "Nothing new since the `ETag` that was sent"),
        (status = 503, description = "`chain_not_indexed`: the vault has not been read from the chain yet; `database_unavailable`: the database does not answer"),
    ),
)]
pub(crate) async fn pools(State(app): State<Arc<App>>) -> Result<Cached, ApiError> {
    let chain = Chain::load(&app).await?;
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
            let symbol = app.symbols.of_pool(pool);
            view(address, pool, total, now, symbol, projected, realised).ok_or_else(impossible)
        })
        .collect::<Result<_, _>>()?;
    let told = Pools {
        as_of_slot: chain.progress.accounts_slot,
        as_of_unix: now,
        total_value_lamports: total.to_string(),
        pools,
    };
    Cached::json(&told, Keep::Statistics)
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
