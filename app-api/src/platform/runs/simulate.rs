//! `POST /api/simulate`: one run, paid before it begins.

use std::sync::Arc;

use axum::{
    Json,
    extract::{OriginalUri, State, rejection::JsonRejection},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode},
    response::{IntoResponse as _, Response},
};
use serde::Serialize;
use tokio::time::Instant;
use utoipa::ToSchema;

use super::{
    again,
    answer::{self, when_ended},
    asker::Asker,
    order::{Order, SimulateRequest},
    prepaid::{self, IdempotencyKey},
    x402,
};
use crate::{app::App, http::ApiError, platform::accounts::Scope};

/// What a payer by x402 is told.
const PAYMENT_REQUIRED: HeaderName = HeaderName::from_static("payment-required");
/// What a payer by x402 sends.
const PAYMENT_SIGNATURE: &str = "payment-signature";

/// What has to be paid, and how it can be.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct PaymentNeeded {
    /// For people: what is wrong, and what to do about it.
    message: String,
    #[schema(schema_with = crate::http::openapi::words::payment_code)]
    code: &'static str,
    /// The price of the run.
    price_nano_usd: String,
    /// Payment by card; `null`: it is not taken here.
    checkout: Option<Checkout>,
}

/// A run that can be paid by card.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Checkout {
    /// Where it is paid: for people, by a browser. A path where this server does not know its own address.
    url: String,
    /// What it costs there, US cents: a card is charged whole cents, and not for fewer than `run_min_cents`.
    #[schema(example = 50)]
    price_cents: i64,
    /// Until when somebody has to go there.
    expires_unix: i64,
    /// The run that begins once it is paid.
    run: String,
    /// Reads the run and its result as `x-run-token`; `null`: the account's key does.
    token: Option<String>,
}

/// Runs a unit.
///
/// Without a payment it is refused with 402, whose header `PAYMENT-REQUIRED` says how to pay by x402
/// (version 2): send the request again with `PAYMENT-SIGNATURE`. The payment is settled before the run
/// begins. One payment is one run: the same request with the same payment, however often, is answered with
/// the same run. Where the facilitator does not say whether a payment was settled the run is `pending`: it
/// begins once that is known; do not pay again.
///
/// It says too where the run can be paid by card: the run of that address begins once it is paid there.
///
/// With an account the run is paid by one of its prepaid runs or, if there is none, from its balance. The same
/// order with the same `Idempotency-Key`, however often, is answered with the same run and paid once.
///
/// A run that failed by this server's fault is not charged to an account; who paid otherwise gets a token to
/// run again, which is sent as `x-run-again`. One that failed by the unit's fault is paid.
#[utoipa::path(
    post, path = "/api/simulate", tag = "runs", operation_id = "simulate",
    request_body = SimulateRequest,
    params(
        ("payment-signature" = Option<String>, Header, description = "A payment by x402: base64 of its JSON"),
        ("idempotency-key" = Option<String>, Header, description = "With an account: names the order, so that it may be sent again; 1 to 255 visible ASCII characters"),
        ("x-run-again" = Option<String>, Header, description = "The token of a run that failed on this side"),
    ),
    security((), ("apiKey" = []), ("apiKeyHeader" = [])),
    responses(
        (status = 200, description = "It ended, with a result or a failure", body = answer::Run),
        (status = 202, description = "It is under way, or its payment is: ask `GET` for it", body = answer::Run),
        (status = 400, description = "`invalid_body`: not JSON; `invalid_payment`: no payment by x402 on Solana; `invalid_idempotency_key`: too long, or other characters"),
        (status = 401, description = "`unauthorized`: the key or session that was sent is none"),
        (status = 402, description = "The run is not paid", body = PaymentNeeded),
        (status = 403, description = "`scope_missing`: the key must have the scope write; `invalid_token`: no token to run again, or its time is over"),
        (status = 404, description = "`unknown_fmu`: there is no such unit, or its time is over"),
        (status = 408, description = "`request_timeout`: the body did not arrive in time"),
        (status = 409, description = "`payment_used`: the payment or the token was sent before with another request; `idempotency_key_used`: so was this Idempotency-Key"),
        (status = 413, description = "`body_too_large`: more than 256 KiB"),
        (status = 415, description = "`not_json`: the content type is another"),
        (status = 422, description = "`invalid_body`: JSON of another form; `too_many_names`: over 1,000; `unknown_variable`: the unit has none of this name; `wrong_type`: a value does not fit its variable; `bad_time`: stop time or step size cannot be simulated; `too_many_steps`: more than a run may have; `price_above_token`: costs more than the run that failed"),
        (status = 429, description = "`rate_limited`: too many requests"),
        (status = 503, description = "`not_configured`: runs are not set up; `busy`: too many runs wait; `facilitator_unavailable`: payments cannot be verified now, and nothing was paid"),
    ),
)]
pub(crate) async fn simulate(
    State(app): State<Arc<App>>,
    OriginalUri(uri): OriginalUri,
    asker: Asker,
    headers: HeaderMap,
    body: Result<Json<SimulateRequest>, JsonRejection>,
) -> Result<Response, ApiError> {
    let began = Instant::now();
    app.runs.files()?;
    app.runs.tokens()?;
    let orderer = asker.orderer(Scope::Write)?;
    let Json(request) = body.map_err(ApiError::from_json)?;
    let order = Order::of(&app, request, orderer).await?;
    let text = |name| headers.get(name).map(HeaderValue::to_str);
    let not_ascii = |_| {
        ApiError::bad_request(
            "invalid_payment",
            "a header has other than ASCII characters",
        )
    };
    if let Some(token) = text("x-run-again").transpose().map_err(not_ascii)? {
        let run = again::queue(&app, &order, token).await?;
        return when_ended(&app, &run, began).await;
    }
    if let Some(payment) = text(PAYMENT_SIGNATURE).transpose().map_err(not_ascii)? {
        return match x402::pay(&app, &order, payment).await? {
            x402::Paid::Settled { run, receipt } => {
                let response = when_ended(&app, &run, began).await?;
                Ok(answer::with_receipt(response, receipt))
            }
            x402::Paid::Pending(run) => answer::pending(&app, &run),
            x402::Paid::Refused(reason) => {
                let message = format!("the payment was refused ({reason}): pay anew");
                payment_needed(&app, &order, uri.path(), "payment_refused", message).await
            }
        };
    }
    let message = if order.orderer.account.is_empty() {
        "a run is paid: send PAYMENT-SIGNATURE as PAYMENT-REQUIRED says, or an API key".to_owned()
    } else {
        room(&app).await?;
        let key = text("idempotency-key")
            .transpose()
            .map_err(|_| prepaid::invalid_key())?;
        let key = key.map(IdempotencyKey::read).transpose()?;
        match prepaid::queue(&app, &order, key.as_ref()).await? {
            prepaid::Queued::Run(run) => return when_ended(&app, &run, began).await,
            prepaid::Queued::Short(message) => message,
        }
    };
    payment_needed(&app, &order, uri.path(), "payment_required", message).await
}

