//! `GET /api/billing`: what an account has, and what it can buy.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Billing, BillingError, subscribe::SubscriptionView};
use crate::{
    app::App,
    http::ApiError,
    platform::{
        accounts::{Caller, Scope},
        plans::{FREE, METERED, NANO_USD_PER_CENT, Period, Plan, overage_nano_usd},
    },
};

/// What an account has, and what it can buy.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BillingAnswer {
    /// Prepaid and not used.
    balance_nano_usd: String,
    /// Of it, reserved for what is under way.
    held_nano_usd: String,
    /// The rest: what may be spent.
    available_nano_usd: String,
    /// The plan of metered systems that is served now.
    plan: Plan,
    /// Everything that is subscribed to.
    subscriptions: Vec<SubscriptionView>,
    /// This month's metered calls, UTC.
    usage: CallsView,
    /// Packs of credit.
    packs: Vec<PackView>,
    /// Prepaid runs that are left.
    #[schema(example = 42)]
    run_credits: i64,
    /// Packs of prepaid runs.
    run_packs: Vec<RunPackView>,
    /// The least credit to buy without a pack, US cents; 0: only packs are sold.
    #[schema(example = 500)]
    custom_min_cents: i64,
    /// The most.
    #[schema(example = 1_000_000)]
    custom_max_cents: i64,
    /// Plans that can be subscribed to.
    plans: Vec<Plan>,
}

/// Metered calls of a month.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct CallsView {
    /// The month, UTC.
    #[schema(example = "2026-11")]
    month: String,
    /// All systems' calls.
    #[schema(example = 250_000)]
    calls: i64,
    /// Of them, paid for by the plan's fee.
    #[schema(example = 100_000)]
    included_calls: i64,
    /// What those above cost so far.
    overage_nano_usd: String,
    /// By system.
    systems: Vec<SystemView>,
}

/// Metered calls of one system.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct SystemView {
    /// Its name.
    #[schema(example = "prod-eu")]
    system: String,
    /// Its calls.
    #[schema(example = 250_000)]
    calls: i64,
}

/// A pack of credit.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct PackView {
    /// Its id.
    #[schema(example = "small")]
    id: String,
    /// Its price, US cents.
    #[schema(example = 2_500)]
    price_cents: i64,
    /// What is credited.
    credit_nano_usd: String,
}

/// A pack of prepaid runs.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct RunPackView {
    /// Its id.
    #[schema(example = "runs-100")]
    id: String,
    /// How many runs.
    #[schema(example = 100)]
    runs: i64,
    /// Its price, US cents.
    #[schema(example = 1_000)]
    price_cents: i64,
}

/// What you have and can buy.
///
/// Prepaid money, plans, this month's calls, packs.
#[utoipa::path(
    get, path = "/api/billing", tag = "billing", operation_id = "billing",
    security(("apiKey" = []), ("apiKeyHeader" = [])),
    responses(
        (status = 200, description = "All of it", body = BillingAnswer),
        (status = 401, description = "`unauthorized`: without a key or session"),
        (status = 403, description = "`scope_missing`: the key may not read"),
        (status = 429, description = "`rate_limited`: too many requests"),
        (status = 503, description = "`not_configured`: there are no accounts here"),
    ),
)]
pub(crate) async fn overview(
    State(app): State<Arc<App>>,
    caller: Caller,
) -> Result<Json<BillingAnswer>, ApiError> {
    caller.require(Scope::Read)?;
    let billing = &app.billing;
    let account = caller.account.as_str();
    let balance = billing
        .ledger
        .balance(account)
        .await
        .map_err(BillingError::from)?;
    let plan = billing.plan(account).await?;
    let subscriptions = billing.store.subscriptions(account).await?;
    let month = Period::of(billing.clock.now_unix()).to_string();
    let metered = billing.store.metered_month(account, &month).await?;
    let overage = overage_nano_usd(&plan.terms, metered.calls.unsigned_abs()).unwrap_or(0);
    let plans = billing.store.plans().await?;
    let options = &billing.options;
    Ok(Json(BillingAnswer {
        balance_nano_usd: balance.balance_nano_usd.to_string(),
        held_nano_usd: balance.held_nano_usd.to_string(),
        available_nano_usd: balance.available_nano_usd().to_string(),
        usage: CallsView {
            month,
            calls: metered.calls,
            included_calls: metered.calls.min(plan.terms.included_calls),
            overage_nano_usd: overage.to_string(),
            systems: metered
                .systems
                .into_iter()
                .map(|(system, calls)| SystemView { system, calls })
                .collect(),
        },
        plan,
        subscriptions: subscriptions
            .iter()
            .filter(|row| row.in_force)
            .map(SubscriptionView::from)
            .collect(),
        packs: options
            .packs
            .iter()
            .map(|pack| PackView {
                id: pack.id.clone(),
                price_cents: pack.cents,
                credit_nano_usd: pack.cents.saturating_mul(NANO_USD_PER_CENT).to_string(),
            })
            .collect(),
        run_credits: billing.store.run_credits(account).await?,
        run_packs: options
            .run_packs
            .iter()
            .map(|pack| RunPackView {
                id: pack.id.clone(),
                runs: pack.runs,
                price_cents: pack.cents,
            })
            .collect(),
        custom_min_cents: options.custom_min_cents,
        custom_max_cents: options.custom_max_cents,
        plans: plans
            .into_iter()
            .filter(|plan| plan.terms.offered)
            .collect(),
    }))
}

impl Billing {
    /// The plan of metered systems that an account is served: what it subscribed to, in that version, or the
    /// free one.
    ///
    /// # Errors
    /// If the database fails, or has no free plan.
    pub async fn plan(&self, account: &str) -> Result<Plan, BillingError> {
        let (id, version) = match self.subscribed(account, METERED).await? {
            Some(row) => (row.plan, Some(row.plan_version)),
            None => (FREE.to_owned(), None),
        };
        let plan = self.store.plan(&id, version).await?;
        plan.ok_or(BillingError::Unusable("subscription's plan"))
    }
}
