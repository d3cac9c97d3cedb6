//! Whether the history is whole: the chain counts what happened, and so do the events taken in. What is
//! missing is looked for by listing everything again.

use std::time::{Duration, Instant};

use primis_vault_interface::{
    Layout as _,
    accounts::{Pool, Vault},
    events::Event,
};

use super::{Indexer, IndexerError, rpc::ACCOUNTS, totals};
use crate::store::{AccountKind, Batch, Totals};

/// Longest pause between two listings of everything, as long as they do not help.
const MAX_PAUSE: Duration = Duration::from_secs(3_600);

/// The chain's counters as they stood after a slot.
#[derive(Clone, Debug)]
pub(super) struct Counters {
    slot: u64,
    /// Address, name and value.
    all: Vec<(String, &'static str, u64)>,
    /// Pools with their units.
    units: Vec<(String, u64)>,
}

/// When everything is listed again.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Rescan {
    /// With the next round.
    pub(super) now: bool,
    /// Listings in a row that did not help, and when the last was asked for.
    vain: u32,
    last: Option<Instant>,
}

impl Counters {
    /// Of the accounts of a batch; `None` if they are not the program's, or so many that one answer did
    /// not hold them.
    pub(super) fn of(batch: &Batch) -> Option<Self> {
        if batch.accounts.len() >= ACCOUNTS {
            return None;
        }
        let mut counters = Self {
            slot: batch.progress.accounts_slot,
            all: Vec::new(),
            units: Vec::new(),
        };
        for account in &batch.accounts {
            let named = |(name, value)| (account.address.clone(), name, value);
            match account.kind {
                AccountKind::Vault => {
                    let vault = Vault::parse(&account.data).ok()?;
                    counters
                        .all
                        .extend(totals::of_vault(&vault).into_iter().map(named));
                }
                AccountKind::Pool => {
                    let pool = Pool::parse(&account.data).ok()?;
                    counters
                        .all
                        .extend(totals::of_pool(&pool).into_iter().map(named));
                    counters
                        .units
                        .push((account.address.clone(), pool.total_units));
                }
            }
        }
        Some(counters)
    }
}

impl Indexer {
    /// Compares, once everything up to the counters' slot was listed.
    pub(super) async fn check_history(
        &mut self,
        name: &str,
        horizon: u64,
    ) -> Result<(), IndexerError> {
        let Some(counters) = self.unchecked.take_if(|c| c.slot <= horizon) else {
            return Ok(());
        };
        let wrong = self.wrong(name, &counters).await?;
        let complete = wrong.is_empty();
        metrics::gauge!("primis_indexer_history_complete").set(f64::from(u8::from(complete)));
        self.lag.set_complete(complete);
        if complete {
            self.rescan = Rescan::default();
            return Ok(());
        }
        let doublings = self.rescan.vain.min(16);
        let pause = self.refresh.saturating_mul(1 << doublings).min(MAX_PAUSE);
        if self.rescan.last.is_none_or(|at| at.elapsed() >= pause) {
            tracing::warn!(
                ?wrong,
                "the history does not add up to the chain's counters: all is listed again"
            );
            self.rescan = Rescan {
                now: true,
                vain: self.rescan.vain.saturating_add(1),
                last: Some(Instant::now()),
            };
        }
        Ok(())
    }

    /// What differs: of which account, which counter, the chain's value and ours.
    async fn wrong(
        &self,
        name: &str,
        counters: &Counters,
    ) -> Result<Vec<(String, &'static str, u64, i64)>, IndexerError> {
        let mut totals = self.store.totals(name).await?;
        // What happened after the accounts were read is not in their counters.
        for row in self.store.events_after(name, counters.slot).await? {
            if let Some(event) = Event::parse(&row.data) {
                totals::count(&mut totals, &self.vault, &event, -1)?;
            }
        }
        let mut wrong = Vec::new();
        for (subject, counter, value) in &counters.all {
            let ours = total(&totals, subject, counter);
            if u64::try_from(ours) != Ok(*value) {
                wrong.push((subject.clone(), *counter, *value, ours));
            }
        }
        for (pool, units) in &counters.units {
            let ours = self.store.units_at(name, pool, counters.slot).await?;
            if ours != *units {
                let ours = i64::try_from(ours).unwrap_or(i64::MAX);
                wrong.push((pool.clone(), "units", *units, ours));
            }
        }
        Ok(wrong)
    }
}

fn total(totals: &Totals, subject: &str, name: &str) -> i64 {
    totals
        .get(&(subject.to_owned(), name.to_owned()))
        .copied()
        .unwrap_or_default()
}
