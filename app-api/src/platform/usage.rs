//! `POST /v1/usage/events`: takes metered work, prices it, stores it once.

use std::sync::Arc;

use axum::{
    Json,
    extract::{State, rejection::JsonRejection},
    http::{HeaderMap, StatusCode},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    app::App,
    http::{ApiError, openapi::words},
    platform::PriceList,
    store::{PricedEvent, RecordError},
};

/// Events one request may carry.
const MAX_EVENTS: usize = 1_000;
/// Longest id, customer or SKU, bytes.
const MAX_NAME_BYTES: usize = 200;

/// What is posted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UsageRequest {
    /// Stored all or none.
    #[schema(max_items = 1_000)]
    events: Vec<UsageEvent>,
}

/// A metered piece of work.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct UsageEvent {
    /// Names it: sent again, it is stored once. 1 to 200 bytes, none of them zero.
    #[schema(min_length = 1, max_length = 200, example = "job-1842")]
    event_id: String,
    /// Who used it. 1 to 200 bytes, none of them zero.
    #[schema(min_length = 1, max_length = 200, example = "acme")]
    customer: String,
    /// What was used, as the price list names it. 1 to 200 bytes, none of them zero.
    #[schema(min_length = 1, max_length = 200, example = "gpu.h100.second")]
    sku: String,
    /// How much, in the price list's unit.
    #[schema(minimum = 1, maximum = 9_223_372_036_854_775_807_u64, example = 3_600)]
    quantity: u64,
    /// When the work was done, RFC 3339.
    #[schema(format = DateTime, example = "2026-01-31T12:00:00Z")]
    occurred_at: String,
}

/// What is answered.
#[derive(Debug, Serialize, ToSchema)]
pub struct UsageAnswer {
    /// Events stored now.
    #[schema(example = 1)]
    accepted: usize,
    /// Events stored before with the same content.
    #[schema(example = 0)]
    duplicates: usize,
    /// In the order they were sent.
    results: Vec<UsageResult>,
}

/// What became of an event.
#[derive(Debug, Serialize, ToSchema)]
struct UsageResult {
    /// As sent.
    #[schema(example = "job-1842")]
    event_id: String,
    #[schema(schema_with = words::usage_status)]
    status: &'static str,
    /// The charge, nano-USD.
    charge_nano_usd: String,
}

/// Metered work in.
///
/// Priced and stored once, all events of a batch or none; a batch may be sent again.
#[utoipa::path(
    post, path = "/v1/usage/events", tag = "platform", operation_id = "recordUsage",
    request_body = UsageRequest,
    security(("usageKey" = []), ("usageKeyHeader" = [])),
    responses(
        (status = 200, description = "What became of each", body = UsageAnswer),
        (status = 400, description = "`invalid_body`: not JSON"),
        (status = 401, description = "`unauthorized`: without one of the usage keys"),
        (status = 408, description = "`request_timeout`: the body did not arrive in time"),
        (status = 409, description = "`event_id_conflict`: the event was stored before with other content"),
        (status = 413, description = "`body_too_large`: more than 2 MiB"),
        (status = 415, description = "`not_json`: the content type is another"),
        (status = 422, description = "`invalid_body`: JSON of another form; `too_many_events`: more than 1,000; `invalid_name`: empty, over 200 bytes, or with a zero byte; `zero_quantity`: nothing was used; `invalid_time`: not RFC 3339; `unknown_sku`: has no price; `quantity_out_of_range`: the charge exceeds 63 bits"),
        (status = 503, description = "`not_configured`: no keys or prices are configured; `settle_timeout`: the database was too slow: send it again"),
    ),
)]
pub(crate) async fn record(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    body: Result<Json<UsageRequest>, JsonRejection>,
) -> Result<Json<UsageAnswer>, ApiError> {
    let platform = &app.platform;
    let (Some(keys), Some(prices)) = (&platform.keys, &platform.prices) else {
        return Err(ApiError::not_configured(
            "set [platform] usage_key_path and prices_path to take usage",
        ));
    };
    if !keys.allow(&headers) {
        return Err(ApiError::new(
            StatusCode::UNAUTHORIZED,
            "unauthorized",
            "send one of the usage keys as `Authorization: Bearer KEY` or `x-api-key: KEY`",
        ));
    }
    let Json(request) = body.map_err(ApiError::from_json)?;
    if request.events.len() > MAX_EVENTS {
        return Err(unprocessable(
            "too_many_events",
            "a batch holds at most 1,000 events: send several",
        ));
    }
    let events = request
        .events
        .into_iter()
        .enumerate()
        .map(|(index, event)| price(prices, platform.fee_bps, index, event))
        .collect::<Result<Vec<_>, _>>()?;
    let recorded = app
        .store
        .record_usage(&events, app.clock.as_ref(), platform.settle_grace)
        .await
        .map_err(refusal)?;
    let duplicates = recorded.iter().filter(|r| r.duplicate).count();
    let accepted = recorded.len().saturating_sub(duplicates);
    metrics::counter!("primis_usage_events_total", "status" => "accepted")
        .increment(count(accepted));
    metrics::counter!("primis_usage_events_total", "status" => "duplicate")
        .increment(count(duplicates));
    let results = recorded
        .into_iter()
        .map(|r| UsageResult {
            event_id: r.event_id,
            status: if r.duplicate { "duplicate" } else { "accepted" },
            charge_nano_usd: r.charge_nano_usd.to_string(),
        })
        .collect();
    Ok(Json(UsageAnswer {
        accepted,
        duplicates,
        results,
    }))
}

