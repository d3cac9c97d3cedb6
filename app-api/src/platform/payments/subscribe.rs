//! `POST /api/billing/subscription`: says which plan an account wants; whether that is to subscribe, to
//! change or to cancel follows from what it has.

use std::sync::Arc;

use axum::{
    Json,
    extract::{State, rejection::JsonRejection},
    http::StatusCode,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    Billing, BillingError, StripeError,
    checkout::CheckoutAnswer,
    effects::CURRENCY,
    stripe::{Id, Subscription},
};
use crate::{
    app::App,
    http::ApiError,
    platform::{
        accounts::{Caller, Scope},
        plans::Plan,
    },
    store::SubscriptionRow,
};

/// The plan that is wanted.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct SubscriptionRequest {
    /// Its id. One that costs nothing ends the subscription with what is paid for.
    #[schema(max_length = 40, example = "pro")]
    plan: String,
}

/// What is to be done, or was.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SubscriptionAnswer {
    /// Where to pay, to subscribe; `null` where there was a subscription to change.
    checkout: Option<CheckoutAnswer>,
    /// The subscription as it stands; `null` where there is none yet.
    subscription: Option<SubscriptionView>,
}

/// A subscription.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SubscriptionView {
    /// Plans of one catalogue exclude each other.
    #[schema(example = "metered")]
    catalogue: String,
    /// The plan.
    #[schema(example = "pro")]
    plan: String,
    /// The version that was subscribed to.
    #[schema(example = 1)]
    plan_version: i64,
    /// As the payment provider calls it.
    #[schema(example = "active")]
    status: String,
    /// Begin of what is paid for.
    #[schema(example = 1_793_491_200)]
    period_start_unix: i64,
    /// End of it.
    #[schema(example = 1_796_083_200)]
    period_end_unix: i64,
    /// Whether it ends then.
    #[schema(example = false)]
    cancel_at_period_end: bool,
}

impl From<&SubscriptionRow> for SubscriptionView {
    fn from(row: &SubscriptionRow) -> Self {
        Self {
            catalogue: row.catalogue.clone(),
            plan: row.plan.clone(),
            plan_version: row.plan_version,
            status: row.status.clone(),
            period_start_unix: row.period_start,
            period_end_unix: row.period_end,
            cancel_at_period_end: row.cancel_at_period_end,
        }
    }
}

/// Choose a plan.
///
/// Answers where to pay for the first of a catalogue; changes the subscription there is, or goes on with one
/// that would have ended; and with a plan that costs nothing, ends it with what is paid for.
#[utoipa::path(
    post, path = "/api/billing/subscription", tag = "billing", operation_id = "billingSubscription",
    request_body = SubscriptionRequest,
    security(("apiKey" = []), ("apiKeyHeader" = [])),
    responses(
        (status = 200, description = "Where to pay, or what was changed", body = SubscriptionAnswer),
        (status = 400, description = "`invalid_body`: not JSON"),
        (status = 401, description = "`unauthorized`: without a key or session"),
        (status = 402, description = "`payment_required`: the card was declined"),
        (status = 403, description = "`scope_missing`: the key may not administrate"),
        (status = 408, description = "`request_timeout`: the body did not arrive in time"),
        (status = 413, description = "`body_too_large`: more than 2 MiB"),
        (status = 415, description = "`not_json`: the content type is another"),
        (status = 422, description = "`invalid_body`: JSON of another form; `unknown_plan`: no such plan is offered"),
        (status = 429, description = "`rate_limited`: too many requests"),
        (status = 503, description = "`not_configured`: nothing is sold here; `payments_unavailable`: the provider cannot be asked now"),
    ),
)]
pub(crate) async fn subscription(
    State(app): State<Arc<App>>,
    caller: Caller,
    body: Result<Json<SubscriptionRequest>, JsonRejection>,
) -> Result<Json<SubscriptionAnswer>, ApiError> {
    caller.require(Scope::Admin)?;
    let Json(request) = body.map_err(ApiError::from_json)?;
    let billing = &app.billing;
    let plan = billing.offered(&request.plan).await?;
    let has = billing
        .subscribed(&caller.account, &plan.terms.catalogue)
        .await?;
    let Some(has) = has else {
        let checkout = if plan.terms.price_cents == 0 {
            None
        } else {
            Some(billing.subscribe(&caller.account, &plan).await?)
        };
        return Ok(Json(SubscriptionAnswer {
            checkout,
            subscription: None,
        }));
    };
    billing.change(&has, &plan).await?;
    let now = billing.store.subscription(&has.subscription).await?;
    Ok(Json(SubscriptionAnswer {
        checkout: None,
        subscription: now.as_ref().map(SubscriptionView::from),
    }))
}