/// Refuses to take money for a run that would wait too long.
pub(crate) async fn room(app: &App) -> Result<(), ApiError> {
    if app.store.open_runs().await? >= app.runs.options.max_queued.into() {
        return Err(ApiError::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "busy",
            "too many runs wait: try again in a moment",
        )
        .retry_after_seconds(5));
    }
    Ok(())
}

/// 402: what to pay, and how.
async fn payment_needed(
    app: &Arc<App>,
    order: &Order,
    path: &str,
    code: &'static str,
    message: String,
) -> Result<Response, ApiError> {
    room(app).await?;
    let run = order.run(app, "stripe", order.price_nano_usd, |id| {
        format!("stripe:{id}")
    });
    let checkout = match &app.runs.pay_link {
        Some(link) => link.link(&run).await.map(|link| Checkout {
            url: link.url,
            price_cents: link.price_cents,
            expires_unix: link.expires_at,
            token: run
                .owner
                .is_empty()
                .then(|| app.runs.tokens.as_ref().map(|t| t.read(&run.id)))
                .flatten(),
            run: run.id,
        }),
        None => None,
    };
    let required = x402::required(app, order.price_nano_usd, path, &message).await?;
    if required.is_none() && checkout.is_none() && order.orderer.account.is_empty() {
        return Err(ApiError::not_configured(
            "set [runs] facilitator_url and pay_to to take payments, or send an API key",
        ));
    }
    let needed = PaymentNeeded {
        message,
        code,
        price_nano_usd: order.price_nano_usd.to_string(),
        checkout,
    };
    let mut response = (StatusCode::PAYMENT_REQUIRED, Json(needed)).into_response();
    if let Some(required) = required {
        response.headers_mut().insert(PAYMENT_REQUIRED, required);
    }
    Ok(response)
}
