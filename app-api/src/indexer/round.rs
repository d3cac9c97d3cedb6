//! One look at the chain: list, read, take in.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    time::Instant,
};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use primis_vault_interface::{
    ID, Layout as _, Source,
    accounts::{Pool, Position, Vault},
    events::Event,
};
use solana_address::Address;

use super::{
    Indexer, IndexerError,
    history::{History, concerns, position_of},
    logs::program_log,
    order::{Listed, merge},
};
use crate::store::{
    AccountKind, AccountRow, Batch, CursorRow, EventRow, Place, PositionRow, Progress,
    TransactionRow,
};

/// Transactions taken in by one transaction of the store.
const BATCH: usize = 200;
/// Transactions asked for at the same time.
const FETCHES: usize = 4;
/// Slots that are listed again each time: a blockhash lives this long, so what an endpoint was late
/// to list has shown up by then.
const OVERLAP_SLOTS: u64 = 150;
/// The account that holds the cluster's clock.
const CLOCK: Address = Address::from_str_const("SysvarC1ock11111111111111111111111111111111");
/// Where the clock's account holds Unix seconds: after slot, epoch start, epoch and leader epoch.
const CLOCK_UNIX: std::ops::Range<usize> = 32..40;
/// Where a pool names its vault, and a position its pool.
const POOL_VAULT: usize = 8 + core::mem::offset_of!(Pool, vault);
const POSITION_POOL: usize = 8 + core::mem::offset_of!(Position, pool);

/// What all accounts say, read at once.
struct Refreshed {
    pools: Vec<Address>,
    positions: Vec<PositionRow>,
}

