//! `GET /api/usage` and `/api/usage/summary`: what a customer used, and what it cost.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Query, State, rejection::QueryRejection},
    response::{IntoResponse as _, Response},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    app::App,
    http::ApiError,
    platform::accounts::{Caller, Scope},
    stats::paging_link,
    store::{UsageRow, UsageSum},
};

/// Lines of a page, where none are asked for, and at most.
const DEFAULT_LIMIT: u32 = 50;
const MAX_LIMIT: u32 = 200;
/// Sums of a summary at most: the days of a year, or as many models.
const MAX_SUMS: u32 = 366;
/// Summed up where no time is asked for, seconds: 30 days.
const DEFAULT_SPAN: i64 = 30 * 86_400;

/// The last second of the year 9999.
const LAST_SECOND: i64 = 253_402_300_799;

/// What is asked of the list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct Paging {
    /// Lines of a page.
    #[param(minimum = 1, maximum = 200, default = 50, example = 50)]
    limit: Option<u32>,
    /// The `nextCursor` of the page before; the first page without.
    #[param(
        pattern = "^[0-9]{1,12}[.][A-Za-z0-9_-]{1,64}$",
        example = "1800000000.req_1"
    )]
    cursor: Option<String>,
}

/// Lines, newest first.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UsagePage {
    /// The lines.
    lines: Vec<UsageView>,
    /// Asks for the next page; not there on the last.
    next_cursor: Option<String>,
}

/// One request that was charged. `list = discount + charge`, but for what the platform bore.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = UsageLine)]
struct UsageView {
    /// The request, as `x-primis-request-id` told it.
    id: String,
    /// `chat`, `embeddings` or `run`.
    #[schema(example = "chat")]
    kind: String,
    /// The model or the job.
    #[schema(example = "openai/gpt-4.1-mini")]
    sku: String,
    /// The key it was asked with.
    key_id: Option<String>,
    /// Of the prompt, with the cached ones.
    prompt_tokens: Option<u64>,
    /// Of these, cached.
    cached_tokens: Option<u64>,
    /// Of the answer.
    completion_tokens: Option<u64>,
    /// The price before the subsidy.
    list_nano_usd: String,
    /// The vault's subsidy paid this.
    discount_nano_usd: String,
    /// You paid this.
    charge_nano_usd: String,
    /// Tokens were counted here, because the model's provider did not tell them.
    estimated: bool,
    /// When it was charged.
    settled_at_unix: i64,
}

/// What is asked of the summary.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct Summed {
    /// By what.
    #[serde(default)]
    by: By,
    /// Begin, Unix seconds; 30 days before the end where it is left out.
    #[param(minimum = 0, maximum = 253_402_300_799_u64, example = 1_797_408_000)]
    from: Option<i64>,
    /// End, Unix seconds, not part of it; now where it is left out.
    #[param(minimum = 0, maximum = 253_402_300_799_u64, example = 1_800_000_000)]
    to: Option<i64>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = UsageBy)]
enum By {
    /// Days of UTC, newest first.
    #[default]
    Day,
    /// Models and jobs, the dearest first.
    Model,
}

/// Sums of what was used.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UsageSummary {
    /// As asked for.
    by: By,
    /// Begin.
    from_unix: i64,
    /// End, not part of it.
    to_unix: i64,
    /// At most 366.
    sums: Vec<SumView>,
}

/// One sum.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = UsageSum)]
struct SumView {
    /// The day's begin, by day.
    day_unix: Option<i64>,
    /// The model or the job, by model.
    sku: Option<String>,
    /// Requests.
    requests: i64,
    /// Of them, with tokens that were counted here.
    estimated: i64,
    /// Prices before the subsidy.
    list_nano_usd: String,
    /// The vault's subsidy paid this.
    discount_nano_usd: String,
    /// You paid this.
    charge_nano_usd: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Detail {
    prompt_tokens: Option<u64>,
    cached_tokens: Option<u64>,
    completion_tokens: Option<u64>,
}

/// The endpoints.
pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(lines))
        .routes(routes!(summary))
}

