//! `GET /api/billing/invoices` and one of them, as JSON, HTML or PDF.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, Query, State, rejection::QueryRejection},
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Invoice, html, pdf, statement, style_hash};
use crate::{
    app::App,
    http::ApiError,
    platform::accounts::{Caller, Scope},
    store::{InvoiceRow, StoreError},
};

/// Documents of one answer, unless told.
const DOCUMENTS: u32 = 50;

/// The endpoints of invoices and statements.
pub(crate) fn public() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(invoices))
        .routes(routes!(invoice))
        .routes(routes!(statement::statement))
}

/// Which documents.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    /// Documents before this: `next` of the answer before.
    #[param(max_length = 80, pattern = "^[0-9]{1,18}\\.(INV|CN)-[0-9]{6,18}$")]
    before: Option<String>,
    /// How many.
    #[param(minimum = 1, maximum = 200, example = 50)]
    limit: Option<u32>,
}

/// An account's documents, the newest first.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct InvoicesAnswer {
    /// The documents.
    invoices: Vec<Invoice>,
    /// For the next answer's `before`; `null`: these are the last.
    next: Option<String>,
}

/// Invoices and credit notes.
///
/// An invoice for each month in which anything was paid or used, issued an hour after its end, UTC; a credit
/// note for each refund.
#[utoipa::path(
    get, path = "/api/billing/invoices", tag = "billing", operation_id = "billingInvoices",
    params(Asked),
    security(("apiKey" = []), ("apiKeyHeader" = [])),
    responses(
        (status = 200, description = "The newest first", body = InvoicesAnswer),
        (status = 400, description = "`invalid_query`: a parameter of another form"),
        (status = 401, description = "`unauthorized`: without a key or session"),
        (status = 403, description = "`scope_missing`: the key may not read"),
        (status = 429, description = "`rate_limited`: too many requests"),
        (status = 503, description = "`not_configured`: there are no accounts here"),
    ),
)]
pub(crate) async fn invoices(
    State(app): State<Arc<App>>,
    caller: Caller,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Json<InvoicesAnswer>, ApiError> {
    caller.require(Scope::Read)?;
    let bad = |message: &str| ApiError::bad_request("invalid_query", message);
    let Query(asked) = asked.map_err(|e| bad(&e.body_text()))?;
    let limit = asked.limit.unwrap_or(DOCUMENTS);
    if !(1..=200).contains(&limit) {
        return Err(bad("limit must lie between 1 and 200"));
    }
    let before = match &asked.before {
        None => (i64::MAX, ""),
        Some(text) => text
            .split_once('.')
            .filter(|(_, number)| is_number(number))
            .and_then(|(at, number)| Some((at.parse().ok()?, number)))
            .ok_or_else(|| bad("before is the next of an earlier answer"))?,
    };
    let rows = app
        .store
        .invoices(&caller.account, before, i64::from(limit))
        .await?;
    let full = u32::try_from(rows.len()).is_ok_and(|n| n == limit);
    let next = rows
        .last()
        .filter(|_| full)
        .map(|row| format!("{}.{}", row.issued_at, row.number));
    Ok(Json(InvoicesAnswer {
        invoices: rows.iter().map(read).collect::<Result<_, _>>()?,
        next,
    }))
}

/// One invoice.
///
/// As JSON; with `.html` after the number as a page to print, with `.pdf` as a file.
#[utoipa::path(
    get, path = "/api/billing/invoices/{number}", tag = "billing", operation_id = "billingInvoice",
    params(("number" = String, Path, description = "Its number, with `.html` or `.pdf` for these forms",
        pattern = "^(INV|CN)-[0-9]{6,18}(\\.html|\\.pdf)?$", example = "INV-000001")),
    security(("apiKey" = []), ("apiKeyHeader" = [])),
    responses(
        (status = 200, description = "The document", content((Invoice = "application/json"), (String = "text/html"), (Vec<u8> = "application/pdf"))),
        (status = 401, description = "`unauthorized`: without a key or session"),
        (status = 403, description = "`scope_missing`: the key may not read"),
        (status = 404, description = "`unknown_invoice`: no such document of this account"),
        (status = 429, description = "`rate_limited`: too many requests"),
        (status = 503, description = "`not_configured`: there are no accounts here"),
    ),
)]
pub(crate) async fn invoice(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(name): Path<String>,
) -> Result<Response, ApiError> {
    caller.require(Scope::Read)?;
    let (number, form) = match name.rsplit_once('.') {
        Some((number, form @ ("html" | "pdf"))) => (number, form),
        _ => (name.as_str(), "json"),
    };
    let row = if number.contains('\0') {
        None
    } else {
        app.store.invoice(&caller.account, number).await?
    };
    let row = row.ok_or_else(|| {
        ApiError::new(
            StatusCode::NOT_FOUND,
            "unknown_invoice",
            "there is no such document: GET /api/billing/invoices lists them",
        )
    })?;
    let invoice = read(&row)?;
    Ok(match form {
        "html" => {
            let policy = format!(
                "default-src 'none'; style-src {}; frame-ancestors 'none'; base-uri 'none'",
                style_hash()
            );
            let headers = [
                (header::CONTENT_TYPE, "text/html; charset=utf-8".to_owned()),
                (header::CONTENT_SECURITY_POLICY, policy),
            ];
            (headers, html(&invoice)).into_response()
        }
        "pdf" => {
            let name = format!("inline; filename=\"{}.pdf\"", invoice.number);
            let headers = [
                (header::CONTENT_TYPE, "application/pdf".to_owned()),
                (header::CONTENT_DISPOSITION, name),
            ];
            (headers, pdf(&invoice)).into_response()
        }
        _ => Json(invoice).into_response(),
    })
}

/// Whether it is of the form of a document's number.
fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix("INV-").or(text.strip_prefix("CN-"));
    digits.is_some_and(|digits| {
        (6..=18).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit())
    })
}

/// A document as it was written when it was issued.
fn read(row: &InvoiceRow) -> Result<Invoice, StoreError> {
    serde_json::from_str(&row.document).map_err(|_| StoreError::Corrupt("invoice"))
}
