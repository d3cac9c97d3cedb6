//! `GET /api/runs/{id}/checkout`: one run, paid by card on a page of the provider's.
//!
//! Whoever is told 402 is told this address. Only when somebody goes there the provider is asked for a page, so
//! that orders that nobody wants to pay by card cost it nothing.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    http::{StatusCode, header::LOCATION},
    response::{IntoResponse as _, Response},
};
use futures_util::future::BoxFuture;

use super::{
    Billing,
    effects::{ACCOUNT, CURRENCY, RUN},
};
use crate::{
    app::App,
    http::ApiError,
    platform::{
        plans::NANO_USD_PER_CENT,
        runs::{Link, PayLink, room},
    },
    store::{NewRun, RunOrder, Visited},
};

/// How long an address is good that nobody went to, seconds.
const GOOD_SECONDS: i64 = 3_600;
/// How long the page takes money from when somebody first wants it, seconds.
const PAYS_SECONDS: i64 = 3_600;
/// The provider wants a page to be open for as long at least when it is made, seconds.
const SHORTEST_PAGE_SECONDS: i64 = 1_800;
/// Longest job that is kept to be paid by card, bytes.
const MAX_JOB_BYTES: usize = 16 * 1024;

/// Where runs can be paid by card: at this server, which leads on to the provider.
pub(crate) struct RunLink {
    billing: Arc<Billing>,
    base: String,
}

impl RunLink {
    /// Of a server that the world reaches at `public_url`.
    pub(crate) fn new(billing: Arc<Billing>, public_url: Option<&str>) -> Self {
        Self {
            billing,
            base: public_url.unwrap_or_default().to_owned(),
        }
    }

    async fn keep(&self, run: &NewRun) -> Option<Link> {
        let billing = &self.billing;
        let sells = billing.stripe.is_some() && billing.return_urls().is_ok();
        if !sells || run.job.len() > MAX_JOB_BYTES {
            return None;
        }
        let cents = billing.run_cents(run.price_nano_usd);
        let run = NewRun {
            price_nano_usd: cents.checked_mul(NANO_USD_PER_CENT)?,
            ..run.clone()
        };
        let expires_at = run.created_at.saturating_add(GOOD_SECONDS);
        let kept = billing.store.keep_run_order(&run, cents, expires_at).await;
        let kept = kept.unwrap_or_else(|error| {
            tracing::warn!(%error, "a run cannot be paid by card now");
            false
        });
        kept.then(|| Link {
            url: format!("{}/api/runs/{}/checkout", self.base, run.id),
            price_cents: cents,
            expires_at,
        })
    }
}

impl PayLink for RunLink {
    fn link<'a>(&'a self, run: &'a NewRun) -> BoxFuture<'a, Option<Link>> {
        Box::pin(self.keep(run))
    }
}

/// Pays for one run by card.
///
/// Leads to a page of the payment provider's. The run begins once it is paid there; each payment is one run, and
/// one that can pay for nothing is given back. Whoever knows the address may pay, and only who has the run's token
/// or its account's key can read it.
#[utoipa::path(
    get, path = "/api/runs/{id}/checkout", tag = "runs", operation_id = "runCheckout",
    params(("id" = String, Path, description = "As the 402 of `POST /api/simulate` named it", example = "run_00000000000000000000000000000000")),
    security(()),
    responses(
        (status = 303, description = "To where it is paid", headers(("location" = String, description = "The provider's page"))),
        (status = 404, description = "`unknown_run`: no such run waits to be paid by card"),
        (status = 409, description = "`already_paid`: it was paid"),
        (status = 410, description = "`checkout_over`: its time is over"),
        (status = 503, description = "`not_configured`: nothing is sold here; `busy`: too many runs wait; `payments_unavailable`: the provider cannot be asked now"),
    ),
)]
pub(crate) async fn run_checkout(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    let billing = &app.billing;
    billing.stripe()?;
    let unknown = || {
        ApiError::new(
            StatusCode::NOT_FOUND,
            "unknown_run",
            "no such run waits to be paid: order it by POST /api/simulate",
        )
    };
    if !id.starts_with("run_") || id.contains('\0') {
        return Err(unknown());
    }
    let now = app.clock.now_unix();
    let until = now.saturating_add(PAYS_SECONDS);
    let order = match app.store.visit_run_order(&id, now, until).await? {
        Visited::Order(order) => order,
        Visited::Paid => {
            return Err(ApiError::new(
                StatusCode::CONFLICT,
                "already_paid",
                "this run was paid: GET /api/runs/{id} tells of it",
            ));
        }
        Visited::Nothing => return Err(unknown()),
    };
    let needed = if order.url.is_some() {
        0
    } else {
        SHORTEST_PAGE_SECONDS
    };
    if now.saturating_add(needed) >= order.pays_until {
        return Err(ApiError::new(
            StatusCode::GONE,
            "checkout_over",
            "this run can no longer be paid: order it anew by POST /api/simulate",
        ));
    }
    // Before it takes money for a run that would wait too long.
    room(&app).await?;
    let url = match &order.url {
        Some(url) => url.clone(),
        None => billing.run_page(&id, &order).await?,
    };
    Ok((StatusCode::SEE_OTHER, [(LOCATION, url)]).into_response())
}

impl Billing {
    /// What a run costs by card, US cents: rounded up, so that none is sold below its price, and at least what a
    /// card can be charged.
    fn run_cents(&self, price_nano_usd: i64) -> i64 {
        let cents = price_nano_usd
            .unsigned_abs()
            .div_ceil(NANO_USD_PER_CENT.unsigned_abs());
        i64::try_from(cents)
            .unwrap_or(i64::MAX)
            .max(self.options.run_min_cents)
    }

    /// The provider's page for a run: one, however often it is asked for.
    async fn run_page(&self, id: &str, order: &RunOrder) -> Result<String, ApiError> {
        let run: NewRun =
            serde_json::from_str(&order.run).map_err(|error| ApiError::internal(&error))?;
        let (success, cancel) = self.return_urls()?;
        let (cents, until) = (order.cents.to_string(), order.pays_until.to_string());
        let run_metadata = format!("metadata[{RUN}]");
        let payment_metadata = format!("payment_intent_data[metadata][{RUN}]");
        let account_metadata = format!("metadata[{ACCOUNT}]");
        let mut form = vec![
            ("mode", "payment"),
            ("client_reference_id", id),
            ("success_url", success),
            ("cancel_url", cancel),
            ("expires_at", until.as_str()),
            // What takes days to be paid would be run long after it was wanted.
            ("payment_method_types[0]", "card"),
            ("line_items[0][quantity]", "1"),
            ("line_items[0][price_data][currency]", CURRENCY),
            ("line_items[0][price_data][unit_amount]", &cents),
            (
                "line_items[0][price_data][product_data][name]",
                "One run of a simulation",
            ),
            (&run_metadata, id),
            (&payment_metadata, id),
        ];
        let customer;
        if !run.owner.is_empty() {
            customer = self.customer(&run.owner).await?;
            form.push(("customer", &customer));
            form.push((&account_metadata, &run.owner));
        }
        let page = self.page(&form, &format!("primis:run:{id}")).await?;
        self.store.run_order_url(id, &page.url).await?;
        Ok(page.url)
    }
}
