//! `GET /api/defillama/pools`: the pools as DefiLlama's yield adaptors tell them.

use std::sync::Arc;

use axum::extract::State;
use primis_vault_interface::{NATIVE_MINT, Source, accounts::Pool};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    chain::{Chain, impossible, pool_value, retired},
    display,
    model::Model,
    rate::Rate,
    realised::{Realised, realised},
};
use crate::{
    app::App,
    http::{ApiError, Cached, Keep},
};

/// The window of realised rates, seconds: DefiLlama asks for 24 hours.
const WINDOW_SECONDS: i64 = 86_400;
const LAMPORTS_PER_SOL: u128 = 1_000_000_000;

/// A pool in the schema of DefiLlama's yield adaptors.
#[derive(Serialize, ToSchema)]
#[schema(as = DefiLlamaPool)]
#[serde(rename_all = "camelCase")]
pub(crate) struct YieldPool {
    /// Names the pool among all of DefiLlama: its account, and the chain.
    #[schema(example = "So11111111111111111111111111111111111111112-solana")]
    pool: String,
    /// Always `Solana`.
    #[schema(example = "Solana")]
    chain: &'static str,
    /// Always `primis`.
    #[schema(example = "primis")]
    project: &'static str,
    /// What the asset is called; `null` where neither the chain nor the configuration tells it.
    #[schema(example = "SOL")]
    symbol: Option<String>,
    /// Value of what is staked, USD; `null` before the pool's first price.
    #[schema(example = 1_696.5)]
    tvl_usd: Option<f64>,
    /// From base staking, percent a year, compounded daily: of the last 24 hours, or of the revenue
    /// model where nothing was distributed in them. Of the SOL pool only: what a liquid staking token
    /// earns lies in its own price.
    #[schema(example = 4.53)]
    apy_base: Option<f64>,
    /// From compute revenue, likewise.
    #[schema(example = 4.67)]
    apy_reward: Option<f64>,
    /// What yield from compute is paid in: SOL.
    #[schema(example = json!(["So11111111111111111111111111111111111111112"]))]
    reward_tokens: Vec<String>,
    /// The asset's mint, base58.
    #[schema(example = json!(["So11111111111111111111111111111111111111112"]))]
    underlying_tokens: Vec<String>,
    /// What a staker should know: `closed to deposits`.
    pool_meta: Option<&'static str>,
    /// A page of the pool; `null`, for there is none yet.
    url: Option<String>,
}

/// The pools for DefiLlama.
///
/// In the schema of its yield adaptors. Retired pools, which earn nothing, are left out. Needs the
/// price of SOL.
#[utoipa::path(
    get, path = "/api/defillama/pools", tag = "statistics", operation_id = "defiLlamaPools",
    responses(
        (status = 200, description = "The pools", body = Vec<YieldPool>),
        (status = 304, description = "Nothing new since the `ETag` that was sent"),
        (status = 503, description = "`chain_not_indexed`: the vault has not been read from the chain yet; `database_unavailable`: the database does not answer; `price_unavailable`: the price of SOL is not known now"),
    ),
)]
pub(crate) async fn pools(State(app): State<Arc<App>>) -> Result<Cached, ApiError> {
    let chain = Chain::load(&app).await?;
    let price = app.price.nano_usd_per_sol(app.clock.as_ref()).await?;
    let staked = chain.earning_lamports().ok_or_else(impossible)?;
    let model = Model::of(&app.model, app.platform.fee_bps, &chain.vault);
    let base = last_day(&app, &chain, Source::Staking)
        .await?
        .or(model.base);
    let compute = last_day(&app, &chain, Source::Compute)
        .await?
        .or_else(|| model.compute_rate(staked, price));
    let pools = chain
        .pools
        .iter()
        .filter(|(_, pool)| !retired(pool))
        .map(|(address, pool)| {
            let symbol = app.symbols.of_pool(pool);
            view(address, pool, symbol, price, base, compute).ok_or_else(impossible)
        })
        .collect::<Result<Vec<_>, _>>()?;
    Cached::json(&pools, Keep::Statistics)
}

/// What a source realised in the last day; `None` if it distributed nothing for it.
async fn last_day(app: &App, chain: &Chain, source: Source) -> Result<Option<Rate>, ApiError> {
    let to = chain.progress.clock_unix;
    let from = to.saturating_sub(WINDOW_SECONDS);
    let realised = realised(&app.store, chain, source, from, to).await?;
    Ok(realised.as_ref().and_then(Realised::rate))
}

fn view(
    address: &str,
    pool: &Pool,
    symbol: Option<String>,
    nano_usd_per_sol: u64,
    base: Option<Rate>,
    compute: Option<Rate>,
) -> Option<YieldPool> {
    let is_sol = pool.mint == NATIVE_MINT;
    let nano_usd = u128::from(pool_value(pool)?)
        .checked_mul(u128::from(nano_usd_per_sol))?
        .checked_div(LAMPORTS_PER_SOL)?;
    Some(YieldPool {
        pool: format!("{address}-solana"),
        chain: "Solana",
        project: "primis",
        symbol,
        tvl_usd: display::usd(nano_usd).filter(|_| pool.price > 0),
        apy_base: base.filter(|_| is_sol).and_then(Rate::apy_percent),
        apy_reward: compute.and_then(Rate::apy_percent),
        reward_tokens: vec![NATIVE_MINT.to_string()],
        underlying_tokens: vec![pool.mint.to_string()],
        pool_meta: (pool.status != 0).then_some("closed to deposits"),
        url: None,
    })
}
