//! What is swept from the vault's subsidy bucket makes compute cheaper: each sweep is credited to the
//! ledger's subsidy pool, once, at the price of SOL when it is taken in.

use std::{sync::Arc, time::Duration};

use primis_vault_interface::events::Event;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::ledger::{Book, LedgerError, Posting, Reported, Short};
use crate::{
    app::App,
    http::ApiError,
    store::{EventRow, StoreError},
};

/// Between two looks for sweeps: they are rare, and final half a minute after they happened.
const PAUSE: Duration = Duration::from_secs(5);
/// Sweeps of one look.
const AT_ONCE: u32 = 100;
/// What postings of sweeps are named by.
const PREFIX: &str = "sweep:";
/// Lamports of a SOL.
const SOL: u128 = 1_000_000_000;

/// Looks for sweeps until told to stop.
pub(crate) async fn follow(app: Arc<App>, stop: CancellationToken) {
    let Some(vault) = app.vault.clone() else {
        return;
    };
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(PAUSE) => {}
        }
        // What is not credited now is credited at the next look.
        if let Err(error) = credit(&app, &vault).await {
            tracing::warn!(%error, "what was swept for the subsidy is not credited yet");
        }
    }
}

/// Why a sweep is not credited yet.
#[derive(Debug, thiserror::Error)]
enum CreditError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error("the price of SOL is not known: {0:?}")]
    Price(ApiError),
    #[error("{0} is no amount of nano-USD")]
    OutOfRange(u128),
}

async fn credit(app: &App, vault: &str) -> Result<(), CreditError> {
    let sweeps = app.store.uncredited_sweeps(vault, PREFIX, AT_ONCE).await?;
    if sweeps.is_empty() {
        return Ok(());
    }
    let price = app.price.nano_usd_per_sol(app.clock.as_ref()).await;
    let price = price.map_err(CreditError::Price)?;
    for sweep in &sweeps {
        let posting = posting(sweep, price)?;
        match app.platform.ledger.post(posting).await {
            // Another replica took it in first, perhaps at another price.
            Ok(_) | Err(LedgerError::Conflict) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// The sweep's lamports at `price`, rounded down: the pool promises no more than there is.
fn posting(sweep: &EventRow, price: u64) -> Result<Posting, CreditError> {
    let Some(Event::BucketSwept(told)) = Event::parse(&sweep.data) else {
        return Err(StoreError::Corrupt("event").into());
    };
    let worth = u128::from(told.amount_lamports).saturating_mul(u128::from(price)) / SOL;
    let amount = i64::try_from(worth).map_err(|_| CreditError::OutOfRange(worth))?;
    let (signature, place) = (&sweep.signature, sweep.place.event_index);
    Ok(Posting {
        id: format!("{PREFIX}{signature}:{place}"),
        kind: "subsidy",
        entries: vec![
            (Book::Vault, amount),
            (Book::Subsidy, amount.saturating_neg()),
        ],
        short: Short::Refuse,
        reported: Reported::default(),
        reference: json!({
            "signature": signature,
            "lamports": told.amount_lamports.to_string(),
            "nanoUsdPerSol": price.to_string(),
        })
        .to_string(),
    })
}
