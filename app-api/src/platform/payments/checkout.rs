//! `POST /api/billing/checkout`: credit, paid on a page of the provider's.

use std::sync::Arc;

use axum::{
    Json,
    extract::{State, rejection::JsonRejection},
    http::StatusCode,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    Billing, BillingError,
    effects::{CURRENCY, RUNS},
    stripe::{Customer, Session},
};
use crate::{
    app::App,
    http::ApiError,
    platform::accounts::{Caller, Scope},
};

/// What to buy: a pack of credit, an amount of it, or a pack of prepaid runs.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct CheckoutRequest {
    /// One of the packs of `GET /api/billing`.
    #[schema(max_length = 40, example = "small")]
    pack: Option<String>,
    /// Or US cents, within the bounds of `GET /api/billing`.
    #[schema(minimum = 1, maximum = 99_999_999, example = 5_000)]
    amount_cents: Option<i64>,
    /// Or one of the packs of prepaid runs of `GET /api/billing`.
    #[schema(max_length = 40, example = "runs-100")]
    run_pack: Option<String>,
}

/// What is bought.
struct Bought {
    cents: i64,
    name: String,
    /// How many prepaid runs, where it is a pack of them.
    runs: Option<String>,
}

/// Where to pay.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CheckoutAnswer {
    /// The provider's name of it.
    #[schema(example = "cs_test_a1b2c3")]
    session: String,
    /// Send the customer there.
    #[schema(example = "https://checkout.stripe.com/c/pay/cs_test_a1b2c3")]
    pub(super) url: String,
}

/// Buy credit, or prepaid runs.
///
/// Answers where to pay. What is bought is there once the provider says that it is paid.
#[utoipa::path(
    post, path = "/api/billing/checkout", tag = "billing", operation_id = "billingCheckout",
    request_body = CheckoutRequest,
    security(("apiKey" = []), ("apiKeyHeader" = [])),
    responses(
        (status = 200, description = "Where to pay", body = CheckoutAnswer),
        (status = 400, description = "`invalid_body`: not JSON"),
        (status = 401, description = "`unauthorized`: without a key or session"),
        (status = 403, description = "`scope_missing`: the key may not write"),
        (status = 408, description = "`request_timeout`: the body did not arrive in time"),
        (status = 413, description = "`body_too_large`: more than 2 MiB"),
        (status = 415, description = "`not_json`: the content type is another"),
        (status = 422, description = "`invalid_body`: JSON of another form; `unknown_pack`: no such pack; `amount_out_of_range`: too little or too much, or more than one of pack, amount and pack of runs, or none"),
        (status = 429, description = "`rate_limited`: too many requests"),
        (status = 503, description = "`not_configured`: nothing is sold here; `payments_unavailable`: the provider cannot be asked now"),
    ),
)]
pub(crate) async fn checkout(
    State(app): State<Arc<App>>,
    caller: Caller,
    body: Result<Json<CheckoutRequest>, JsonRejection>,
) -> Result<Json<CheckoutAnswer>, ApiError> {
    caller.require(Scope::Write)?;
    let Json(request) = body.map_err(ApiError::from_json)?;
    let billing = &app.billing;
    let bought = billing.bought(&request)?;
    let (success, cancel) = billing.return_urls()?;
    let customer = billing.customer(&caller.account).await?;
    let amount = bought.cents.to_string();
    let runs_metadata = format!("metadata[{RUNS}]");
    let mut session = vec![
        ("mode", "payment"),
        ("customer", &customer),
        ("client_reference_id", &caller.account),
        ("success_url", success),
        ("cancel_url", cancel),
        ("line_items[0][quantity]", "1"),
        ("line_items[0][price_data][currency]", CURRENCY),
        ("line_items[0][price_data][unit_amount]", &amount),
        (
            "line_items[0][price_data][product_data][name]",
            &bought.name,
        ),
        ("metadata[primis_account]", &caller.account),
        (
            "payment_intent_data[metadata][primis_account]",
            &caller.account,
        ),
    ];
    if let Some(runs) = &bought.runs {
        session.push((&runs_metadata, runs));
    }
    Ok(Json(billing.session(&session).await?))
}

impl Billing {
    fn bought(&self, request: &CheckoutRequest) -> Result<Bought, ApiError> {
        let unprocessable =
            |code, message: &str| ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, code, message);
        let unknown_pack = || {
            unprocessable(
                "unknown_pack",
                "there is no such pack: GET /api/billing lists them",
            )
        };
        let credit = |cents| Bought {
            cents,
            name: "Primis prepaid credit".to_owned(),
            runs: None,
        };
        match (&request.pack, request.amount_cents, &request.run_pack) {
            (Some(id), None, None) => {
                let pack = self.options.packs.iter().find(|pack| pack.id == *id);
                pack.map(|pack| credit(pack.cents)).ok_or_else(unknown_pack)
            }
            (None, Some(cents), None) if self.takes(cents) => Ok(credit(cents)),
            (None, None, Some(id)) => {
                let pack = self.options.run_packs.iter().find(|pack| pack.id == *id);
                let pack = pack.ok_or_else(unknown_pack)?;
                Ok(Bought {
                    cents: pack.cents,
                    name: format!("{} prepaid runs", pack.runs),
                    runs: Some(pack.runs.to_string()),
                })
            }
            _ => Err(unprocessable(
                "amount_out_of_range",
                "send one of pack, amountCents within the bounds that GET /api/billing tells, and runPack",
            )),
        }
    }

    fn takes(&self, cents: i64) -> bool {
        let options = &self.options;
        options.custom_min_cents > 0
            && (options.custom_min_cents..=options.custom_max_cents).contains(&cents)
    }

    /// Where customers come back to, after paying and without.
    pub(super) fn return_urls(&self) -> Result<(&str, &str), ApiError> {
        match (&self.options.success_url, &self.options.cancel_url) {
            (Some(success), Some(cancel)) => Ok((success, cancel)),
            _ => Err(ApiError::not_configured(
                "set [stripe] success_url and cancel_url to sell",
            )),
        }
    }

    /// Who an account is at the provider; made there once.
    pub(super) async fn customer(&self, account: &str) -> Result<String, BillingError> {
        if let Some(known) = self.store.customer(account, None).await? {
            return Ok(known);
        }
        let form = [("metadata[primis_account]", account)];
        let key = format!("primis:customer:{account}");
        let new: Customer = self.stripe()?.post("/v1/customers", &form, &key).await?;
        let kept = self.store.customer(account, Some(&new.id)).await?;
        Ok(kept.unwrap_or(new.id))
    }

    /// A page to pay on. Each is another: only attempts of one request are the same.
    pub(super) async fn session(
        &self,
        form: &[(&str, &str)],
    ) -> Result<CheckoutAnswer, BillingError> {
        let key = format!("primis:session:{}", uuid::Uuid::now_v7().simple());
        self.page(form, &key).await
    }

    /// A page to pay on, one for each key.
    pub(super) async fn page(
        &self,
        form: &[(&str, &str)],
        key: &str,
    ) -> Result<CheckoutAnswer, BillingError> {
        let stripe = self.stripe()?;
        let session: Session = stripe.post("/v1/checkout/sessions", form, key).await?;
        Ok(CheckoutAnswer {
            session: session.id,
            url: session
                .url
                .ok_or(BillingError::Unusable("checkout session"))?,
        })
    }
}
