//! `GET /api/yield/history/{wallet}?limit&cursor`: what happened to a wallet's positions, newest first;
//! `GET /api/yield/history/{wallet}.csv`: all of it as a table.

pub(crate) mod csv;
mod row;

use std::sync::Arc;

use axum::{
    extract::State,
    response::{IntoResponse as _, Response},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{input, paging};
use crate::{
    app::App,
    http::{ApiError, Cached, Keep},
};
use row::Row;

/// A page.
#[derive(Serialize, ToSchema)]
#[schema(as = WalletHistory)]
#[serde(rename_all = "camelCase")]
struct History {
    /// The owner, base58.
    wallet: String,
    /// Newest first.
    events: Vec<Row>,
    /// Names the next page; `null` on the last.
    #[schema(example = "301.0.2")]
    next_cursor: Option<String>,
}

/// What happened to a wallet's positions, newest first.
///
/// In pages: what happens later moves no row from one page to another. `Link` has the next page. A
/// wallet that never staked has an empty history.
#[utoipa::path(
    get, path = "/api/yield/history/{wallet}", tag = "wallets", operation_id = "walletHistory",
    params(("wallet" = String, Path, description = "The owner's address, base58.", format = "solana-address", pattern = "^[1-9A-HJ-NP-Za-km-z]{32,44}$", example = "HJXVXWWuSkTWp3XjDwgwZv7UPpBSX7TJmrHRJm2aLR4C"), paging::Paging),
    responses(
        (status = 200, description = "A page", body = History),
        (status = 304, description = "Nothing new since the `ETag` that was sent"),
        (status = 400, description = "`invalid_wallet`: not a base58 address of 32 bytes; `invalid_path`: not UTF-8; `invalid_limit`: not between 1 and 200; `invalid_cursor`: not a next cursor answered before; `invalid_query`: an unknown or unreadable parameter"),
        (status = 503, description = "`chain_not_indexed`: the vault has not been read from the chain yet; `database_unavailable`: the database does not answer"),
    ),
)]
pub(crate) async fn history(
    State(app): State<Arc<App>>,
    wallet: input::Segment,
    paging: paging::Asked,
) -> Result<Response, ApiError> {
    let (wallet, table) = input::wallet_or_table(wallet)?;
    let asked_for_a_page = paging::asks(&paging);
    let (limit, before) = paging::page(paging)?;
    let vault = app.vault.clone().ok_or_else(ApiError::not_indexed)?;
    if app.store.progress(&vault).await?.polled_at == 0 {
        return Err(ApiError::not_indexed());
    }
    if table && asked_for_a_page {
        return Err(ApiError::bad_request(
            "invalid_query",
            "the table is the whole history: ask for it without limit and cursor",
        ));
    }
    if table {
        return csv::table(app.store.clone(), vault, wallet).await;
    }
    let page = app
        .store
        .wallet_events(&vault, wallet.as_array(), before, limit)
        .await?;
    let last = page.rows.last().map(|row| row.place);
    let history = History {
        wallet: wallet.to_string(),
        events: page
            .rows
            .into_iter()
            .map(Row::of)
            .collect::<Result<_, _>>()?,
        next_cursor: last.filter(|_| page.more).map(paging::cursor),
    };
    let path = format!("/api/yield/history/{wallet}");
    let link = paging::link(&path, limit, history.next_cursor.as_deref());
    Ok((link, Cached::json(&history, Keep::Wallet)?).into_response())
}
