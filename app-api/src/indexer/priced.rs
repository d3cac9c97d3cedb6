//! The price of SOL is kept while a distribution is news: later nobody can tell what it was.

use std::{sync::Arc, time::Duration};

use primis_vault_interface::{Layout as _, events::YieldDistributed};

use super::Indexer;
use crate::{
    clock::Clock,
    price::Price,
    store::{Batch, SolPrice, Store},
};

/// Age at which a distribution is no news any more, seconds.
const NEWS_SECONDS: u64 = 120;
/// Times that a price is asked for, and the pause between two.
const ATTEMPTS: u32 = 5;
const PAUSE: Duration = Duration::from_secs(6);

impl Indexer {
    /// Keeps the price of SOL for each distribution that is taken in as it happens.
    #[must_use]
    pub fn with_prices(self, price: Arc<Price>) -> Self {
        let price = Some(price).filter(|price| price.is_configured());
        Self { price, ..self }
    }

    /// Has the price kept if a step holds news; does not wait for it.
    pub(super) fn keep_price(&self, batch: &Batch) {
        let Some(price) = &self.price else {
            return;
        };
        let now = self.clock.now_unix();
        let news = batch.distributions.iter().any(|row| {
            YieldDistributed::parse(&row.data)
                .is_ok_and(|event| event.at.abs_diff(now) <= NEWS_SECONDS)
        });
        // Where the history is made again nothing in it is new.
        if news && !batch.replaces_history {
            let (price, clock, store) = (
                Arc::clone(price),
                Arc::clone(&self.clock),
                self.store.clone(),
            );
            tokio::spawn(async move { keep(&price, clock.as_ref(), &store).await });
        }
    }
}

async fn keep(price: &Price, clock: &dyn Clock, store: &Store) {
    for _ in 0..ATTEMPTS {
        // Why there is none was logged by whoever asked.
        if let Ok(price) = price.sol_usd(clock).await {
            let price = SolPrice {
                published_at: price.published_at,
                nano_usd_per_sol: price.nano_usd_per_sol,
            };
            if let Err(error) = store.keep_price(price).await {
                tracing::warn!(%error, "the price of a distribution was not kept");
            }
            return;
        }
        tokio::time::sleep(PAUSE).await;
    }
}
