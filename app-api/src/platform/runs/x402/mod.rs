//! Payment by x402, version 2, on Solana: <https://github.com/coinbase/x402>.
//!
//! A payment is named by the hash of the message that its payer signed. It is settled before its run is
//! queued. What is asked of the facilitator is written down before it is asked: where the answer is lost, the
//! same is asked again, and nobody is asked to pay anew.

mod facilitator;
mod pay;
mod wire;

use axum::http::HeaderValue;
use serde_json::json;

pub(super) use facilitator::Facilitator;
pub(super) use pay::{Paid, book, pay, settle_unknown};

use super::price;
use crate::{app::App, http::ApiError, store::StoreError};
use wire::{PaymentRequired, Requirements, Resource, encoded};

/// What a payer is told; `None`: payments are not taken here.
pub(super) async fn required(
    app: &App,
    price_nano_usd: i64,
    path: &str,
    error: &str,
) -> Result<Option<HeaderValue>, ApiError> {
    let Some((requirements, _)) = requirements(app, price_nano_usd).await? else {
        return Ok(None);
    };
    let base = app.public_url.as_deref().unwrap_or_default();
    let required = PaymentRequired {
        x402_version: wire::VERSION,
        error: error.to_owned(),
        resource: Resource {
            url: format!("{base}{path}"),
            description: "One run of a functional mock-up unit".into(),
            mime_type: "application/json".into(),
        },
        accepts: vec![requirements],
    };
    encoded(&required).map(Some)
}

/// What has to be paid for a price, and what it is worth in nano-USD.
async fn requirements(
    app: &App,
    price_nano_usd: i64,
) -> Result<Option<(Requirements, i64)>, ApiError> {
    let options = &app.runs.options;
    let (Some(facilitator), Some(pay_to)) = (&app.runs.facilitator, &options.pay_to) else {
        return Ok(None);
    };
    let (units, worth_nano_usd) = price::units(price_nano_usd, options.asset_decimals)
        .ok_or(StoreError::OutOfRange("a run's price"))?;
    let requirements = Requirements {
        scheme: wire::EXACT.into(),
        network: options.network.clone(),
        amount: units.to_string(),
        asset: options.asset.clone(),
        pay_to: pay_to.clone(),
        max_timeout_seconds: options.max_timeout_seconds.into(),
        extra: json!({ "feePayer": facilitator.fee_payer().await? }),
    };
    Ok(Some((requirements, worth_nano_usd)))
}
