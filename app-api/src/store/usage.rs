//! Metered work: stored once by event id, with its price, or not at all.

use std::{
    collections::{BTreeMap, HashMap},
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use sqlx::QueryBuilder;

use super::{Store, StoreError, write_db};
use crate::clock::Clock;

/// Rows of one INSERT. Nine values each stay well below SQLite's 32,766 parameters.
const ROWS_PER_INSERT: usize = 1_000;

/// One metered event with its price.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PricedEvent {
    /// Names the event for good; the same id is the same event.
    pub event_id: String,
    /// Who pays.
    pub customer: String,
    /// What was used.
    pub sku: String,
    /// How much of it, in the SKU's units.
    pub quantity: i64,
    /// When, Unix microseconds.
    pub occurred_at_micros: i64,
    /// What the customer pays, nano-USD.
    pub charge_nano_usd: i64,
    /// The platform's fee in it, nano-USD.
    pub fee_nano_usd: i64,
    /// What the provider is paid, nano-USD.
    pub provider_cost_nano_usd: i64,
}

impl PricedEvent {
    /// Whether both say the same happened. Prices are not compared: a repeated event keeps the
    /// price of its day.
    fn same_as(&self, stored: &Stored) -> bool {
        (
            &self.customer,
            &self.sku,
            self.quantity,
            self.occurred_at_micros,
        ) == (
            &stored.customer,
            &stored.sku,
            stored.quantity,
            stored.occurred_at_micros,
        )
    }
}

/// What became of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Its id.
    pub event_id: String,
    /// It had been stored before.
    pub duplicate: bool,
    /// What it cost when it was stored, nano-USD.
    pub charge_nano_usd: i64,
}

/// Why nothing of a batch was stored.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The id is taken by an event with other content.
    #[error("event {0} was stored before with other content: use a new event_id")]
    Conflict(String),
    /// The database took longer than the settlement grace.
    #[error(
        "storing took longer than the settlement grace; nothing was stored: send the batch again"
    )]
    TooSlow,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for RecordError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

#[derive(sqlx::FromRow)]
struct Stored {
    event_id: String,
    customer: String,
    sku: String,
    quantity: i64,
    occurred_at_micros: i64,
    charge_nano_usd: i64,
}

impl Store {
    /// Stores a batch, all or nothing, and answers in its order.
    ///
    /// The unique event id decides what is new, never a look before the write. The settlement
    /// time is taken inside the transaction, and never lies before the end of a reported window:
    /// the row that holds it is share-locked until the commit, so a report either sees this batch
    /// or puts it after itself.
    ///
    /// # Errors
    /// If an id is taken by another event, or the write did not finish within `grace`.
    pub async fn record_usage(
        &self,
        events: &[PricedEvent],
        clock: &dyn Clock,
        grace: Duration,
    ) -> Result<Vec<Recorded>, RecordError> {
        // Sorted, so that two batches with the same ids wait for each other in one order.
        let mut by_id: BTreeMap<&str, &PricedEvent> = BTreeMap::new();
        for event in events {
            if by_id
                .insert(&event.event_id, event)
                .is_some_and(|first| first != event)
            {
                return Err(RecordError::Conflict(event.event_id.clone()));
            }
        }
        let unique: Vec<&PricedEvent> = by_id.into_values().collect();
        let watermark = match self.db {
            super::Db::Sqlite { .. } => "SELECT reported_to FROM settlement WHERE id = 1",
            super::Db::Postgres(_) => "SELECT reported_to FROM settlement WHERE id = 1 FOR SHARE",
        };

        let mut charges: HashMap<String, (i64, bool)> = HashMap::with_capacity(unique.len());
        write_db!(self, |pool: Database| {
            let mut tx = pool.begin_with(self.begin_write()).await?;
            let (reported_to,): (i64,) = sqlx::query_as(watermark).fetch_one(&mut *tx).await?;
            let started = Instant::now();
            let settled_at = clock.now_unix().max(reported_to);
            for rows in unique.chunks(ROWS_PER_INSERT) {
                let mut insert = QueryBuilder::<Database>::new(
                    "INSERT INTO usage_events (event_id, customer, sku, quantity, occurred_at_micros, \
                     charge_nano_usd, fee_nano_usd, provider_cost_nano_usd, settled_at) ",
                );
                insert.push_values(rows, |mut row, event| {
                    row.push_bind(event.event_id.as_str())
                        .push_bind(event.customer.as_str())
                        .push_bind(event.sku.as_str())
                        .push_bind(event.quantity)
                        .push_bind(event.occurred_at_micros)
                        .push_bind(event.charge_nano_usd)
                        .push_bind(event.fee_nano_usd)
                        .push_bind(event.provider_cost_nano_usd)
                        .push_bind(settled_at);
                });
                insert.push(" ON CONFLICT (event_id) DO NOTHING RETURNING event_id");
                let new: Vec<(String,)> = insert.build_query_as().fetch_all(&mut *tx).await?;
                let new: std::collections::HashSet<String> =
                    new.into_iter().map(|(id,)| id).collect();
                let (fresh, known): (Vec<&PricedEvent>, Vec<&PricedEvent>) = rows
                    .iter()
                    .copied()
                    .partition(|event| new.contains(&event.event_id));
                for event in fresh {
                    charges.insert(event.event_id.clone(), (event.charge_nano_usd, false));
                }
                if known.is_empty() {
                    continue;
                }
                let mut select = QueryBuilder::<Database>::new(
                    "SELECT event_id, customer, sku, quantity, occurred_at_micros, charge_nano_usd \
                     FROM usage_events WHERE event_id IN (",
                );
                let mut ids = select.separated(", ");
                for event in &known {
                    ids.push_bind(event.event_id.as_str());
                }
                select.push(")");
                let stored: Vec<Stored> = select.build_query_as().fetch_all(&mut *tx).await?;
                let stored: HashMap<&str, &Stored> = stored
                    .iter()
                    .map(|row| (row.event_id.as_str(), row))
                    .collect();
                for event in known {
                    match stored.get(event.event_id.as_str()) {
                        Some(row) if event.same_as(row) => {
                            charges.insert(event.event_id.clone(), (row.charge_nano_usd, true));
                        }
                        _ => return Err(RecordError::Conflict(event.event_id.clone())),
                    }
                }
            }
            if started.elapsed() >= grace {
                tx.rollback().await?;
                return Err(RecordError::TooSlow);
            }
            tx.commit().await?;
            self.shared.usage_writes.fetch_add(1, Ordering::Release);
        });

        let mut answered = std::collections::HashSet::with_capacity(charges.len());
        events
            .iter()
            .map(|event| {
                let (charge_nano_usd, known) = charges
                    .get(&event.event_id)
                    .copied()
                    .ok_or(StoreError::Corrupt("usage event"))?;
                let repeated = !answered.insert(event.event_id.as_str());
                Ok(Recorded {
                    event_id: event.event_id.clone(),
                    duplicate: known || repeated,
                    charge_nano_usd,
                })
            })
            .collect()
    }
}
