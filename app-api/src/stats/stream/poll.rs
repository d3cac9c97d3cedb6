//! Looks for news in the store, where whichever process follows the chain has put it.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use axum::{body::to_bytes, extract::State, http::StatusCode, response::IntoResponse as _};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::message::Message;
use crate::{
    app::App,
    http::ApiError,
    store::{EventRow, Place, SolPrice, StoreError},
};

/// Pause between two looks.
const POLL: Duration = Duration::from_secs(1);
/// Pause between two looks at the price.
const PRICE_POLL: Duration = Duration::from_secs(5);
/// Slots in which something can still turn up: the indexer lists them again each time.
const LATE_SLOTS: u64 = 150;
/// Longest answer of `/api/stats`, bytes.
const MAX_STATS: usize = 64 * 1024;

/// An event as it was told: what a fork moved is told again.
type Told = (Place, String);

/// Where looking begins.
pub(super) struct Begin {
    vault: String,
    version: u64,
    newest_slot: u64,
    told: BTreeSet<Told>,
}

impl Begin {
    /// Everything up to now counts as told.
    pub(super) async fn now(app: &App, vault: &str) -> Result<Self, StoreError> {
        // The version first: what comes between is told once too often rather than never.
        let progress = app.store.progress(vault).await?;
        let floor = progress.slot.saturating_sub(LATE_SLOTS);
        let rows = app.store.told_events_since(vault, floor).await?;
        Ok(Self {
            vault: vault.to_owned(),
            version: progress.version,
            newest_slot: progress.slot,
            told: rows.iter().map(key).collect(),
        })
    }
}

/// Tells what is new until nobody listens or the server stops.
pub(super) async fn poll(app: Arc<App>, begin: Begin, closing: CancellationToken) {
    tokio::select! {
        () = closing.cancelled() => {}
        () = news(&app, begin) => {}
        () = prices(&app) => {}
    }
}

async fn news(app: &Arc<App>, mut at: Begin) {
    let mut stats = comparable(stats(app).await.as_deref());
    while !app.stream.is_done().await {
        tokio::time::sleep(POLL).await;
        let version = match look(app, &mut at).await {
            Ok(version) => version,
            Err(error) => {
                tracing::warn!(%error, "no news for the stream's listeners");
                continue;
            }
        };
        if at.version == version {
            continue;
        }
        at.version = version;
        if let Some(text) = self::stats(app).await {
            let now = comparable(Some(&text));
            if now != stats {
                app.stream.tell(Message::stats(text));
                stats = now;
            }
        }
    }
}

/// Tells what was not told; returns the store's version.
async fn look(app: &App, at: &mut Begin) -> Result<u64, StoreError> {
    let progress = app.store.progress(&at.vault).await?;
    // A history that is being read again is old, not new.
    if progress.version == at.version || progress.polled_at == 0 {
        return Ok(at.version);
    }
    let floor = at.newest_slot.saturating_sub(LATE_SLOTS);
    for row in app.store.told_events_since(&at.vault, floor).await? {
        at.newest_slot = at.newest_slot.max(row.place.slot);
        if at.told.insert(key(&row))
            && let Some(message) = Message::of(row)?
        {
            app.stream.tell(message);
        }
    }
    let floor = at.newest_slot.saturating_sub(LATE_SLOTS);
    at.told.retain(|(place, _)| place.slot >= floor);
    Ok(progress.version)
}

/// Tells each new price; never ends where there is none to ask for.
async fn prices(app: &App) {
    let mut last = None;
    loop {
        // Why there is none was logged by whoever asked.
        if let Some(price) = price(app).await
            && last != Some(price)
        {
            last = Some(price);
            match Message::price(price) {
                Ok(message) => {
                    app.stream.remember_price(Some(message.clone()));
                    app.stream.tell(message);
                }
                Err(error) => tracing::warn!(%error, "the price cannot be told"),
            }
        }
        tokio::time::sleep(PRICE_POLL).await;
    }
}

/// What a SOL costs now, if that is known.
async fn price(app: &App) -> Option<SolPrice> {
    let price = app.price.sol_usd(app.clock.as_ref()).await.ok()?;
    Some(SolPrice {
        published_at: price.published_at,
        nano_usd_per_sol: price.nano_usd_per_sol,
    })
}

/// What `/api/stats` answers now, if it does.
pub(super) async fn stats(app: &Arc<App>) -> Option<String> {
    let answer = super::super::network(State(Arc::clone(app))).await;
    let response = answer
        .map_err(|error: ApiError| tracing::debug!(?error, "no statistics to tell"))
        .ok()?
        .into_response();
    if response.status() != StatusCode::OK {
        return None;
    }
    let bytes = to_bytes(response.into_body(), MAX_STATS).await.ok()?;
    String::from_utf8(bytes.to_vec()).ok()
}

/// Without the time, which is another with every look.
fn comparable(stats: Option<&str>) -> Option<Value> {
    let mut value: Value = serde_json::from_str(stats?).ok()?;
    value.as_object_mut()?.remove("updatedAt");
    Some(value)
}

fn key(row: &EventRow) -> Told {
    (row.place, row.signature.clone())
}