impl Billing {
    /// The newest version of a plan that is offered.
    async fn offered(&self, id: &str) -> Result<Plan, ApiError> {
        let known = if id.contains('\0') {
            None
        } else {
            self.store.plan(id, None).await?
        };
        known.filter(|plan| plan.terms.offered).ok_or_else(|| {
            ApiError::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "unknown_plan",
                "no such plan is offered: GET /api/billing lists them",
            )
        })
    }

    /// What an account is subscribed to in a catalogue.
    pub(crate) async fn subscribed(
        &self,
        account: &str,
        catalogue: &str,
    ) -> Result<Option<SubscriptionRow>, BillingError> {
        let all = self.store.subscriptions(account).await?;
        Ok(all
            .into_iter()
            .find(|row| row.in_force && row.catalogue == catalogue))
    }

    async fn subscribe(&self, account: &str, plan: &Plan) -> Result<CheckoutAnswer, ApiError> {
        let (success, cancel) = self.return_urls()?;
        let customer = self.customer(account).await?;
        let product = self.product(plan).await?;
        let (amount, version) = (plan.terms.price_cents.to_string(), plan.version.to_string());
        let form = [
            ("mode", "subscription"),
            ("customer", &customer),
            ("client_reference_id", account),
            ("success_url", success),
            ("cancel_url", cancel),
            ("line_items[0][quantity]", "1"),
            ("line_items[0][price_data][currency]", CURRENCY),
            ("line_items[0][price_data][unit_amount]", &amount),
            ("line_items[0][price_data][recurring][interval]", "month"),
            ("line_items[0][price_data][product]", &product),
            ("metadata[primis_account]", account),
            ("subscription_data[metadata][primis_account]", account),
            ("subscription_data[metadata][primis_plan]", &plan.plan),
            ("subscription_data[metadata][primis_plan_version]", &version),
        ];
        Ok(self.session(&form).await?)
    }

    async fn change(&self, has: &SubscriptionRow, plan: &Plan) -> Result<(), BillingError> {
        let path = format!("/v1/subscriptions/{}", has.subscription);
        let key = format!("primis:change:{}", Uuid::now_v7().simple());
        let same = has.plan == plan.plan;
        let (amount, version) = (plan.terms.price_cents.to_string(), plan.version.to_string());
        let product;
        let form = if plan.terms.price_cents == 0 {
            vec![("cancel_at_period_end", "true")]
        } else if same {
            // Whoever has the plan keeps the version they subscribed to.
            vec![("cancel_at_period_end", "false")]
        } else {
            product = self.product(plan).await?;
            vec![
                ("cancel_at_period_end", "false"),
                ("proration_behavior", "create_prorations"),
                ("items[0][id]", has.item.as_str()),
                ("items[0][price_data][currency]", CURRENCY),
                ("items[0][price_data][unit_amount]", &amount),
                ("items[0][price_data][recurring][interval]", "month"),
                ("items[0][price_data][product]", &product),
                ("metadata[primis_plan]", &plan.plan),
                ("metadata[primis_plan_version]", &version),
            ]
        };
        let now: Subscription = self.stripe()?.post(&path, &form, &key).await?;
        self.sync_subscription(&now.id).await
    }

    /// What a version of a plan is called at the provider; made there once.
    async fn product(&self, plan: &Plan) -> Result<String, BillingError> {
        let id = format!("primis_{}_v{}", plan.plan, plan.version);
        let name = format!("Primis {}", plan.terms.name);
        let form = [("id", id.as_str()), ("name", &name)];
        let made = self
            .stripe()?
            .post::<Id>("/v1/products", &form, &format!("primis:product:{id}"))
            .await;
        match made {
            Ok(Id(id)) => Ok(id),
            Err(StripeError::Refused { code, .. }) if code == "resource_already_exists" => Ok(id),
            Err(error) => Err(error.into()),
        }
    }
}
