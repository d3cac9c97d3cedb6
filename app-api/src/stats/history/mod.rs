//! `GET /api/yield/history/{wallet}?limit&cursor`: what happened to a wallet's positions, newest first;
//! `GET /api/yield/history/{wallet}.csv`: all of it as a table.

mod csv;
mod row;

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    response::{IntoResponse as _, Response},
};
use serde::Serialize;

use super::{input, paging};
use crate::{app::App, http::ApiError};
use row::Row;

/// A page.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct History {
    wallet: String,
    events: Vec<Row>,
    /// Names the next page; `null` on the last.
    next_cursor: Option<String>,
}

/// Answers a page, or the table if the wallet's name ends with `.csv`. A wallet that never staked has
/// an empty history.
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
    Ok(Json(history).into_response())
}
