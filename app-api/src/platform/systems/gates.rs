//! What an account's plan opens, and which plan opens more.

use axum::http::StatusCode;

use crate::{
    app::App,
    http::ApiError,
    platform::plans::{METERED, Plan, Terms},
};

/// What a plan can open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Feature {
    /// Rules on measurements.
    Alerts,
    /// Being told.
    Webhooks,
}

impl Feature {
    fn name(self) -> &'static str {
        match self {
            Self::Alerts => "alerts",
            Self::Webhooks => "webhooks",
        }
    }

    /// Whether a plan has it.
    pub(super) fn is_in(self, terms: &Terms) -> bool {
        terms.features.iter().any(|name| name == self.name())
    }
}

/// The plan an account is served.
pub(super) async fn plan_of(app: &App, account: &str) -> Result<Plan, ApiError> {
    Ok(app.billing.plan(account).await?)
}

/// Refuses an account whose plan has not the feature.
pub(super) async fn require(app: &App, account: &str, feature: Feature) -> Result<Plan, ApiError> {
    let plan = plan_of(app, account).await?;
    if feature.is_in(&plan.terms) {
        return Ok(plan);
    }
    let more = cheapest(app, |terms| feature.is_in(terms)).await?;
    let message = format!(
        "the plan {} has no {}{}",
        plan.terms.name,
        feature.name(),
        named(more)
    );
    Err(ApiError::new(
        StatusCode::FORBIDDEN,
        "feature_not_in_plan",
        &message,
    ))
}

/// 403: the plan's systems are all there.
pub(super) async fn no_more_systems(app: &App, plan: &Plan) -> Result<ApiError, ApiError> {
    let has = plan.terms.systems.unwrap_or(i64::MAX);
    let more = cheapest(app, |terms| {
        terms.systems.is_none_or(|systems| systems > has)
    })
    .await?;
    let systems = if has == 1 { "system" } else { "systems" };
    let message = format!(
        "the plan {} has {has} {systems}{}",
        plan.terms.name,
        named(more)
    );
    Ok(ApiError::new(StatusCode::FORBIDDEN, "plan_limit", &message))
}

/// 402: the plan's calls of the month are used, and it has none above them.
pub(super) async fn no_more_calls(app: &App, plan: &Plan) -> Result<ApiError, ApiError> {
    let has = plan.terms.included_calls;
    let more = cheapest(app, |terms| terms.included_calls > has).await?;
    let message = format!(
        "the {has} calls a month of the plan {} are used{}",
        plan.terms.name,
        named(more)
    );
    Ok(ApiError::new(
        StatusCode::PAYMENT_REQUIRED,
        "quota_exceeded",
        &message,
    ))
}

fn named(more: Option<String>) -> String {
    more.map_or_else(String::new, |name| format!(": {name} has more"))
}

/// The cheapest plan that is offered for metered systems and suits.
async fn cheapest(app: &App, suits: impl Fn(&Terms) -> bool) -> Result<Option<String>, ApiError> {
    let plans = app.store.plans().await?;
    let suiting = plans
        .into_iter()
        .map(|plan| plan.terms)
        .filter(|terms| terms.offered && terms.catalogue == METERED && suits(terms));
    Ok(suiting
        .min_by_key(|terms| terms.price_cents)
        .map(|terms| terms.name))
}