fn price(
    prices: &PriceList,
    fee_bps: u64,
    index: usize,
    event: UsageEvent,
) -> Result<PricedEvent, ApiError> {
    let refuse = |code, problem: &str| {
        Err(unprocessable(
            code,
            &format!("events[{index}] ({}): {problem}", event.event_id),
        ))
    };
    for (name, value) in [
        ("event_id", &event.event_id),
        ("customer", &event.customer),
        ("sku", &event.sku),
    ] {
        // A zero byte cannot be stored in Postgres' text.
        if value.is_empty() || value.len() > MAX_NAME_BYTES || value.contains('\0') {
            return refuse(
                "invalid_name",
                &format!("{name} must have 1 to 200 bytes, none of them zero"),
            );
        }
    }
    if event.quantity == 0 {
        return refuse("zero_quantity", "quantity must be positive");
    }
    let Ok(occurred_at) = event.occurred_at.parse::<Timestamp>() else {
        return refuse(
            "invalid_time",
            "occurred_at must be RFC 3339, such as 2026-01-31T12:00:00Z",
        );
    };
    if !prices.knows(&event.sku) {
        return refuse("unknown_sku", &format!("{} has no price", event.sku));
    }
    let (Some(charge), Ok(quantity)) = (
        prices.charge(&event.sku, event.quantity, fee_bps),
        i64::try_from(event.quantity),
    ) else {
        return refuse(
            "quantity_out_of_range",
            "the charge does not fit 63 bits of nano-USD: split the event",
        );
    };
    Ok(PricedEvent {
        event_id: event.event_id,
        customer: event.customer,
        sku: event.sku,
        quantity,
        occurred_at_micros: occurred_at.as_microsecond(),
        charge_nano_usd: charge.charge_nano_usd,
        fee_nano_usd: charge.fee_nano_usd,
        provider_cost_nano_usd: charge.provider_cost_nano_usd,
    })
}

fn unprocessable(code: &'static str, message: &str) -> ApiError {
    ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, code, message)
}

fn refusal(error: RecordError) -> ApiError {
    let message = error.to_string();
    match error {
        RecordError::Conflict(_) => {
            ApiError::new(StatusCode::CONFLICT, "event_id_conflict", &message)
        }
        RecordError::TooSlow => {
            ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "settle_timeout", &message)
                .retry_after_seconds(1)
        }
        RecordError::Store(error) => error.into(),
    }
}

fn count(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}
