//! `GET /api/positions/{wallet}`.

use std::{collections::HashMap, sync::Arc};

use axum::{Json, extract::State};
use primis_vault_interface::math::value_lamports;
use serde::Serialize;

use super::{
    accrual::Accrual,
    chain::{Chain, impossible},
    display, input,
    ticket::{self, TicketView},
};
use crate::{app::App, http::ApiError, store::Whose};

/// A wallet's stake. One without any has no positions, and totals of 0.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WalletPositions {
    wallet: String,
    /// The slot the chain was read at, and its clock there: what is owed, is owed then.
    as_of_slot: u64,
    as_of_unix: i64,
    staked_lamports: String,
    #[serde(rename = "stakedSOL")]
    staked_sol: Option<f64>,
    owed_lamports: String,
    claimed_total_lamports: String,
    positions: Vec<PositionView>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PositionView {
    address: String,
    pool: String,
    mint: String,
    units: String,
    /// Lamports for 1,000,000,000 units; `null` before the first price.
    price_lamports_per_billion_units: Option<String>,
    value_lamports: String,
    owed_lamports: String,
    claimed_total_lamports: String,
    opened_at_unix: i64,
    /// Lamports that it earns a second at `asOfUnix`, nine decimals, rounded down.
    accruing_lamports_per_second: String,
    /// When that ends, Unix seconds, unless more is distributed before; `null`: nothing streams.
    accrues_until_unix: Option<i64>,
    /// The withdrawal that waits and is served next; `null` without one.
    ticket: Option<TicketView>,
}

/// Answers what a claim would pay at the chain's clock.
pub(crate) async fn positions(
    State(app): State<Arc<App>>,
    wallet: input::Segment,
) -> Result<Json<WalletPositions>, ApiError> {
    let wallet = input::wallet(wallet)?;
    let chain = Chain::load(&app, Whose::Owner(&wallet)).await?;
    let now = chain.progress.clock_unix;
    let (mut staked, mut owed, mut claimed) = (0u64, 0u64, 0u64);
    // Most wallets wait for nothing, and cost no look at their history.
    let waits = chain
        .positions
        .iter()
        .any(|(_, position)| position.ticket_units > 0);
    let tickets = match wallet.parse() {
        Ok(owner) if waits => ticket::oldest_open(&app.store, &chain.address, &owner).await?,
        _ => HashMap::new(),
    };
    let mut views = Vec::new();
    for (address, position) in &chain.positions {
        let pool_address = position.pool.to_string();
        let pool = chain.pool(&pool_address).ok_or_else(impossible)?;
        let value = value_lamports(position.units, pool.price).ok_or_else(impossible)?;
        let position_owed = position
            .owed_lamports_at(pool, now)
            .ok_or_else(impossible)?;
        let accrual = Accrual::of(position, pool, now).ok_or_else(impossible)?;
        staked = staked.saturating_add(value);
        owed = owed.saturating_add(position_owed);
        claimed = claimed.saturating_add(position.claimed_total_lamports);
        views.push(PositionView {
            address: address.clone(),
            pool: pool_address,
            mint: pool.mint.to_string(),
            units: position.units.to_string(),
            price_lamports_per_billion_units: (pool.price > 0).then(|| pool.price.to_string()),
            value_lamports: value.to_string(),
            owed_lamports: position_owed.to_string(),
            claimed_total_lamports: position.claimed_total_lamports.to_string(),
            opened_at_unix: position.opened_at,
            accruing_lamports_per_second: accrual.lamports_per_second(),
            accrues_until_unix: accrual.until,
            ticket: tickets.get(&position.pool.to_string()).cloned(),
        });
    }
    Ok(Json(WalletPositions {
        wallet,
        as_of_slot: chain.progress.accounts_slot,
        as_of_unix: now,
        staked_lamports: staked.to_string(),
        staked_sol: display::sol(staked),
        owed_lamports: owed.to_string(),
        claimed_total_lamports: claimed.to_string(),
        positions: views,
    }))
}
