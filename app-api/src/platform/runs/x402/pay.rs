//! The way of a payment: new → settling → settled, refused or unknown, which is asked again.

use std::sync::Arc;

use axum::http::{HeaderValue, StatusCode};
use serde_json::json;
use tokio::{task::JoinSet, time::Instant};

use super::{
    Facilitator,
    facilitator::{Settled, unavailable},
    requirements,
    wire::{Asked, Payment, SettleAnswer, VERSION, encoded},
};
use crate::{
    app::App,
    http::ApiError,
    platform::{
        ledger::{Book, Posting, Reported, Revenue, Short},
        money,
        runs::{PATIENCE, order::Order, simulate::room, work::WorkError},
    },
    store::{NewPayment, NewRun, PaymentRow, StoreError},
};

/// How long a process may work at a payment: longer than the facilitator may take twice. Seconds.
const LEASE_SECONDS: i64 = 60;
/// Longest pause before a payment that is not known is asked for again, seconds.
const MAX_PAUSE_SECONDS: i64 = 300;
/// Between two looks at a payment that somebody else works at.
const GLANCE: std::time::Duration = std::time::Duration::from_millis(50);

/// What a payment led to.
pub(in super::super) enum Paid {
    /// The run of this id is paid, and what the payer is told.
    Settled {
        run: String,
        receipt: Option<HeaderValue>,
    },
    /// Nobody knows yet.
    Pending(Box<NewRun>),
    /// It pays for nothing, and why.
    Refused(String),
}

/// Takes a payment for an order. The same payment again is answered with what it led to.
pub(in super::super) async fn pay(
    app: &Arc<App>,
    order: &Order,
    header: &str,
) -> Result<Paid, ApiError> {
    let facilitator = app.runs.facilitator.as_ref();
    let Some(_) = facilitator else {
        return Err(ApiError::not_configured(
            "set [runs] facilitator_url and pay_to to take payments by x402",
        ));
    };
    let payment = Payment::read(header)?;
    if app.store.payment(&payment.id).await?.is_none() {
        room(app).await?;
        let known = requirements(app, order.price_nano_usd).await?;
        let Some((required, worth_nano_usd)) = known else {
            return Err(ApiError::not_configured("set [runs] pay_to"));
        };
        if !required.same_payment(&payment.accepted) {
            return Ok(Paid::Refused("it pays something else than is asked".into()));
        }
        let asked = Asked {
            x402_version: VERSION,
            payment_payload: payment.whole,
            payment_requirements: required,
        };
        let run = order.run(app, "x402", worth_nano_usd, |_| {
            format!("x402:{}", payment.id)
        });
        let new = NewPayment {
            id: payment.id.clone(),
            request: order.digest(),
            created_at: run.created_at,
            run,
            asked: serde_json::to_string(&asked).map_err(|error| ApiError::internal(&error))?,
            amount_nano_usd: worth_nano_usd,
        };
        app.store.keep_payment(&new).await?;
    }
    follow(app, &payment.id, &order.digest()).await
}

/// Goes with a payment until it is decided, working at it where nobody does.
async fn follow(app: &Arc<App>, id: &str, request: &str) -> Result<Paid, ApiError> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let row = app.store.payment(id).await?;
        let row = row.ok_or(StoreError::Corrupt("payment"))?;
        if row.request != request {
            return Err(ApiError::new(
                StatusCode::CONFLICT,
                "payment_used",
                "this payment was sent before with another request: send that one again",
            ));
        }
        let run: NewRun = serde_json::from_str(&row.run).map_err(|_| StoreError::Corrupt("run"))?;
        let free = row.lease < app.clock.now_unix();
        match row.state.as_str() {
            "settled" => {
                return Ok(Paid::Settled {
                    run: run.id,
                    receipt: receipt(app, &row)?,
                });
            }
            "refused" => {
                return Ok(Paid::Refused(
                    row.reason.unwrap_or_else(|| "refused".into()),
                ));
            }
            "unknown" if !free => return Ok(Paid::Pending(Box::new(run))),
            _ if free => {
                // Goes on when the payer hangs up: what is begun is finished.
                let work = tokio::spawn(work(Arc::clone(app), row));
                work.await.map_err(|error| ApiError::internal(&error))??;
            }
            // Nothing was settled, and nothing will be unless it is sent again.
            "new" if Instant::now() >= deadline => {
                return Err(unavailable("a verification does not end"));
            }
            _ if Instant::now() >= deadline => return Ok(Paid::Pending(Box::new(run))),
            _ => tokio::time::sleep(GLANCE).await,
        }
    }
}

