//! The whole history as a table for a spreadsheet. It is read page by page while it is sent, so its
//! length costs no memory; if the database fails in between, the transfer breaks off instead of ending
//! early as if that were all.

use axum::{
    body::{Body, Bytes},
    http::{HeaderValue, header},
    response::{IntoResponse as _, Response},
};
use csv::{Terminator, WriterBuilder};
use futures_util::stream;
use solana_address::Address;

use super::row::Row;
use crate::{
    http::ApiError,
    store::{Place, Store, StoreError},
};

/// Rows read at once.
const PAGE: u32 = 500;
const LAMPORTS_PER_SOL: u64 = 1_000_000_000;
const HEADER: [&str; 10] = [
    "time",
    "event",
    "pool",
    "amount_units",
    "amount_lamports",
    "amount_sol",
    "position_units",
    "signature",
    "slot",
    "event_index",
];

/// What is left to send.
enum Left {
    Header,
    Rows(Option<Place>),
    Nothing,
}

/// All of a wallet's history as a table.
///
/// Newest first, RFC 4180, with a header; read while it is sent.
#[utoipa::path(
    get, path = "/api/yield/history/{wallet}.csv", tag = "wallets", operation_id = "walletHistoryTable",
    params(("wallet" = String, Path, description = "The owner's address, base58.", format = "solana-address", pattern = "^[1-9A-HJ-NP-Za-km-z]{32,44}$", example = "HJXVXWWuSkTWp3XjDwgwZv7UPpBSX7TJmrHRJm2aLR4C")),
    responses(
        (status = 200, description = "The table", body = String, content_type = "text/csv; charset=utf-8; header=present"),
        (status = 400, description = "`invalid_wallet`: not a base58 address of 32 bytes; `invalid_path`: not UTF-8; `invalid_query`: the table is not asked for by pages; `invalid_limit`, `invalid_cursor`: nor with these"),
        (status = 503, description = "`chain_not_indexed`: the vault has not been read from the chain yet; `database_unavailable`: the database does not answer"),
    ),
)]
pub(crate) async fn table(
    store: Store,
    vault: String,
    wallet: Address,
) -> Result<Response, ApiError> {
    // Asked for once beforehand: a refusal can be told as one only before the first byte.
    store
        .wallet_events(&vault, wallet.as_array(), None, 1)
        .await?;
    let name = format!("attachment; filename=\"primis-{wallet}.csv\"");
    let name = HeaderValue::from_str(&name).map_err(|error| ApiError::internal(&error))?;
    let pages = stream::try_unfold(Left::Header, move |left| {
        let (store, vault) = (store.clone(), vault.clone());
        async move {
            match left {
                Left::Header => {
                    let line = lines([HEADER.map(str::to_owned)])?;
                    Ok::<_, std::io::Error>(Some((line, Left::Rows(None))))
                }
                Left::Rows(before) => {
                    let page = store
                        .wallet_events(&vault, wallet.as_array(), before, PAGE)
                        .await
                        .map_err(std::io::Error::other)?;
                    let next = match page.rows.last() {
                        Some(row) if page.more => Left::Rows(Some(row.place)),
                        _ => Left::Nothing,
                    };
                    let cells = page
                        .rows
                        .into_iter()
                        .map(|row| Row::of(row).and_then(cells))
                        .collect::<Result<Vec<_>, _>>()
                        .map_err(std::io::Error::other)?;
                    Ok(Some((lines(cells)?, next)))
                }
                Left::Nothing => Ok(None),
            }
        }
    });
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/csv; charset=utf-8; header=present"),
        ),
        (header::CONTENT_DISPOSITION, name),
        // Sent while it is read, so without a tag to ask by.
        (
            header::CACHE_CONTROL,
            HeaderValue::from_static("private, no-cache"),
        ),
    ];
    Ok((headers, Body::from_stream(pages)).into_response())
}

/// Quoted where needed, with the line ends of RFC 4180.
fn lines(rows: impl IntoIterator<Item = [String; 10]>) -> Result<Bytes, std::io::Error> {
    let mut writer = WriterBuilder::new()
        .terminator(Terminator::CRLF)
        .from_writer(Vec::new());
    for row in rows {
        writer.write_record(row.map(harmless))?;
    }
    let bytes = writer.into_inner().map_err(|error| error.into_error())?;
    Ok(bytes.into())
}

fn cells(row: Row) -> Result<[String; 10], StoreError> {
    let time = jiff::Timestamp::from_second(row.at_unix)
        .map_err(|_| StoreError::Corrupt("time"))?
        .to_string();
    let sol = row
        .amount_lamports
        .as_deref()
        .and_then(|text| text.parse().ok())
        .map(sol)
        .unwrap_or_default();
    Ok([
        time,
        row.event.to_owned(),
        row.pool,
        row.amount_units.unwrap_or_default(),
        row.amount_lamports.unwrap_or_default(),
        sol,
        row.position_units.unwrap_or_default(),
        row.signature,
        row.slot.to_string(),
        row.event_index.to_string(),
    ])
}

/// Exact, with all nine decimals.
fn sol(lamports: u64) -> String {
    let whole = lamports.checked_div(LAMPORTS_PER_SOL).unwrap_or_default();
    let rest = lamports.checked_rem(LAMPORTS_PER_SOL).unwrap_or_default();
    format!("{whole}.{rest:09}")
}

/// What a spreadsheet would take for a formula is marked as text. Nothing the chain says begins so,
/// but what an RPC endpoint says of the chain could.
fn harmless(cell: String) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) {
        format!("'{cell}")
    } else {
        cell
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        let mut row = HEADER.map(str::to_owned);
        row[0] = "=HYPERLINK(\"http://x\",\"y\")".into();
        row[1] = "a,\"b\"\r\nc".into();
        row[2] = "@x".into();
        let text = lines([row]).unwrap();
        let text = String::from_utf8(text.to_vec()).unwrap();
        assert!(
            text.starts_with(
                "\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\",\"a,\"\"b\"\"\r\nc\",'@x,"
            )
        );
        assert!(text.ends_with("event_index\r\n"));
    }

    #[test]
    fn sol_is_exact() {
        assert_eq!(sol(1), "0.000000001");
        assert_eq!(sol(u64::MAX), "18446744073.709551615");
    }
}
