//! Runs that an account pays: by a prepaid run, or from its balance.

use primis_simulate::Fault;
use serde_json::json;

use super::{
    answer::{Outcome, outcome},
    order::Order,
};
use crate::{
    app::App,
    http::ApiError,
    platform::ledger::{LedgerError, NewHold, Revenue, Settlement, UsageLine},
    store::{RunRow, StoreError},
};

/// How long a hold may be open before somebody looks what became of its run, seconds.
const HOLD_SECONDS: i64 = 900;

/// What became of an account's order.
pub(super) enum Queued {
    /// The run of this id is paid.
    Run(String),
    /// The account has not got it.
    Short(String),
}

/// Queues a run that its account pays.
pub(super) async fn queue(app: &App, order: &Order) -> Result<Queued, ApiError> {
    let run = order.run(app, "credit", order.price_nano_usd, |id| {
        format!("credit:{id}")
    });
    if app.store.queue_run_for_credit(&run).await? {
        app.runs.queued.notify_one();
        return Ok(Queued::Run(run.id));
    }
    let run = order.run(app, "balance", order.price_nano_usd, |id| {
        format!("hold:{id}")
    });
    let hold = NewHold {
        id: run.id.clone(),
        account: run.owner.clone(),
        amount_nano_usd: run.price_nano_usd,
        expires_at: run.created_at.saturating_add(HOLD_SECONDS),
        context: json!({ "run": run.id }).to_string(),
        // The request was counted when its caller was known.
        limits: Vec::new(),
    };
    match app.platform.ledger.hold(hold).await {
        Ok(_) => {}
        Err(error @ LedgerError::Insufficient { .. }) => {
            return Ok(Queued::Short(error.to_string()));
        }
        Err(error) => return Err(ApiError::internal(&error)),
    }
    // If this process dies here, the hold outlives its time without a run, and is voided.
    app.store.queue_run(&run).await?;
    app.runs.queued.notify_one();
    Ok(Queued::Run(run.id))
}

/// Charges what an ended run costs its account, or gives it back where the failure is this server's. Said
/// again, it changes nothing.
pub(super) async fn account(app: &App, run: &RunRow) -> Result<(), LedgerError> {
    let ended = outcome(run)?;
    let ours = matches!(&ended, Some(Outcome::Failed(f)) if f.fault() == Fault::Operator);
    match (run.paid_by.as_str(), ours) {
        ("balance", true) => match app.platform.ledger.void(&run.id).await {
            Ok(()) => {}
            Err(error) => return Err(error),
        },
        ("balance", false) => {
            let settlement = Settlement {
                list_nano_usd: run.price_nano_usd,
                // The work is done here.
                provider_cost_nano_usd: 0,
                fee_bps: app.platform.fee_bps,
                subsidy_bps: 0,
                revenue: Revenue::Run,
                usage: UsageLine {
                    kind: "run",
                    key_id: run.key_id.clone(),
                    sku: "simulate".into(),
                    detail: json!({ "run": run.id, "steps": run.steps }).to_string(),
                    estimated: false,
                },
            };
            app.platform.ledger.settle(&run.id, settlement).await?;
        }
        ("credit", true) => {
            let id = format!("return:{}", run.id);
            let now = app.clock.now_unix();
            app.store.add_run_credits(&id, &run.owner, 1, now).await?;
        }
        _ => {}
    }
    Ok(app.store.run_accounted(&run.id).await?)
}

/// Frees money that was held for runs that never came to be.
pub(super) async fn reconcile(app: &App) -> Result<(), LedgerError> {
    let now = app.clock.now_unix();
    for hold in app.platform.ledger.expired(now, 100).await? {
        // Others are the gateway's.
        if hold.id.starts_with("run_") && app.store.run(&hold.id).await?.is_none() {
            app.platform.ledger.void(&hold.id).await?;
        }
    }
    Ok(())
}

impl From<StoreError> for super::work::WorkError {
    fn from(error: StoreError) -> Self {
        Self::Ledger(error.into())
    }
}
