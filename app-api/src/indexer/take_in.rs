//! From listed transactions to rows: their logs are read, and the history is continued.

use std::collections::{BTreeSet, HashMap, HashSet};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use primis_vault_interface::{ID, Source, events::Event, log::program_log};
use solana_address::Address;

use super::{
    Indexer, IndexerError,
    finality::Settled,
    history::{DERIVATION, Given, History, concerns, owner_of, position_of},
    order::Listed,
};
use crate::store::{Batch, EventRow, Place, Progress, TransactionRow};

/// Transactions asked for at the same time.
const FETCHES: usize = 4;

impl Indexer {
    /// Reads the logs of a step and makes rows of them; adds the positions they touch to `touched`.
    pub(super) async fn take_in(
        &mut self,
        name: &str,
        step: &[Listed],
        progress: Progress,
        pools: &mut HashSet<Address>,
        touched: &mut BTreeSet<Address>,
        settled: &Settled,
    ) -> Result<Batch, IndexerError> {
        let requests: Vec<_> = step
            .iter()
            .map(|l| self.rpc.transaction(&l.signature))
            .collect();
        let fetched: Vec<_> = stream::iter(requests)
            .buffered(FETCHES)
            .try_collect()
            .await?;
        let mut batch = Batch {
            progress,
            finalized: settled.finalized.clone(),
            dropped: settled.dropped.iter().cloned().collect(),
            relist_from: settled.oldest_slot(),
            ..Batch::default()
        };
        let mut events: Vec<Event> = Vec::new();
        let mut late = !batch.dropped.is_empty() || progress.derivation != DERIVATION;
        batch.progress.derivation = DERIVATION;
        let mut next_in_slot: HashMap<u64, u64> = HashMap::new();
        for (listed, fetched) in step.iter().zip(fetched) {
            let slot = listed.slot;
            late |= slot < batch.progress.slot;
            let next = match next_in_slot.get(&slot) {
                Some(next) => *next,
                // All of such a slot is dropped.
                None if settled.slots.contains(&slot) => 0,
                None => self.store.next_slot_order(name, slot).await?,
            };
            next_in_slot.insert(slot, next.saturating_add(1));
            let place = Place {
                slot,
                slot_order: next,
                event_index: 0,
            };
            let log = program_log(&ID, &fetched.log);
            let truncated = log.truncated || fetched.missing;
            let block_time = fetched.block_time.or(listed.block_time);
            for (event_index, data) in (0u64..).zip(log.data) {
                let Some(event) = Event::parse(&data) else {
                    continue;
                };
                if !concerns(&event, &self.vault, pools) {
                    continue;
                }
                let place = Place {
                    event_index,
                    ..place
                };
                let name = event.name().to_owned();
                batch.events.push(EventRow {
                    signature: listed.signature.clone(),
                    place,
                    block_time,
                    name,
                    owner: owner_of(&event).map(|owner| owner.to_bytes()),
                    data,
                });
                events.push(event);
            }
            if truncated {
                tracing::warn!(
                    signature = listed.signature,
                    "the transaction's log is cut off: all accounts are read again"
                );
                // Whatever the missing part did, the accounts tell; they are read in the next round.
                self.refreshed = None;
            }
            batch.transactions.push(TransactionRow {
                signature: listed.signature.clone(),
                place,
                block_time,
                truncated,
                finalized: listed.finalized || self.rpc.commitment().is_finalized(),
            });
            let newest =
                (batch.progress.slot, batch.progress.slot_order).max((slot, place.slot_order));
            (batch.progress.slot, batch.progress.slot_order) = newest;
        }
        let mut history = if late {
            History::of(self.vault)
        } else {
            self.history(name, pools).await?
        };
        if late {
            // Something older than what was taken in turned up, or some of it is gone, or another version derived the
            // sums: they are made again from all.
            let mut all: Vec<EventRow> = self.store.events(name).await?;
            all.retain(|row| !settled.dropped.contains(&row.signature));
            all.extend(batch.events.iter().cloned());
            all.sort_by_key(|row| row.place);
            for row in &all {
                if let Some(event) = Event::parse(&row.data) {
                    history.take(row, &event)?;
                }
            }
            batch.replaces_history = true;
        } else {
            for (row, event) in batch.events.iter().zip(&events) {
                history.take(row, event)?;
            }
        }
        batch.distributions = history.distributions;
        batch.stake_points = history.stake_points;
        batch.pool_yields = history.pool_yields;
        if batch.replaces_history || !events.is_empty() {
            batch.totals = history.totals;
        }
        touched.extend(events.iter().filter_map(position_of));
        Ok(batch)
    }

    /// The sums so far.
    async fn history(&self, name: &str, pools: &HashSet<Address>) -> Result<History, IndexerError> {
        let mut history = History::of(self.vault);
        history.totals = self.store.totals(name).await?;
        for source in [Source::Staking, Source::Compute] {
            let source = u64::from(source as u8);
            if let Some(newest) = self
                .store
                .distribution_around(name, source, i64::MAX)
                .await?
            {
                history.given(
                    source,
                    Given {
                        stakers_lamports: newest.cumulative_stakers_lamports,
                        amount_lamports: newest.cumulative_amount_lamports,
                        count: newest.number,
                    },
                );
            }
        }
        for pool in pools {
            let pool = pool.to_string();
            if let Some(point) = self.store.stake_point_at(name, &pool, i64::MAX).await? {
                history.staked(pool.clone(), point);
            }
            for source in [Source::Staking, Source::Compute] {
                let source = u64::from(source as u8);
                let newest = self.store.newest_pool_yield(name, &pool, source).await?;
                if let Some(newest) = newest {
                    let given = Given {
                        stakers_lamports: newest.cumulative_stakers_lamports,
                        amount_lamports: 0,
                        count: newest.number,
                    };
                    history.pool_given(pool.clone(), source, given);
                }
            }
        }
        Ok(history)
    }
}
