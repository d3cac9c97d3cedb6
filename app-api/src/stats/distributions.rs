//! `GET /api/yield/distributions?limit&cursor`: newest first.

use std::sync::Arc;

use axum::{Json, extract::State};
use primis_vault_interface::{Layout as _, events::YieldDistributed};
use serde::Serialize;

use super::paging;
use crate::{
    app::App,
    http::ApiError,
    store::{DistributionRow, StoreError},
};

/// A page.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Distributions {
    distributions: Vec<DistributionView>,
    /// Names the next page; `null` on the last.
    next_cursor: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DistributionView {
    signature: String,
    slot: u64,
    source: &'static str,
    interval_from_unix: i64,
    interval_to_unix: i64,
    distributed_at_unix: i64,
    amount_lamports: String,
    stakers_lamports: String,
    subsidy_lamports: String,
    reserve_lamports: String,
    treasury_lamports: String,
    carried_in_lamports: String,
    carried_out_lamports: String,
    total_value_lamports: String,
}

/// Answers a page; a new distribution moves no row from one page to another.
pub(crate) async fn distributions(
    State(app): State<Arc<App>>,
    paging: paging::Asked,
) -> Result<Json<Distributions>, ApiError> {
    let (limit, before) = paging::page(paging)?;
    let vault = app.vault.as_deref().ok_or_else(ApiError::not_indexed)?;
    if app.store.progress(vault).await?.polled_at == 0 {
        return Err(ApiError::not_indexed());
    }
    let page = app.store.distributions(vault, before, limit).await?;
    let last = page.rows.last().map(|row| row.place);
    let next_cursor = last.filter(|_| page.more).map(paging::cursor);
    let distributions = page.rows.into_iter().map(view).collect::<Result<_, _>>()?;
    Ok(Json(Distributions {
        distributions,
        next_cursor,
    }))
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
