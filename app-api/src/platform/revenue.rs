//! `GET /internal/revenue?from&to`: what the platform earned in a window, for the keeper.

use std::sync::Arc;

use axum::{
    extract::{Query, State, rejection::QueryRejection},
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header::CONTENT_TYPE},
    response::{IntoResponse as _, Response},
};
use primis_vault_interface::{math, types::Split};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{app::App, http::ApiError, store::StoreError};

/// The window asked for, Unix seconds, `[from, to)`.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct Window {
    /// Begin, Unix seconds.
    #[param(
        minimum = 0,
        maximum = 9_223_372_036_854_775_807_u64,
        example = 1_700_000_000
    )]
    from: u64,
    /// End, Unix seconds, not part of it.
    #[param(
        minimum = 0,
        maximum = 9_223_372_036_854_775_807_u64,
        example = 1_700_000_600
    )]
    to: u64,
}

/// The report. Integers: the keeper reads it, not a browser.
#[derive(Serialize, ToSchema)]
#[schema(as = RevenueReport)]
struct Report {
    /// As asked for.
    from: u64,
    /// As asked for.
    to: u64,
    /// Usage events that settled in the window.
    usage_events: u64,
    /// Charged for them, nano-USD.
    gross_nano_usd: i64,
    /// Of it, paid back or never paid, nano-USD.
    refunds_nano_usd: i64,
    /// Of it, paid by the subsidy pool, nano-USD.
    subsidy_nano_usd: i64,
    /// What the compute cost the platform, nano-USD.
    provider_cost_nano_usd: i64,
    /// The platform's fee in the charge, nano-USD.
    fee_nano_usd: i64,
    /// Of the fee, the stakers' part by the vault's split of compute revenue as it is now, nano-USD;
    /// `null`: no vault has been read from the chain yet.
    #[schema(required, example = 5_000_000_000_i64)]
    stakers_share_nano_usd: Option<i64>,
}

/// What the platform earned in a window.
///
/// A window is reported once it can no longer change, and then always the same, but for the stakers'
/// share, which follows the vault's split. Request and answer are signed.
#[utoipa::path(
    get, path = "/internal/revenue", tag = "internal", operation_id = "revenueReport",
    params(Window),
    security(("revenueTimestamp" = [], "revenueSignature" = [])),
    responses(
        (status = 200, description = "The report, signed", body = Report,
            headers(("x-primis-signature" = String, description = "`v1=` and the hex of HMAC-SHA256 over `{timestamp}.{path and query}.{body}`"))),
        (status = 400, description = "`invalid_window`: not two Unix seconds in order"),
        (status = 401, description = "`bad_signature`: missing, too old, or another"),
        (status = 425, description = "`not_settled`: events before the window's end may still settle"),
        (status = 503, description = "`not_configured`: no secret is configured"),
    ),
)]
pub(crate) async fn report(
    State(app): State<Arc<App>>,
    uri: Uri,
    headers: HeaderMap,
    window: Result<Query<Window>, QueryRejection>,
) -> Result<Response, ApiError> {
    let Some(secret) = &app.platform.secret else {
        return Err(ApiError::not_configured(
            "set [platform] revenue_secret_path to report revenue",
        ));
    };
    let signed = uri.path_and_query().map_or("", |p| p.as_str());
    let now = app.clock.now_unix();
    let timestamp = secret
        .verify(&headers, signed, now)
        .map_err(|e| ApiError::new(StatusCode::UNAUTHORIZED, "bad_signature", &e.to_string()))?;

    let bad = |message: &str| ApiError::bad_request("invalid_window", message);
    let Query(Window { from, to }) = window.map_err(|e| bad(&e.body_text()))?;
    let (Ok(start), Ok(end)) = (i64::try_from(from), i64::try_from(to)) else {
        return Err(bad("from and to are Unix seconds"));
    };
    if start > end {
        return Err(bad("from is later than to"));
    }
    let grace = i64::try_from(app.platform.settle_grace.as_secs()).unwrap_or(i64::MAX);
    let settled_to = now.saturating_sub(grace);
    if end > settled_to {
        let wait = end.saturating_sub(settled_to).unsigned_abs();
        return Err(ApiError::new(
            StatusCode::TOO_EARLY,
            "not_settled",
            &format!("events before {to} may still settle: ask again in {wait} s"),
        )
        .retry_after_seconds(wait));
    }
    let sums = app.store.report_revenue(start, end).await?;
    let stakers_share_nano_usd = match &app.vault {
        Some(vault) => app.store.vault(vault).await?,
        None => None,
    }
    .map(|vault| {
        stakers_share(sums.fee_nano_usd, &vault.config.compute_split)
            .ok_or(StoreError::Corrupt("split"))
    })
    .transpose()?;
    let body = serde_json::to_string(&Report {
        from,
        to,
        usage_events: sums.usage_events,
        gross_nano_usd: sums.gross_nano_usd,
        refunds_nano_usd: sums.refunds_nano_usd,
        subsidy_nano_usd: sums.subsidy_nano_usd,
        provider_cost_nano_usd: sums.provider_cost_nano_usd,
        fee_nano_usd: sums.fee_nano_usd,
        stakers_share_nano_usd,
    })
    .map_err(|e| ApiError::internal(&e))?;
    let signature = secret.sign(&format!("{timestamp}.{signed}.{body}"));
    let mut response = ([(CONTENT_TYPE, "application/json")], body).into_response();
    let signature = HeaderValue::try_from(signature).map_err(|e| ApiError::internal(&e))?;
    response
        .headers_mut()
        .insert("x-primis-signature", signature);
    Ok(response)
}

