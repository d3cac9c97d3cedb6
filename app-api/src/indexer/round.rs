//! One look at the chain: list, read, take in.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    time::Instant,
};

use solana_address::Address;

use super::{
    Indexer, IndexerError,
    complete::Counters,
    finality::Settled,
    order::{Listed, merge},
};
use crate::store::{Batch, CursorRow, Progress};

/// Transactions taken in by one transaction of the store.
const BATCH: usize = 200;
/// Slots that are listed again each time: a blockhash lives this long, so what an endpoint was late
/// to list has shown up by then.
const OVERLAP_SLOTS: u64 = 150;

impl Indexer {
    /// Takes in everything up to the newest slot, in steps.
    pub(super) async fn round(&mut self) -> Result<(), IndexerError> {
        let name = self.vault.to_string();
        let mut progress = self.store.progress(&name).await?;
        let horizon = self.rpc.slot().await?;
        self.lag.set(horizon.saturating_sub(progress.horizon_slot));
        self.tell_lag(progress.polled_at);

        // What fails here is asked again with the next look; meanwhile the chain goes on.
        let mut settled = self.settle(&name, horizon).await.unwrap_or_else(|error| {
            metrics::counter!("primis_indexer_errors_total").increment(1);
            tracing::warn!(%error, "it could not be told what is final");
            Settled::default()
        });
        let forked = settled.oldest_slot();
        // Steps beyond the last complete look: whoever took them in did not get to the accounts.
        // Nor was there one at all after a start from nothing, which may be another process's.
        let unfinished = progress.polled_at == 0 || progress.slot > progress.horizon_slot;
        let due = unfinished
            || forked.is_some()
            || self.refreshed.is_none_or(|at| at.elapsed() >= self.refresh);
        let mut positions = None;
        let mut pools: HashSet<Address> = if due {
            let all = self.read_everything(horizon).await?;
            positions = Some(all.positions);
            all.pools.into_iter().collect()
        } else {
            self.stored_pools(&name).await?
        };
        let (mut listed, mut cursors) = self.list(&name, &pools, horizon, &settled).await?;
        let mut taken = 0;
        let mut touched = BTreeSet::new();
        loop {
            let left = listed.get(taken..).unwrap_or_default();
            let (step, rest) = left.split_at(left.len().min(BATCH));
            let last = rest.is_empty();
            let known = pools.len();
            let mut batch = self
                .take_in(&name, step, progress, &mut pools, &mut touched, &settled)
                .await?;
            if pools.len() > known {
                // What only a new pool lists belongs in between: the step is planned again with it.
                (listed, cursors) = self.list(&name, &pools, horizon, &settled).await?;
                taken = 0;
                continue;
            }
            taken = taken.saturating_add(step.len());
            if !last {
                // If a later step fails, what this one touched is not known to the next round.
                self.refreshed = None;
                if let Some(slot) = forked {
                    // Nor to whoever goes on if this process ends here: the look counts as not done.
                    let before = slot.saturating_sub(1);
                    batch.progress.horizon_slot = before.min(batch.progress.horizon_slot);
                }
            }
            // The accounts are those of one slot after all steps: none is told of half of them.
            if last {
                if let Some(all) = positions.take() {
                    // They were read after everything that is listed.
                    touched.clear();
                    batch.positions = all;
                    batch.replaces_positions = true;
                }
                self.read_touched(&mut batch, &pools, &touched, horizon)
                    .await?;
                batch.cursors.clone_from(&cursors);
                batch.progress.horizon_slot = horizon;
                batch.progress.polled_at = self.clock.now_unix();
                // Only then did one answer hold all counters.
                if due && (self.unchecked.is_none() || forked.is_some()) {
                    self.unchecked = Counters::of(&batch);
                }
            }
            self.store.commit(&name, &batch).await?;
            self.tell(&batch);
            self.keep_price(&batch);
            settled = Settled::default();
            progress = Progress {
                version: batch.progress.version.saturating_add(1),
                ..batch.progress
            };
            if last {
                break;
            }
        }
        self.lag.set(progress.accounts_slot.saturating_sub(horizon));
        self.tell_lag(progress.polled_at);
        #[expect(clippy::cast_precision_loss, reason = "a gauge to look at")]
        metrics::gauge!("primis_indexer_unfinalized")
            .set(self.store.unfinalized_count(&name).await? as f64);
        self.rescan.now = false;
        if due {
            self.refreshed = Some(Instant::now());
        }
        self.check_history(&name, horizon).await
    }

    /// Lists what was not taken in before, and where to go on next time.
    async fn list(
        &self,
        name: &str,
        pools: &HashSet<Address>,
        horizon: u64,
        settled: &Settled,
    ) -> Result<(Vec<Listed>, Vec<CursorRow>), IndexerError> {
        let cursors = self.store.cursors(name).await?.into_iter();
        let known: HashMap<String, String> = cursors
            // What changed is listed whole, and a cursor that a fork dropped names nothing.
            .filter(|c| settled.oldest_slot().is_none_or(|slot| c.slot < slot))
            .map(|c| (c.address, c.signature))
            .collect();
        let mut lists = Vec::new();
        let mut cursors = Vec::new();
        // In a fixed order, so that two replicas make one history of the same lists.
        let addresses: BTreeSet<Address> = pools.iter().copied().collect();
        for address in std::iter::once(self.vault).chain(addresses) {
            let text = address.to_string();
            let until = if self.rescan.now {
                None
            } else {
                known.get(&text).map(String::as_str)
            };
            let list = self.rpc.list(&address, until, horizon).await?;
            let settled = list
                .iter()
                .rev()
                .find(|l| l.slot.saturating_add(OVERLAP_SLOTS) <= horizon);
            if let Some(newest) = settled {
                cursors.push(CursorRow {
                    address: text,
                    signature: newest.signature.clone(),
                    slot: newest.slot,
                });
            }
            lists.push(list);
        }
        let mut listed = merge(lists);
        listed.retain(|l| !l.failed);
        let signatures: Vec<String> = listed.iter().map(|l| l.signature.clone()).collect();
        let taken = self.store.known_transactions(name, &signatures).await?;
        listed.retain(|l| !taken.contains(&l.signature) || settled.dropped.contains(&l.signature));
        Ok((listed, cursors))
    }

    async fn stored_pools(&self, name: &str) -> Result<HashSet<Address>, IndexerError> {
        let rows = self.store.pools(name).await?;
        rows.iter()
            .map(|(address, _)| address.parse().map_err(|_| IndexerError::Malformed("pool")))
            .collect()
    }

    fn tell(&self, batch: &Batch) {
        for event in &batch.events {
            metrics::counter!("primis_indexer_events_total", "name" => event.name.clone())
                .increment(1);
        }
        let truncated = batch.transactions.iter().filter(|t| t.truncated).count();
        metrics::counter!("primis_indexer_dropped_total")
            .increment(u64::try_from(batch.dropped.len()).unwrap_or_default());
        metrics::counter!("primis_indexer_truncated_total")
            .increment(u64::try_from(truncated).unwrap_or_default());
    }

    fn tell_lag(&self, polled_at: i64) {
        #[expect(clippy::cast_precision_loss, reason = "a gauge to look at")]
        let as_gauge = |n: u64| n as f64;
        metrics::gauge!("primis_indexer_lag_slots").set(as_gauge(self.lag.slots()));
        if polled_at > 0 {
            let seconds = self.clock.now_unix().abs_diff(polled_at);
            metrics::gauge!("primis_indexer_lag_seconds").set(as_gauge(seconds));
        }
    }
}
