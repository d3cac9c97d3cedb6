//! `GET /api/positions/{wallet}`.

use std::{collections::HashMap, sync::Arc};

use axum::extract::State;
use primis_vault_interface::math::value_lamports;
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    accrual::Accrual,
    chain::{Chain, impossible},
    display, input,
    ticket::{self, TicketView},
};
use crate::{
    app::App,
    http::{ApiError, Cached, Keep},
};

/// A wallet's stake. One without any has no positions, and totals of 0.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WalletPositions {
    /// The owner, base58.
    wallet: String,
    /// The slot the chain was read at.
    as_of_slot: u64,
    /// The chain's clock there, Unix seconds: what is owed, is owed then.
    #[schema(example = 1_700_000_000)]
    as_of_unix: i64,
    /// Value of all stake, lamports.
    staked_lamports: String,
    /// The same, SOL.
    #[serde(rename = "stakedSOL")]
    #[schema(example = 1.5)]
    staked_sol: Option<f64>,
    /// What claims would pay, lamports.
    owed_lamports: String,
    /// Yield that was paid or compounded, lamports.
    claimed_total_lamports: String,
    /// One for each pool with an open position.
    positions: Vec<PositionView>,
}

/// A wallet's stake in one pool.
#[derive(Serialize, ToSchema)]
#[schema(as = Position)]
#[serde(rename_all = "camelCase")]
struct PositionView {
    /// The position's account, base58.
    address: String,
    /// The pool's account, base58.
    pool: String,
    /// The asset's mint, base58.
    mint: String,
    /// Staked, units.
    units: String,
    /// Lamports for 1,000,000,000 units; `null` before the first price.
    price_lamports_per_billion_units: Option<String>,
    /// Value of that, lamports.
    value_lamports: String,
    /// What a claim would pay, lamports.
    owed_lamports: String,
    /// Yield that was paid or compounded, lamports.
    claimed_total_lamports: String,
    /// When it was opened, Unix seconds.
    opened_at_unix: i64,
    /// Lamports that it earns a second at `asOfUnix`, nine decimals, rounded down.
    accruing_lamports_per_second: String,
    /// When that ends, Unix seconds, unless more is distributed before; `null`: nothing streams.
    accrues_until_unix: Option<i64>,
    /// The withdrawal that waits and is served next; `null` without one.
    ticket: Option<TicketView>,
}

/// A wallet's stake and what it is owed now.
///
/// Owed is what a claim would pay at the chain's clock. A wallet without stake has no positions.
#[utoipa::path(
    get, path = "/api/positions/{wallet}", tag = "wallets", operation_id = "positions",
    params(("wallet" = String, Path, description = "The owner's address, base58.", format = "solana-address", pattern = "^[1-9A-HJ-NP-Za-km-z]{32,44}$", example = "HJXVXWWuSkTWp3XjDwgwZv7UPpBSX7TJmrHRJm2aLR4C")),
    responses(
        (status = 200, description = "The positions", body = WalletPositions),
        (status = 304, description = "Nothing new since the `ETag` that was sent"),
        (status = 400, description = "`invalid_wallet`: not a base58 address of 32 bytes; `invalid_path`: not UTF-8"),
        (status = 503, description = "`chain_not_indexed`: the vault has not been read from the chain yet; `database_unavailable`: the database does not answer"),
    ),
)]
pub(crate) async fn positions(
    State(app): State<Arc<App>>,
    wallet: input::Segment,
) -> Result<Cached, ApiError> {
    let wallet = input::wallet(wallet)?;
    let chain = Chain::load(&app).await?;
    let now = chain.progress.clock_unix;
    let (mut staked, mut owed, mut claimed) = (0u64, 0u64, 0u64);
    // Most wallets wait for nothing, and cost no look at their history.
    let waits = chain
        .positions_of(&wallet)
        .any(|(_, position)| position.ticket_units > 0);
    let tickets = if waits {
        ticket::oldest_open(&app.store, &chain.address, &wallet).await?
    } else {
        HashMap::new()
    };
    let mut views = Vec::new();
    for (address, position) in chain.positions_of(&wallet) {
        let pool = chain.pool(&position.pool).ok_or_else(impossible)?;
        let value = value_lamports(position.units, pool.price).ok_or_else(impossible)?;
        let position_owed = position
            .owed_lamports_at(pool, now)
            .ok_or_else(impossible)?;
        let accrual = Accrual::of(position, pool, now).ok_or_else(impossible)?;
        staked = staked.saturating_add(value);
        owed = owed.saturating_add(position_owed);
        claimed = claimed.saturating_add(position.claimed_total_lamports);
        views.push(PositionView {
            address: address.to_string(),
            pool: position.pool.to_string(),
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
    views.sort_by(|a, b| a.address.cmp(&b.address));
    let told = WalletPositions {
        wallet: wallet.to_string(),
        as_of_slot: chain.progress.accounts_slot,
        as_of_unix: now,
        staked_lamports: staked.to_string(),
        staked_sol: display::sol(staked),
        owed_lamports: owed.to_string(),
        claimed_total_lamports: claimed.to_string(),
        positions: views,
    };
    Cached::json(&told, Keep::Wallet)
}