/// The stakers' part of a fee, nano-USD. `None`: a split whose parts are not the whole.
///
/// Rounded as `distribute_yield` rounds: the other buckets down, and what does not divide is the
/// stakers'. A fee below zero, where more was paid back than sold, takes back what it gave. Windows are
/// rounded each for itself, so that parts of a window may have up to three nano-USD each more than it.
fn stakers_share(fee_nano_usd: i64, split: &Split) -> Option<i64> {
    let bps = [
        split.stakers_bps,
        split.subsidy_bps,
        split.reserve_bps,
        split.treasury_bps,
    ];
    let [stakers, ..] = math::split(fee_nano_usd.unsigned_abs(), bps)?;
    let share = i128::from(stakers) * i128::from(fee_nano_usd.signum());
    i64::try_from(share).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn split(bps: [u16; 4]) -> Split {
        let [stakers_bps, subsidy_bps, reserve_bps, treasury_bps] = bps;
        Split {
            stakers_bps,
            subsidy_bps,
            reserve_bps,
            treasury_bps,
        }
    }

    #[test]
    fn what_does_not_divide_is_the_stakers() {
        for (fee, bps, share) in [
            (1_000, [5_000, 0, 0, 5_000], Some(500)),
            (1_001, [5_000, 0, 0, 5_000], Some(501)),
            (-1_001, [5_000, 0, 0, 5_000], Some(-501)),
            (3, [7_000, 1_000, 1_000, 1_000], Some(3)),
            (7, [0, 0, 0, 10_000], Some(0)),
            (0, [5_000, 0, 0, 5_000], Some(0)),
            (i64::MIN, [10_000, 0, 0, 0], Some(i64::MIN)),
            (7, [5_000, 0, 0, 4_999], None),
        ] {
            assert_eq!(
                stakers_share(fee, &split(bps)),
                share,
                "{fee} split {bps:?}"
            );
        }
    }

    proptest! {
        #[test]
        fn a_share_is_within_three_of_the_exact(fee: i64, a in 0u16..=10_000, b in 0u16..=10_000, c in 0u16..=10_000) {
            let mut cuts = [a, b, c];
            cuts.sort_unstable();
            let [a, b, c] = cuts;
            let share = stakers_share(fee, &split([a, b - a, c - b, 10_000 - c])).unwrap();
            let above = i128::from(share).abs() * 10_000 - i128::from(fee).abs() * i128::from(a);
            prop_assert!((0..30_000).contains(&above) && share.abs_diff(0) <= fee.abs_diff(0));
        }
    }
}