/// What you used, line by line.
///
/// Newest first: each request that was charged, with who paid what of it.
#[utoipa::path(
    get, path = "/api/usage", tag = "gateway", operation_id = "listUsage",
    params(Paging),
    security(("apiKey" = []), ("apiKeyHeader" = [])),
    responses(
        (status = 200, description = "A page of lines, newest first", body = UsagePage),
        (status = 400, description = "`invalid_query`; `invalid_limit`: not 1 to 200; `invalid_cursor`: not one that was answered"),
        (status = 401, description = "`unauthorized`: without a session or a key that is valid"),
        (status = 403, description = "`scope_missing`: the key may not read"),
        (status = 429, description = "`rate_limited`: the caller's limit is reached"),
        (status = 503, description = "`not_configured`: no accounts are"),
    ),
)]
pub(crate) async fn lines(
    State(app): State<Arc<App>>,
    caller: Caller,
    paging: Result<Query<Paging>, QueryRejection>,
) -> Result<Response, ApiError> {
    caller.require(Scope::Read)?;
    let Query(paging) =
        paging.map_err(|e| ApiError::bad_request("invalid_query", &e.body_text()))?;
    let limit = paging.limit.unwrap_or(DEFAULT_LIMIT);
    if !(1..=MAX_LIMIT).contains(&limit) {
        let message = "limit must lie between 1 and 200";
        return Err(ApiError::bad_request("invalid_limit", message));
    }
    let before = paging.cursor.as_deref().map(place).transpose()?;
    // One more, to know whether there is a next page.
    let mut rows = app
        .store
        .usage_page(&caller.account, before, limit.saturating_add(1))
        .await?;
    let more = rows.len() > usize::try_from(limit).unwrap_or(usize::MAX);
    rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let next_cursor = rows
        .last()
        .filter(|_| more)
        .map(|row| format!("{}.{}", row.settled_at, row.id));
    let link = paging_link("/api/usage", limit, next_cursor.as_deref());
    let page = UsagePage {
        lines: rows.into_iter().map(view).collect(),
        next_cursor,
    };
    Ok((link, Json(page)).into_response())
}

/// What you used, summed up.
///
/// By day or by model.
#[utoipa::path(
    get, path = "/api/usage/summary", tag = "gateway", operation_id = "sumUsage",
    params(Summed),
    security(("apiKey" = []), ("apiKeyHeader" = [])),
    responses(
        (status = 200, description = "The sums", body = UsageSummary),
        (status = 400, description = "`invalid_query`; `invalid_window`: it ends before it begins, or after the year 9999"),
        (status = 401, description = "`unauthorized`: without a session or a key that is valid"),
        (status = 403, description = "`scope_missing`: the key may not read"),
        (status = 429, description = "`rate_limited`: the caller's limit is reached"),
        (status = 503, description = "`not_configured`: no accounts are"),
    ),
)]
pub(crate) async fn summary(
    State(app): State<Arc<App>>,
    caller: Caller,
    summed: Result<Query<Summed>, QueryRejection>,
) -> Result<Json<UsageSummary>, ApiError> {
    caller.require(Scope::Read)?;
    let Query(summed) =
        summed.map_err(|e| ApiError::bad_request("invalid_query", &e.body_text()))?;
    let to_unix = summed
        .to
        .unwrap_or_else(|| app.clock.now_unix().saturating_add(1));
    let from_unix = summed
        .from
        .unwrap_or_else(|| to_unix.saturating_sub(DEFAULT_SPAN).max(0));
    if from_unix < 0 || from_unix > to_unix || to_unix > LAST_SECOND {
        let message = "from and to must be Unix seconds up to the year 9999, from not after to";
        return Err(ApiError::bad_request("invalid_window", message));
    }
    let by_day = summed.by == By::Day;
    let window = (from_unix, to_unix);
    let sums = app
        .store
        .usage_sums(&caller.account, window, by_day, MAX_SUMS)
        .await?;
    Ok(Json(UsageSummary {
        by: summed.by,
        from_unix,
        to_unix,
        sums: sums.into_iter().map(|sum| sum_view(sum, by_day)).collect(),
    }))
}

/// The line that a cursor names.
fn place(cursor: &str) -> Result<(i64, &str), ApiError> {
    let named = cursor
        .split_once('.')
        .and_then(|(at, id)| Some((at.parse().ok()?, id)));
    named
        .filter(|(_, id)| {
            (1..=64).contains(&id.len())
                && id
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
        })
        .ok_or_else(|| {
            ApiError::bad_request(
                "invalid_cursor",
                "cursor must be a nextCursor answered before",
            )
        })
}

fn view(row: UsageRow) -> UsageView {
    let detail: Detail = serde_json::from_str(&row.detail).unwrap_or_default();
    UsageView {
        id: row.id,
        kind: row.kind,
        sku: row.sku,
        key_id: row.key_id,
        prompt_tokens: detail.prompt_tokens,
        cached_tokens: detail.cached_tokens,
        completion_tokens: detail.completion_tokens,
        list_nano_usd: row.list_nano_usd.to_string(),
        discount_nano_usd: row.discount_nano_usd.to_string(),
        charge_nano_usd: row.charge_nano_usd.to_string(),
        estimated: row.estimated != 0,
        settled_at_unix: row.settled_at,
    }
}

fn sum_view(sum: UsageSum, by_day: bool) -> SumView {
    SumView {
        day_unix: by_day.then_some(sum.day),
        sku: (!by_day).then_some(sum.sku),
        requests: sum.requests,
        estimated: sum.estimated,
        list_nano_usd: sum.list_nano_usd.to_string(),
        discount_nano_usd: sum.discount_nano_usd.to_string(),
        charge_nano_usd: sum.charge_nano_usd.to_string(),
    }
}
