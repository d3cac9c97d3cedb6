//! Follows the program: what happened to a vault becomes rows of the store.
//!
//! History comes from events: the transactions of the vault and of each of its pools are listed,
//! read in the chain's order and taken in once by (signature, event index). The present comes from
//! the accounts those events name, read again after them, and from time to time from all of them.
//! A transaction that was taken in before it was final is looked at again once it can be, and taken out
//! if a fork dropped it. A missed or cut-off log can leave a gap in the history, which the vault's own counters
//! reveal and a full listing closes, but never a wrong balance.

mod accounts;
mod complete;
mod error;
mod finality;
mod hint;
mod history;
mod order;
mod priced;
mod rebuild;
mod round;
mod rpc;
mod take_in;
mod totals;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use primis_vault_interface::ID;
use solana_address::Address;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

pub use error::IndexerError;

use crate::{
    app::Lag,
    clock::Clock,
    config::{ConfigError, Settings},
    price::Price,
    store::{Store, StoreError},
};
use complete::{Counters, Rescan};
use rpc::Rpc;

/// Longest pause after failures in a row.
const MAX_PAUSE: Duration = Duration::from_secs(10);

/// Follows one vault.
pub struct Indexer {
    vault: Address,
    rpc: Rpc,
    ws_url: Option<String>,
    store: Store,
    clock: Arc<dyn Clock>,
    lag: Lag,
    poll: Duration,
    refresh: Duration,
    /// When all accounts were last read; `None`: they are to be read in the next round.
    refreshed: Option<Instant>,
    /// Whether the next round lists everything there is, not only what is new.
    rescan: Rescan,
    /// The chain's counters, until all up to their slot was listed.
    unchecked: Option<Counters>,
    /// Where the price of SOL comes from, if it is kept.
    price: Option<Arc<Price>>,
}

impl Indexer {
    /// An indexer for the configured vault; `None` if none is configured.
    ///
    /// # Errors
    /// If the vault's address is not one.
    pub fn new(
        settings: &Settings,
        store: Store,
        clock: Arc<dyn Clock>,
        lag: Lag,
    ) -> Result<Option<Self>, ConfigError> {
        let Some(vault) = settings.chain.vault_address()? else {
            return Ok(None);
        };
        Ok(Some(Self {
            vault,
            rpc: Rpc::new(&settings.chain.rpc_url, settings.chain.commitment.into()),
            ws_url: settings.chain.ws_url.clone(),
            store,
            clock,
            lag,
            poll: Duration::from_millis(settings.indexer.poll_milliseconds),
            refresh: Duration::from_secs(settings.indexer.refresh_seconds),
            refreshed: None,
            rescan: Rescan::default(),
            unchecked: None,
            price: None,
        }))
    }

    /// Follows until `stop` is cancelled. Every step is one transaction of the store, so stopping
    /// anywhere loses nothing.
    pub async fn run(mut self, stop: CancellationToken) {
        let hint = Arc::new(Notify::new());
        if let Some(url) = self.ws_url.clone() {
            let (store, vault, commitment) =
                (self.store.clone(), self.vault, self.rpc.commitment());
            let (hint, stop) = (Arc::clone(&hint), stop.clone());
            tokio::spawn(hint::listen(url, vault, store, commitment, hint, stop));
        }
        tracing::info!(vault = %self.vault, program = %ID, "following the vault");
        let mut failures: u32 = 0;
        loop {
            let result = tokio::select! {
                () = stop.cancelled() => return,
                result = self.round() => result,
            };
            let pause = match result {
                Ok(()) => {
                    failures = 0;
                    self.poll
                }
                // Another replica is at work on the same vault: its state is as good as ours.
                Err(IndexerError::Store(StoreError::Overtaken)) => self.poll,
                Err(error) => {
                    failures = failures.saturating_add(1);
                    metrics::counter!("primis_indexer_errors_total").increment(1);
                    tracing::warn!(%error, failures, "the chain could not be read; trying again");
                    self.poll
                        .saturating_mul(1 << failures.min(4))
                        .min(MAX_PAUSE)
                        .max(self.poll)
                }
            };
            tokio::select! {
                () = stop.cancelled() => return,
                () = hint.notified() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
    }
}
