//! `GET /api/yield/distributions?limit&cursor`: newest first.

use std::sync::Arc;

use axum::{extract::State, response::IntoResponse};
use primis_vault_interface::{Layout as _, events::YieldDistributed};
use serde::Serialize;
use utoipa::ToSchema;

use super::paging;
use crate::{
    app::App,
    http::{ApiError, Cached, Keep, openapi::words},
    store::{DistributionRow, StoreError},
};

/// A page.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Distributions {
    /// Newest first.
    distributions: Vec<DistributionView>,
    /// Names the next page; `null` on the last.
    #[schema(example = "301.0.2")]
    next_cursor: Option<String>,
}

/// A distribution of yield.
#[derive(Serialize, ToSchema)]
#[schema(as = Distribution)]
#[serde(rename_all = "camelCase")]
pub(super) struct DistributionView {
    /// The transaction's signature, base58.
    signature: String,
    /// The slot it landed in.
    slot: u64,
    #[schema(schema_with = words::source)]
    source: &'static str,
    /// Begin of the interval that the yield is for, Unix seconds.
    #[schema(example = 1_700_000_000)]
    interval_from_unix: i64,
    /// Its end.
    #[schema(example = 1_700_000_600)]
    interval_to_unix: i64,
    /// When it was distributed, Unix seconds.
    #[schema(example = 1_700_000_603)]
    distributed_at_unix: i64,
    /// The yield, lamports: the sum of the four buckets.
    amount_lamports: String,
    /// To stakers, lamports.
    stakers_lamports: String,
    /// To the subsidy of compute, lamports.
    subsidy_lamports: String,
    /// To the reserve, lamports.
    reserve_lamports: String,
    /// To the treasury, lamports.
    treasury_lamports: String,
    /// Stakers' yield that had waited for a first staker and went out with it, lamports.
    carried_in_lamports: String,
    /// Stakers' yield that waits now, for nothing was staked, lamports.
    carried_out_lamports: String,
    /// The value of all stake that shared in it, lamports.
    total_value_lamports: String,
}

/// Distributions of yield, newest first.
///
/// In pages: a new distribution moves no row from one page to another. `Link` has the next page.
#[utoipa::path(
    get, path = "/api/yield/distributions", tag = "statistics", operation_id = "distributions",
    params(paging::Paging),
    responses(
        (status = 200, description = "A page", body = Distributions),
        (status = 304, description = "Nothing new since the `ETag` that was sent"),
        (status = 400, description = "`invalid_limit`: not between 1 and 200; `invalid_cursor`: not a `nextCursor` answered before; `invalid_query`: an unknown or unreadable parameter"),
        (status = 503, description = "`chain_not_indexed`: the vault has not been read from the chain yet; `database_unavailable`: the database does not answer"),
    ),
)]
pub(crate) async fn distributions(
    State(app): State<Arc<App>>,
    paging: paging::Asked,
) -> Result<impl IntoResponse, ApiError> {
    let (limit, before) = paging::page(paging)?;
    let vault = app.vault.as_deref().ok_or_else(ApiError::not_indexed)?;
    if app.store.progress(vault).await?.polled_at == 0 {
        return Err(ApiError::not_indexed());
    }
    let page = app.store.distributions(vault, before, limit).await?;
    let last = page.rows.last().map(|row| row.place);
    let next_cursor = last.filter(|_| page.more).map(paging::cursor);
    let distributions = page.rows.into_iter().map(view).collect::<Result<_, _>>()?;
    let link = paging::link("/api/yield/distributions", limit, next_cursor.as_deref());
    let page = Distributions {
        distributions,
        next_cursor,
    };
    Ok((link, Cached::json(&page, Keep::Statistics)?))
}

/// A row as it is told.
pub(super) fn view(row: DistributionRow) -> Result<DistributionView, StoreError> {
    let event =
        YieldDistributed::parse(&row.data).map_err(|_| StoreError::Corrupt("distribution"))?;
    Ok(DistributionView {
        signature: row.signature,
        slot: row.place.slot,
        source: if row.source == 0 {
            "staking"
        } else {
            "compute"
        },
        interval_from_unix: row.interval_from,
        interval_to_unix: row.interval_to,
        distributed_at_unix: event.at,
        amount_lamports: event.amount_lamports.to_string(),
        stakers_lamports: event.stakers_lamports.to_string(),
        subsidy_lamports: event.subsidy_lamports.to_string(),
        reserve_lamports: event.reserve_lamports.to_string(),
        treasury_lamports: event.treasury_lamports.to_string(),
        carried_in_lamports: event.carried_in_lamports.to_string(),
        carried_out_lamports: event.carried_out_lamports.to_string(),
        total_value_lamports: event.total_value_lamports.to_string(),
    })
}