impl Indexer {
    /// Takes in everything up to the newest slot, in steps.
    pub(super) async fn round(&mut self) -> Result<(), IndexerError> {
        let name = self.vault.to_string();
        let mut progress = self.store.progress(&name).await?;
        let horizon = self.rpc.slot().await?;
        self.lag.set(horizon.saturating_sub(progress.horizon_slot));
        self.tell_lag(progress.polled_at);

        let due = self.refreshed.is_none_or(|at| at.elapsed() >= self.refresh);
        let mut refreshed = if due {
            Some(self.read_everything(horizon).await?)
        } else {
            None
        };
        let mut pools: HashSet<Address> = match &refreshed {
            Some(all) => all.pools.iter().copied().collect(),
            None => self.stored_pools(&name).await?,
        };
        let (listed, cursors) = self.list(&name, &pools, horizon).await?;

        let mut steps = listed.chunks(BATCH).peekable();
        loop {
            let step = steps.next().unwrap_or_default();
            let last = steps.peek().is_none();
            let mut batch = self.take_in(&name, step, progress, &mut pools).await?;
            let clock = self.read_touched(&mut batch, &pools, horizon).await?;
            batch.progress.clock_unix = clock;
            if last {
                if let Some(all) = refreshed.take() {
                    // What this step read is newer than what was read before listing.
                    let newer: HashSet<String> = batch
                        .positions
                        .iter()
                        .map(|p| p.address.clone())
                        .chain(batch.closed_positions.drain(..))
                        .collect();
                    batch.positions.extend(
                        all.positions
                            .into_iter()
                            .filter(|p| !newer.contains(&p.address)),
                    );
                    batch.replaces_positions = true;
                }
                batch.cursors.clone_from(&cursors);
                batch.progress.horizon_slot = horizon;
                batch.progress.polled_at = self.clock.now_unix();
            }
            self.store.commit(&name, &batch).await?;
            self.tell(&batch);
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
        self.rescan = false;
        if due {
            self.refreshed = Some(Instant::now());
            self.check_history(&name).await?;
        }
        Ok(())
    }

    /// Lists what was not taken in before, and where to go on next time.
    async fn list(
        &self,
        name: &str,
        pools: &HashSet<Address>,
        horizon: u64,
    ) -> Result<(Vec<Listed>, Vec<CursorRow>), IndexerError> {
        let known: HashMap<String, String> = self
            .store
            .cursors(name)
            .await?
            .into_iter()
            .map(|c| (c.address, c.signature))
            .collect();
        let mut lists = Vec::new();
        let mut cursors = Vec::new();
        // In a fixed order, so that two replicas make one history of the same lists.
        let addresses: BTreeSet<Address> = pools.iter().copied().collect();
        for address in std::iter::once(self.vault).chain(addresses) {
            let text = address.to_string();
            let until = if self.rescan {
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
        listed.retain(|l| !taken.contains(&l.signature));
        Ok((listed, cursors))
    }

    /// Reads the logs of a step and makes rows of them.
    async fn take_in(
        &mut self,
        name: &str,
        step: &[Listed],
        progress: Progress,
        pools: &mut HashSet<Address>,
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
            ..Batch::default()
        };
        let mut events: Vec<Event> = Vec::new();
        let mut late = false;
        let mut next_in_slot: HashMap<u64, u64> = HashMap::new();
        for (listed, fetched) in step.iter().zip(fetched) {
            let slot = listed.slot;
            late |= slot < batch.progress.slot;
            let next = match next_in_slot.get(&slot) {
                Some(next) => *next,
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
            });
            let newest =
                (batch.progress.slot, batch.progress.slot_order).max((slot, place.slot_order));
            (batch.progress.slot, batch.progress.slot_order) = newest;
        }
        let mut history = if late {
            History::default()
        } else {
            self.history(name, pools).await?
        };
        if late {
            // Something older than what was taken in turned up: the sums are made again from all.
            let mut all: Vec<EventRow> = self.store.events(name).await?;
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
        let touched: BTreeSet<String> = events
            .iter()
            .filter_map(position_of)
            .map(|a| a.to_string())
            .collect();
        batch.closed_positions = touched.into_iter().collect();
        Ok(batch)
    }

    /// The sums so far.
    async fn history(&self, name: &str, pools: &HashSet<Address>) -> Result<History, IndexerError> {
        let mut history = History::default();
        for source in [Source::Staking, Source::Compute] {
            let source = u64::from(source as u8);
            if let Some(newest) = self
                .store
                .distribution_around(name, source, i64::MAX)
                .await?
            {
                history.given(source, newest.cumulative_stakers_lamports);
            }
        }
        for pool in pools {
            let pool = pool.to_string();
            if let Some(point) = self.store.stake_point_at(name, &pool, i64::MAX).await? {
                history.staked(pool, point);
            }
        }
        Ok(history)
    }

    /// Reads the vault, its pools, the clock, and the positions a step touched (named by
    /// `closed_positions` until it is known which of them still exist); returns the clock.
    async fn read_touched(
        &self,
        batch: &mut Batch,
        pools: &HashSet<Address>,
        horizon: u64,
    ) -> Result<i64, IndexerError> {
        let touched = std::mem::take(&mut batch.closed_positions);
        let pools: BTreeSet<Address> = pools.iter().copied().collect();
        let positions = touched
            .iter()
            .map(|text| {
                text.parse()
                    .map_err(|_| IndexerError::Malformed("position"))
            })
            .collect::<Result<Vec<Address>, _>>()?;
        let mut names = vec![CLOCK, self.vault];
        names.extend(&pools);
        names.extend(&positions);
        let read = self.rpc.accounts(&names).await?;
        if read.slot < horizon {
            return Err(IndexerError::Lagging {
                answered: read.slot,
                listed: horizon,
            });
        }
        let mut data = read.data.into_iter();
        let clock = data
            .next()
            .flatten()
            .and_then(|bytes| clock_unix(&bytes))
            .ok_or(IndexerError::Malformed("clock"))?;
        let no_vault = || IndexerError::NoVault(self.vault.to_string());
        let vault = data
            .next()
            .flatten()
            .filter(|bytes| Vault::parse(bytes).is_ok())
            .ok_or_else(no_vault)?;
        batch.accounts.push(AccountRow {
            address: self.vault.to_string(),
            kind: AccountKind::Vault,
            data: vault,
        });
        for pool in &pools {
            let bytes = data
                .next()
                .flatten()
                .ok_or(IndexerError::Malformed("pool"))?;
            batch.accounts.push(AccountRow {
                address: pool.to_string(),
                kind: AccountKind::Pool,
                data: bytes,
            });
        }
        for (address, bytes) in touched.into_iter().zip(data) {
            match bytes.and_then(|bytes| position_row(&address, bytes)) {
                Some(row) => batch.positions.push(row),
                None => batch.closed_positions.push(address),
            }
        }
        batch.progress.accounts_slot = read.slot;
        Ok(clock)
    }

    /// Reads every pool and position of the vault.
    async fn read_everything(&self, horizon: u64) -> Result<Refreshed, IndexerError> {
        let current = |slot| {
            if slot < horizon {
                Err(IndexerError::Lagging {
                    answered: slot,
                    listed: horizon,
                })
            } else {
                Ok(())
            }
        };
        let (slot, pools) = self
            .rpc
            .program_accounts(Pool::DISCRIMINATOR, POOL_VAULT, &self.vault)
            .await?;
        current(slot)?;
        let pools: Vec<Address> = pools.into_iter().map(|(address, _)| address).collect();
        let mut positions = Vec::new();
        for pool in &pools {
            let (slot, rows) = self
                .rpc
                .program_accounts(Position::DISCRIMINATOR, POSITION_POOL, pool)
                .await?;
            current(slot)?;
            positions.extend(
                rows.into_iter()
                    .filter_map(|(address, bytes)| position_row(&address.to_string(), bytes)),
            );
        }
        Ok(Refreshed { pools, positions })
    }

    async fn stored_pools(&self, name: &str) -> Result<HashSet<Address>, IndexerError> {
        let rows = self.store.pools(name).await?;
        rows.iter()
            .map(|(address, _)| address.parse().map_err(|_| IndexerError::Malformed("pool")))
            .collect()
    }

    /// Compares the events taken in with the chain's own count; what is missing is looked for by
    /// listing everything in the next round.
    async fn check_history(&mut self, name: &str) -> Result<(), IndexerError> {
        let counted = self.store.distribution_counts(name).await?;
        let Some(vault) = self.store.vault(name).await? else {
            return Ok(());
        };
        let complete = [Source::Staking, Source::Compute]
            .into_iter()
            .all(|source| {
                let seen = counted
                    .get(&u64::from(source as u8))
                    .copied()
                    .unwrap_or_default();
                seen == vault.source(source).distribution_count
            });
        metrics::gauge!("primis_indexer_history_complete").set(f64::from(u8::from(complete)));
        self.rescan = !complete;
        Ok(())
    }

    fn tell(&self, batch: &Batch) {
        for event in &batch.events {
            metrics::counter!("primis_indexer_events_total", "name" => event.name.clone())
                .increment(1);
        }
        let truncated = batch.transactions.iter().filter(|t| t.truncated).count();
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

fn clock_unix(bytes: &[u8]) -> Option<i64> {
    bytes
        .get(CLOCK_UNIX)?
        .try_into()
        .ok()
        .map(i64::from_le_bytes)
}

fn position_row(address: &str, data: Vec<u8>) -> Option<PositionRow> {
    let position = Position::parse(&data).ok()?;
    Some(PositionRow {
        address: address.to_owned(),
        owner: position.owner.to_string(),
        units: position.units,
        data,
    })
}
