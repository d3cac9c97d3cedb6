//! `GET /api/yield/history?by=day|interval&pool&limit&cursor`: stake and yield over time, newest first.
//!
//! Nothing is summed when it is asked for: a point is a difference of running sums that the indexer
//! keeps, so a page of an old year costs what one of today does.

mod asked;
mod windows;

use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::IntoResponse};
use primis_vault_interface::NATIVE_MINT;
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    book::{Book, Part, Scope},
    chain::Chain,
    paging,
    rate::Rate,
};
use crate::{
    app::App,
    http::{ApiError, Cached, Keep},
    store::{SolPrice, Which},
};
use asked::By;
use windows::Windows;

/// Lamports of a SOL.
const LAMPORTS_PER_SOL: u128 = 1_000_000_000;
/// A distribution is made, and a price kept, some time after its interval ends: at most this, seconds.
const KEPT_AFTER: i64 = 300;
/// The price may have been published a little before that, seconds.
const PUBLISHED_BEFORE: i64 = 5;
/// Times that a page is read again because the indexer went on meanwhile.
const RETRIES: u32 = 5;

/// A page of the series.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Series {
    /// `day` or `interval`.
    #[schema(example = "day")]
    by: &'static str,
    /// The pool's address; `null`: all pools together.
    pool: Option<String>,
    /// Newest first.
    points: Vec<Point>,
    /// Names the next page; `null` on the last.
    next_cursor: Option<String>,
}

/// A stretch of time.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Point {
    /// Begin, Unix seconds.
    #[schema(example = 1_700_006_400)]
    from_unix: i64,
    /// End, Unix seconds; of the current day the chain's clock.
    #[schema(example = 1_700_092_800)]
    to_unix: i64,
    /// Value staked at its end; `null` before anything could be staked.
    #[schema(example = "11310000000")]
    tvl_lamports: Option<String>,
    /// Given to stakers in it by both sources, as far as distributions cover it: within an interval
    /// yield is taken as even. `null` where none does.
    stakers_lamports: Option<String>,
    /// Of base staking.
    base_stakers_lamports: Option<String>,
    /// Of compute revenue.
    compute_stakers_lamports: Option<String>,
    /// Given to stakers up to its end.
    cumulative_stakers_lamports: Option<String>,
    /// Simple yearly rate, percent: yield over time-weighted stake.
    #[schema(example = 9.0)]
    apr_percent: Option<f64>,
    /// Of base staking, for the SOL pool.
    #[schema(example = 4.431)]
    base_apr_percent: Option<f64>,
    /// Of compute revenue.
    #[schema(example = 4.569)]
    compute_apr_percent: Option<f64>,
    /// Distributed, before the split, by the distributions that `distributionCount` counts; `null` for
    /// a single pool.
    funded_lamports: Option<String>,
    /// Distributions whose interval ended in it.
    distribution_count: u64,
    /// At the price that was kept with the distribution of an interval, or the newest that was kept in a
    /// day; `null` where none was.
    usd: Option<Usd>,
}

/// The same in USD. Prices are kept as distributions are indexed live; the chain does not have them, so
/// of what was read later there are none.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Usd {
    /// The price used, nano-USD (10⁻⁹ dollars) for one SOL.
    #[schema(example = "150000000000")]
    nano_usd_per_sol: String,
    /// When it was published, Unix seconds.
    priced_at_unix: i64,
    /// `tvlLamports` at it.
    tvl_nano_usd: Option<String>,
    /// `stakersLamports` at it.
    stakers_nano_usd: Option<String>,
}

/// Stake and yield over time
///
/// By day (UTC) or by distribution interval, newest first, for all pools or for one.
#[utoipa::path(
    get, path = "/api/yield/history", tag = "statistics", operation_id = "yieldHistory",
    params(asked::SeriesQuery),
    responses(
        (status = 200, description = "A page", body = Series),
        (status = 304, description = "Nothing new since the `ETag` that was sent"),
        (status = 400, description = "`invalid_limit`: not between 1 and 200; `invalid_cursor`: not a `nextCursor` answered before; `invalid_query`: an unknown or unreadable parameter"),
        (status = 404, description = "`unknown_pool`: the vault has no such pool"),
        (status = 503, description = "`chain_not_indexed`: the vault has not been read from the chain yet; `database_unavailable`: the database does not answer"),
    ),
)]
pub(crate) async fn series(
    State(app): State<Arc<App>>,
    asked: asked::Asked,
) -> Result<impl IntoResponse, ApiError> {
    let read = asked::read(asked)?;
    let mut chain = Chain::load(&app).await?;
    for _ in 0..RETRIES {
        let page = page(&app, &chain, &read).await?;
        // What several statements read belongs together only if no step of the indexer lay between.
        match chain.overtaken(&app).await? {
            None => return told(&read, &page),
            Some(newer) => chain = newer,
        }
    }
    told(&read, &page(&app, &chain, &read).await?)
}

