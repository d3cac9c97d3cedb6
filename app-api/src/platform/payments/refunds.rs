//! `POST /admin/refunds`: money back. What it does to the ledger follows when the provider tells of it, as
//! for refunds that are made there.

use std::sync::Arc;

use axum::{
    Json,
    extract::{State, rejection::JsonRejection},
    http::StatusCode,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::stripe::Refund;
use crate::{
    app::App,
    http::ApiError,
    platform::{accounts::AdminCaller, plans::audit},
};

/// What is to be given back.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct RefundRequest {
    /// The payment's id at the provider.
    #[schema(min_length = 1, max_length = 200, example = "pi_3Q0a1b2c3d4e5f")]
    payment: String,
    /// US cents; all that was not given back yet unless told.
    #[schema(minimum = 1, maximum = 99_999_999, example = 2_500)]
    amount_cents: Option<i64>,
    /// Names the refund: sent again, it is made once.
    #[schema(
        min_length = 1,
        max_length = 100,
        pattern = "^[!-~]{1,100}$",
        example = "ticket-1842"
    )]
    request_id: String,
}

/// A refund.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RefundAnswer {
    /// Its id at the provider.
    #[schema(example = "re_3Q0a1b2c3d4e5f")]
    refund: String,
    /// How it stands there.
    #[schema(example = "succeeded")]
    status: String,
    /// US cents.
    #[schema(example = 2_500)]
    amount_cents: i64,
}

/// Give money back.
///
/// Of prepaid credit the customer's balance falls by as much, at most by what is left of it.
#[utoipa::path(
    post, path = "/admin/refunds", tag = "internal", operation_id = "refund",
    request_body = RefundRequest,
    security(("adminKey" = [])),
    responses(
        (status = 200, description = "It is made", body = RefundAnswer),
        (status = 400, description = "`invalid_body`: not JSON"),
        (status = 401, description = "`unauthorized`: without an operator's key"),
        (status = 404, description = "`unknown_payment`: no such payment was made"),
        (status = 408, description = "`request_timeout`: the body did not arrive in time"),
        (status = 413, description = "`body_too_large`: more than 2 MiB"),
        (status = 415, description = "`not_json`: the content type is another"),
        (status = 422, description = "`invalid_body`: JSON of another form; `invalid_name`: a request id of another form; `amount_out_of_range`: nothing, or more than is left; `refund_refused`: the provider refuses it"),
        (status = 503, description = "`not_configured`: no operators or no provider are configured; `payments_unavailable`: the provider cannot be asked now"),
    ),
)]
pub(crate) async fn refund(
    State(app): State<Arc<App>>,
    caller: AdminCaller,
    body: Result<Json<RefundRequest>, JsonRejection>,
) -> Result<Json<RefundAnswer>, ApiError> {
    let Json(request) = body.map_err(ApiError::from_json)?;
    let billing = &app.billing;
    let unprocessable =
        |code, message: &str| ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, code, message);
    let id = request.request_id.as_str();
    if !(1..=100).contains(&id.len()) || !id.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(unprocessable(
            "invalid_name",
            "requestId must have 1 to 100 visible ASCII characters",
        ));
    }
    let left = if request.payment.contains('\0') {
        None
    } else {
        billing.store.refundable_cents(&request.payment).await?
    };
    let Some(left) = left else {
        return Err(ApiError::new(
            StatusCode::NOT_FOUND,
            "unknown_payment",
            "no such payment was made here",
        ));
    };
    // The same request again finds less left: the provider tells that it is the same.
    if request.amount_cents.is_some_and(|cents| cents < 1) {
        return Err(unprocessable(
            "amount_out_of_range",
            "amountCents must be positive",
        ));
    }
    let key = format!("primis:refund:{}:{id}", request.payment);
    let amount = request.amount_cents.map(|cents| cents.to_string());
    let mut form = vec![
        ("payment_intent", request.payment.as_str()),
        ("metadata[primis_request]", id),
    ];
    form.extend(amount.as_deref().map(|amount| ("amount", amount)));
    let made: Result<Refund, _> = match billing.stripe() {
        Ok(stripe) => stripe.post("/v1/refunds", &form, &key).await,
        Err(error) => return Err(error.into()),
    };
    let made = made.map_err(|error| match error {
        super::StripeError::Refused { code, message, .. } => {
            let code = match code.as_str() {
                "charge_already_refunded" => "amount_out_of_range",
                _ => "refund_refused",
            };
            unprocessable(code, &message)
        }
        error => super::BillingError::from(error).into(),
    })?;
    let line = audit::line(
        billing.clock.now_unix(),
        &caller,
        "refund.made",
        &request.payment,
        &json!({ "refundableCents": left }),
        &json!({ "refund": made.id, "amountCents": made.amount, "requestId": id }),
    );
    billing.store.add_audit(&line).await?;
    Ok(Json(RefundAnswer {
        refund: made.id,
        status: made.status.unwrap_or_else(|| "pending".to_owned()),
        amount_cents: made.amount,
    }))
}
