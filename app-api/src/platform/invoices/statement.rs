//! `GET /api/billing/statement?month=`: everything that moved an account's credit in a month.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Query, State, rejection::QueryRejection},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    app::App,
    http::ApiError,
    platform::{
        accounts::{Caller, Scope},
        plans::{NoMonth, Period},
    },
};

/// Postings of one answer, unless told.
const POSTINGS: u32 = 100;

/// Which month.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    /// `YYYY-MM`, UTC.
    #[param(pattern = "^20[0-9]{2}-(0[1-9]|1[0-2])$", example = "2026-11")]
    month: String,
    /// Postings after this: `next` of the answer before.
    #[param(max_length = 300, pattern = "^[0-9]{1,18}\\.[!-~]{1,200}$")]
    after: Option<String>,
    /// How many postings.
    #[param(minimum = 1, maximum = 1_000, example = 100)]
    limit: Option<u32>,
}

/// An account's month.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Statement {
    /// The month, UTC.
    #[schema(example = "2026-11")]
    month: String,
    /// The credit at its begin.
    opening_nano_usd: String,
    /// What moved it, the oldest first. All pages of a month together lead from the opening to the closing
    /// balance.
    postings: Vec<StatementPosting>,
    /// The credit at its end, or now.
    closing_nano_usd: String,
    /// For the next answer's `after`; `null`: these are the last.
    next: Option<String>,
}

/// A posting.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct StatementPosting {
    /// Its id.
    #[schema(example = "stripe:payment_intent:pi_3Q0a1b2c3d4e5f")]
    id: String,
    /// What it is.
    #[schema(example = "top_up")]
    kind: String,
    /// When.
    #[schema(example = 1_795_262_400)]
    at_unix: i64,
    /// How the credit moved: below zero where it fell.
    #[schema(pattern = "^-?[0-9]+$", example = "-7680000000")]
    amount_nano_usd: String,
    /// What it is about, JSON.
    #[schema(example = "{\"payment\":\"pi_3Q0a1b2c3d4e5f\"}")]
    reference: String,
}

/// A month's statement.
///
/// Every posting that moved the prepaid credit, with the credit before the first and after the last.
#[utoipa::path(
    get, path = "/api/billing/statement", tag = "billing", operation_id = "billingStatement",
    params(Asked),
    security(("apiKey" = []), ("apiKeyHeader" = [])),
    responses(
        (status = 200, description = "The statement", body = Statement),
        (status = 400, description = "`invalid_query`: a month or place of another form"),
        (status = 401, description = "`unauthorized`: without a key or session"),
        (status = 403, description = "`scope_missing`: the key may not read"),
        (status = 429, description = "`rate_limited`: too many requests"),
        (status = 503, description = "`not_configured`: there are no accounts here"),
    ),
)]
pub(crate) async fn statement(
    State(app): State<Arc<App>>,
    caller: Caller,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Json<Statement>, ApiError> {
    caller.require(Scope::Read)?;
    let bad = |message: &str| ApiError::bad_request("invalid_query", message);
    let Query(asked) = asked.map_err(|e| bad(&e.body_text()))?;
    let period: Period = asked
        .month
        .parse()
        .map_err(|e: NoMonth| bad(&e.to_string()))?;
    let limit = asked.limit.unwrap_or(POSTINGS);
    if !(1..=1_000).contains(&limit) {
        return Err(bad("limit must lie between 1 and 1,000"));
    }
    let (begin, end) = (period.begin_unix(), period.end_unix());
    let after = match &asked.after {
        // No id is empty: all of the first second are after it.
        None => (begin, ""),
        Some(text) => text
            .split_once('.')
            .and_then(|(at, id)| Some((at.parse::<i64>().ok()?, id)))
            .filter(|(at, id)| (begin..end).contains(at) && !id.contains('\0'))
            .ok_or_else(|| bad("after is the next of an earlier answer for the same month"))?,
    };
    let account = caller.account.as_str();
    let store = &app.store;
    let opening = store.credit_at(account, begin).await?;
    let rows = store
        .statement(account, after, end, i64::from(limit))
        .await?;
    let closing = store.credit_at(account, end).await?;
    let full = u32::try_from(rows.len()).is_ok_and(|n| n == limit);
    let next = rows
        .last()
        .filter(|_| full)
        .map(|row| format!("{}.{}", row.settled_at, row.id));
    Ok(Json(Statement {
        month: period.to_string(),
        opening_nano_usd: opening.to_string(),
        postings: rows
            .into_iter()
            .map(|row| StatementPosting {
                id: row.id,
                kind: row.kind,
                at_unix: row.settled_at,
                amount_nano_usd: row.amount_nano_usd.to_string(),
                reference: row.reference,
            })
            .collect(),
        closing_nano_usd: closing.to_string(),
        next,
    }))
}