/// Takes a payment one step on; nothing happens where another process takes it.
async fn work(app: Arc<App>, row: PaymentRow) -> Result<(), ApiError> {
    let Some(facilitator) = &app.runs.facilitator else {
        return Ok(());
    };
    let asked: Asked =
        serde_json::from_str(&row.asked).map_err(|_| StoreError::Corrupt("payment"))?;
    let now = app.clock.now_unix();
    let lease = now.saturating_add(LEASE_SECONDS);
    if row.state != "new" {
        return settle(&app, facilitator, row, &asked, lease).await;
    }
    if !app.store.move_payment(&row, "new", None, lease).await? {
        return Ok(());
    }
    let row = PaymentRow { lease, ..row };
    match facilitator.verify(&asked).await {
        Ok(Ok(())) => settle(&app, facilitator, row, &asked, lease).await,
        Ok(Err(reason)) => {
            app.store
                .move_payment(&row, "refused", Some(&reason), 0)
                .await?;
            Ok(())
        }
        Err(error) => {
            // Nothing was settled: whoever sends it again has it verified again.
            app.store.move_payment(&row, "new", None, 0).await?;
            Err(error)
        }
    }
}

async fn settle(
    app: &Arc<App>,
    facilitator: &Facilitator,
    row: PaymentRow,
    asked: &Asked,
    lease: i64,
) -> Result<(), ApiError> {
    // Only the first answer to the first question can say that nothing was paid. Later, a no may be about the
    // second try of what the first one did.
    let first = row.state == "new";
    // Written down before it is asked: who finds this knows that it may be settled.
    if !app
        .store
        .move_payment(&row, "settling", row.reason.as_deref(), lease)
        .await?
    {
        return Ok(());
    }
    let row = PaymentRow {
        state: "settling".into(),
        attempts: row.attempts.saturating_add(1),
        lease,
        ..row
    };
    let reason = match facilitator.settle(asked).await {
        Settled::Yes(answer) => {
            let run: NewRun =
                serde_json::from_str(&row.run).map_err(|_| StoreError::Corrupt("run"))?;
            app.store
                .payment_settled(&row.id, &answer.transaction, answer.payer.as_deref(), &run)
                .await?;
            app.runs.queued.notify_one();
            return Ok(());
        }
        Settled::No(reason) if first => {
            app.store
                .move_payment(&row, "refused", Some(&reason), 0)
                .await?;
            return Ok(());
        }
        Settled::No(reason) | Settled::Unknown(reason) => reason,
    };
    tracing::error!(
        reason,
        payment = row.id,
        attempts = row.attempts,
        "it is not known whether a payment was settled"
    );
    metrics::counter!("primis_x402_unknown_total").increment(1);
    let shift = u32::try_from(row.attempts).unwrap_or(u32::MAX).min(16);
    let pause = 1_i64
        .checked_shl(shift)
        .unwrap_or(MAX_PAUSE_SECONDS)
        .min(MAX_PAUSE_SECONDS);
    let next = app.clock.now_unix().saturating_add(pause);
    app.store
        .move_payment(&row, "unknown", Some(&reason), next)
        .await?;
    Ok(())
}

/// What the payer is told.
fn receipt(app: &App, row: &PaymentRow) -> Result<Option<HeaderValue>, ApiError> {
    let Some(transaction) = row.signature.clone() else {
        return Ok(None);
    };
    encoded(&SettleAnswer {
        success: true,
        transaction,
        network: app.runs.options.network.clone(),
        payer: row.payer.clone(),
        error_reason: None,
    })
    .map(Some)
}

/// Asks again for the payments that are not known, or that a process left.
pub(in super::super) async fn settle_unknown(
    app: &Arc<App>,
    working: &mut JoinSet<()>,
) -> Result<(), WorkError> {
    if app.runs.facilitator.is_none() {
        return Ok(());
    }
    for row in app.store.unknown_payments(app.clock.now_unix()).await? {
        let app = Arc::clone(app);
        working.spawn(async move {
            // What went wrong is logged, and it is tried again.
            let _ = work(app, row).await;
        });
    }
    Ok(())
}

/// Puts settled payments into the ledger, once each.
pub(in super::super) async fn book(app: &App) -> Result<(), WorkError> {
    for row in app.store.unbooked_payments().await? {
        let amount = row.amount_nano_usd;
        // The fee is of what was paid, rounded down like every other.
        let fee = money::share(amount, app.platform.fee_bps);
        let posting = Posting {
            id: format!("x402:{}", row.id),
            kind: "run",
            entries: vec![
                (Book::X402, amount),
                (Book::Revenue(Revenue::Run), amount.saturating_neg()),
            ],
            short: Short::Refuse,
            reported: Reported {
                gross_nano_usd: amount,
                fee_nano_usd: fee.unwrap_or(amount),
                ..Reported::default()
            },
            reference: json!({ "signature": row.signature, "payer": row.payer }).to_string(),
        };
        // One that cannot be booked keeps no other from it.
        match app.platform.ledger.post(posting).await {
            Ok(_) => app.store.payment_booked(&row.id).await?,
            Err(error) => {
                tracing::error!(%error, payment = row.id, "a payment is not in the ledger yet");
            }
        }
    }
    Ok(())
}