fn told(read: &asked::Read, page: &Series) -> Result<impl IntoResponse + use<>, ApiError> {
    let mut path = format!("/api/yield/history?by={}", page.by);
    if let Some(pool) = &page.pool {
        path = format!("{path}&pool={pool}");
    }
    let link = paging::link(&path, read.limit, page.next_cursor.as_deref());
    Ok((link, Cached::json(page, Keep::Statistics)?))
}

async fn page(app: &App, chain: &Chain, read: &asked::Read) -> Result<Series, ApiError> {
    let scope = match &read.pool {
        None => None,
        Some(name) => Some(pool_named(chain, name).ok_or_else(unknown_pool)?),
    };
    let Windows { spans, next_cursor } = match read.by {
        By::Day => windows::days(app, chain, &scope, read).await?,
        By::Interval => windows::intervals(app, chain, read).await?,
    };
    let prices = match read.by {
        By::Day => app.store.prices_in(&spans, Which::Newest).await?,
        By::Interval => {
            let kept = |to: i64| {
                (
                    to.saturating_sub(PUBLISHED_BEFORE),
                    to.saturating_add(KEPT_AFTER),
                )
            };
            let spans: Vec<(i64, i64)> = spans.iter().map(|(_, to)| kept(*to)).collect();
            app.store.prices_in(&spans, Which::First).await?
        }
    };
    let times = spans.iter().flat_map(|(from, to)| [*from, *to]);
    let scopes = std::slice::from_ref(&scope);
    let book = Book::load(&app.store, &chain.address, &chain.pools, scopes, times).await?;
    let points = spans
        .iter()
        .zip(prices)
        .map(|(span, price)| point(&book, &scope, *span, price))
        .collect();
    Ok(Series {
        by: match read.by {
            By::Day => "day",
            By::Interval => "interval",
        },
        pool: scope,
        points,
        next_cursor,
    })
}

fn point(book: &Book, scope: &Scope, (from, to): (i64, i64), price: Option<SolPrice>) -> Point {
    let [base, compute] = book.parts(scope, from, to);
    let stakers = [base.lamports(), compute.lamports()]
        .into_iter()
        .flatten()
        .reduce(u64::saturating_add);
    let tvl = book.staked_at(scope, to);
    let (funded, count) = book.distributed(scope, from, to);
    let text = |lamports: Option<u64>| lamports.map(|lamports| lamports.to_string());
    let percent = |rate: Option<Rate>| rate.and_then(Rate::apr_percent);
    Point {
        from_unix: from,
        to_unix: to,
        tvl_lamports: text(tvl),
        stakers_lamports: text(stakers),
        base_stakers_lamports: text(base.lamports()),
        compute_stakers_lamports: text(compute.lamports()),
        cumulative_stakers_lamports: text(book.given_until(scope, to)),
        apr_percent: percent(Rate::sum([base, compute].map(|part: Part| part.rate()))),
        base_apr_percent: percent(base.rate()),
        compute_apr_percent: percent(compute.rate()),
        funded_lamports: text(stakers.map(|_| funded).filter(|_| scope.is_none())),
        distribution_count: count,
        usd: price.map(|price| Usd {
            nano_usd_per_sol: price.nano_usd_per_sol.to_string(),
            priced_at_unix: price.published_at,
            tvl_nano_usd: tvl.and_then(|lamports| nano_usd(lamports, &price)),
            stakers_nano_usd: stakers.and_then(|lamports| nano_usd(lamports, &price)),
        }),
    }
}

/// Rounded down.
fn nano_usd(lamports: u64, price: &SolPrice) -> Option<String> {
    u128::from(lamports)
        .checked_mul(u128::from(price.nano_usd_per_sol))?
        .checked_div(LAMPORTS_PER_SOL)
        .map(|n| n.to_string())
}

/// The address of the pool that an address, a mint or `SOL` names.
fn pool_named(chain: &Chain, name: &str) -> Option<String> {
    let found = chain.pools.iter().find(|(address, pool)| {
        address == name
            || pool.mint.to_string() == name
            || (name.eq_ignore_ascii_case("SOL") && pool.mint == NATIVE_MINT)
    });
    found.map(|(address, _)| address.clone())
}

fn unknown_pool() -> ApiError {
    ApiError::new(
        StatusCode::NOT_FOUND,
        "unknown_pool",
        "the vault has no such pool: GET /api/pools lists them",
    )
}
