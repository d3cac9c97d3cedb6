//! Runs that an account pays: by a prepaid run, or from its balance.

use axum::http::StatusCode;
use primis_simulate::Fault;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::{
    answer::{Outcome, outcome},
    order::Order,
    random_id,
};
use crate::{
    app::App,
    http::ApiError,
    platform::ledger::{LedgerError, NewHold, Revenue, Settlement, UsageLine},
    store::{NewRun, RunRow, StoreError},
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

/// Queues a run that its account pays. With a key of its own choice the account may ask again, and gets the
/// same run: its id is made of the key, and nothing else has it.
///
/// # Errors
/// 409 `idempotency_key_used`: the key was sent before with another order.
pub(super) async fn queue(
    app: &App,
    order: &Order,
    key: Option<&IdempotencyKey>,
) -> Result<Queued, ApiError> {
    let id = key.map_or_else(
        || random_id("run_"),
        |key| key.run_of(&order.orderer.account),
    );
    if key.is_some()
        && let Some(run) = app.store.run(&id).await?
    {
        return same(order, &run);
    }
    let of = |paid_by, how: &str| {
        let payment = |id: &str| format!("{how}:{id}");
        order.named_run(id.clone(), app, paid_by, order.price_nano_usd, payment)
    };
    let by_credit = of("credit", "credit");
    if !app.store.queue_run_for_credit(&by_credit).await? {
        let run = of("balance", "hold");
        match app.platform.ledger.hold(hold_for(&run)).await {
            // If this process dies here, the hold outlives its time without a run, and is voided.
            Ok(_) => app.store.queue_run(&run).await?,
            Err(error @ LedgerError::Insufficient { .. }) => {
                return Ok(Queued::Short(error.to_string()));
            }
            // Whoever asked at the same time was faster; what their run is, is looked at below.
            Err(LedgerError::Conflict | LedgerError::Ended) if key.is_some() => {}
            Err(error) => return Err(ApiError::internal(&error)),
        }
    }
    app.runs.queued.notify_one();
    if key.is_none() {
        return Ok(Queued::Run(id));
    }
    let run = app.store.run(&id).await?;
    let Some(run) = run else {
        // Held for another order of this key, whose run is not there yet or never came to be.
        return Err(key_used());
    };
    if run.paid_by == "credit" {
        // It may have been held for too, where one asked in the moment in which the last credit went.
        match app.platform.ledger.void(&id).await {
            Ok(()) | Err(LedgerError::Unknown) => {}
            Err(error) => return Err(ApiError::internal(&error)),
        }
    }
    same(order, &run)
}

fn hold_for(run: &NewRun) -> NewHold {
    NewHold {
        id: run.id.clone(),
        fresh: false,
        account: run.owner.clone(),
        amount_nano_usd: run.price_nano_usd,
        expires_at: run.created_at.saturating_add(HOLD_SECONDS),
        context: json!({ "run": run.id }).to_string(),
        // The request was counted when its caller was known.
        limits: Vec::new(),
    }
}

/// The run that a key named before, if it is this order's.
fn same(order: &Order, run: &RunRow) -> Result<Queued, ApiError> {
    if order.is_of(run) {
        Ok(Queued::Run(run.id.clone()))
    } else {
        Err(key_used())
    }
}

fn key_used() -> ApiError {
    ApiError::new(
        StatusCode::CONFLICT,
        "idempotency_key_used",
        "this Idempotency-Key was sent before with another order: choose another key",
    )
}

/// 400 `invalid_idempotency_key`.
pub(super) fn invalid_key() -> ApiError {
    ApiError::bad_request(
        "invalid_idempotency_key",
        "Idempotency-Key must have 1 to 255 visible ASCII characters",
    )
}

/// What an account calls one of its orders, so that it may be sent again.
pub(super) struct IdempotencyKey(String);

impl IdempotencyKey {
    /// As it was sent.
    ///
    /// # Errors
    /// 400 `invalid_idempotency_key`.
    pub(super) fn read(text: &str) -> Result<Self, ApiError> {
        let fits = (1..=255).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
        if fits {
            Ok(Self(text.to_owned()))
        } else {
            Err(invalid_key())
        }
    }

    /// The id of the run that it names for an account: 128 bits of a hash, of which nobody finds another.
    fn run_of(&self, account: &str) -> String {
        let mut hash = Sha256::new();
        for part in ["run", account, &self.0] {
            hash.update(part.len().to_be_bytes());
            hash.update(part);
        }
        let digest = hex::encode(hash.finalize());
        format!("run_{}", digest.get(..32).unwrap_or_default())
    }
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

/// Frees money that was held for runs that never came to be, or that were paid otherwise.
pub(super) async fn reconcile(app: &App) -> Result<(), LedgerError> {
    let now = app.clock.now_unix();
    for hold in app.platform.ledger.expired(now, 100).await? {
        // Others are the gateway's.
        if !hold.id.starts_with("run_") {
            continue;
        }
        // One that a credit paid was held for too, by who asked for it at the same time.
        let run = app.store.run(&hold.id).await?;
        if run.is_none_or(|run| run.paid_by != "balance") {
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
