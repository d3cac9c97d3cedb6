//! A run in place of one that failed on this side.

use axum::http::StatusCode;
use primis_simulate::Fault;

use super::{
    answer::{Outcome, outcome, paid_outside},
    order::Order,
};
use crate::{app::App, http::ApiError, store::StoreError};

/// Queues the run that a token is for; the one there is if the token came before with the same order.
///
/// # Errors
/// 403 `invalid_token`, 409 `payment_used`, 422 `price_above_token`.
pub(super) async fn queue(app: &App, order: &Order, token: &str) -> Result<String, ApiError> {
    let invalid = || {
        ApiError::new(
            StatusCode::FORBIDDEN,
            "invalid_token",
            "this is no token to run again, or its time is over: leave x-run-again out to pay",
        )
    };
    let failed = app.runs.tokens()?.run_again(token).ok_or_else(invalid)?;
    let failed = app.store.run(failed).await?.ok_or_else(invalid)?;
    let ours =
        matches!(outcome(&failed)?, Some(Outcome::Failed(f)) if f.fault() == Fault::Operator);
    if !ours || !paid_outside(&failed) {
        return Err(invalid());
    }
    let payment = format!("again:{}", failed.id);
    if app.store.run_paid_by(&payment).await?.is_none() {
        let until = failed.finished_at.unwrap_or_default();
        let until = until.saturating_add(app.runs.options.again_seconds.into());
        if app.clock.now_unix() > until {
            return Err(invalid());
        }
        if order.price_nano_usd > failed.price_nano_usd {
            return Err(ApiError::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "price_above_token",
                "this run costs more than the one that failed: take fewer steps",
            ));
        }
        let run = order.run(app, "again", failed.price_nano_usd, |_| payment.clone());
        app.store.queue_run(&run).await?;
        app.runs.queued.notify_one();
    }
    // Whoever was first with this token has its run.
    let run = app.store.run_paid_by(&payment).await?;
    let run = run.ok_or(StoreError::Corrupt("run"))?;
    if !order.is_of(&run) {
        return Err(ApiError::new(
            StatusCode::CONFLICT,
            "payment_used",
            "this token was used for another run",
        ));
    }
    Ok(run.id)
}
