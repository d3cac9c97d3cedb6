//! What the indexer reads back to go on: how far it is, and what it took in.

use std::collections::HashSet;

use sqlx::QueryBuilder;

use super::{CursorRow, EventRow, Place, Progress, Store, StoreError, on_db, signed, unsigned};

/// Parameters of one IN list.
const IDS_PER_SELECT: usize = 500;

/// [`Progress`] as the database keeps it.
#[derive(sqlx::FromRow)]
pub(super) struct ProgressColumns {
    version: i64,
    slot: i64,
    slot_order: i64,
    horizon_slot: i64,
    accounts_slot: i64,
    clock_unix: i64,
    polled_at: i64,
    derivation: i64,
}

impl ProgressColumns {
    pub(super) const SELECT: &str = "SELECT version, slot, slot_order, horizon_slot, accounts_slot, \
         clock_unix, polled_at, derivation FROM indexer_state WHERE vault = $1";
}

impl TryFrom<ProgressColumns> for Progress {
    type Error = StoreError;

    fn try_from(columns: ProgressColumns) -> Result<Self, StoreError> {
        let number = |n| unsigned(n, "indexer state");
        Ok(Self {
            version: number(columns.version)?,
            slot: number(columns.slot)?,
            slot_order: number(columns.slot_order)?,
            horizon_slot: number(columns.horizon_slot)?,
            accounts_slot: number(columns.accounts_slot)?,
            clock_unix: columns.clock_unix,
            polled_at: columns.polled_at,
            derivation: number(columns.derivation)?,
        })
    }
}

pub(super) const EVENT_COLUMNS: &str =
    "signature, event_index, slot, slot_order, block_time, name, data, owner";

/// [`EventRow`] as the database keeps it.
pub(super) type EventColumns = (
    String,
    i64,
    i64,
    i64,
    Option<i64>,
    String,
    Vec<u8>,
    Option<Vec<u8>>,
);

pub(super) fn event(columns: EventColumns) -> Result<EventRow, StoreError> {
    let (signature, event_index, slot, slot_order, block_time, name, data, owner) = columns;
    let number = |n| unsigned(n, "event");
    Ok(EventRow {
        signature,
        place: Place {
            slot: number(slot)?,
            slot_order: number(slot_order)?,
            event_index: number(event_index)?,
        },
        block_time,
        name,
        owner: owner
            .map(|bytes| bytes.try_into().map_err(|_| StoreError::Corrupt("event")))
            .transpose()?,
        data,
    })
}

impl Store {
    /// How far `vault` is followed; all zero at first.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn progress(&self, vault: &str) -> Result<Progress, StoreError> {
        let columns: Option<ProgressColumns> = on_db!(self, |pool| {
            sqlx::query_as(ProgressColumns::SELECT)
                .bind(vault)
                .fetch_optional(pool)
                .await?
        });
        columns.map_or(Ok(Progress::default()), Progress::try_from)
    }

    /// The cursors of a vault's lists.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn cursors(&self, vault: &str) -> Result<Vec<CursorRow>, StoreError> {
        let rows: Vec<(String, String, i64)> = on_db!(self, |pool| {
            sqlx::query_as("SELECT address, signature, slot FROM indexer_cursors WHERE vault = $1")
                .bind(vault)
                .fetch_all(pool)
                .await?
        });
        rows.into_iter()
            .map(|(address, signature, slot)| {
                Ok(CursorRow {
                    address,
                    signature,
                    slot: unsigned(slot, "cursor")?,
                })
            })
            .collect()
    }

    /// Those of `signatures` that were taken in before.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn known_transactions(
        &self,
        vault: &str,
        signatures: &[String],
    ) -> Result<HashSet<String>, StoreError> {
        let mut known = HashSet::new();
        for chunk in signatures.chunks(IDS_PER_SELECT) {
            let rows: Vec<(String,)> = on_db!(self, |pool: Database| {
                let mut select = QueryBuilder::<Database>::new(
                    "SELECT signature FROM chain_transactions WHERE vault = ",
                );
                select.push_bind(vault).push(" AND signature IN (");
                let mut ids = select.separated(", ");
                for signature in chunk {
                    ids.push_bind(signature.as_str());
                }
                select.push(")");
                select.build_query_as().fetch_all(pool).await?
            });
            known.extend(rows.into_iter().map(|(signature,)| signature));
        }
        Ok(known)
    }

    /// Every event of the vault in the chain's order.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn events(&self, vault: &str) -> Result<Vec<EventRow>, StoreError> {
        let sql = format!(
            "SELECT {EVENT_COLUMNS} FROM chain_events WHERE vault = $1 ORDER BY slot, slot_order, event_index"
        );
        let rows: Vec<EventColumns> = on_db!(self, |pool| {
            sqlx::query_as(sqlx::AssertSqlSafe(sql))
                .bind(vault)
                .fetch_all(pool)
                .await?
        });
        rows.into_iter().map(event).collect()
    }

    /// The first free place of a slot.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn next_slot_order(&self, vault: &str, slot: u64) -> Result<u64, StoreError> {
        let slot = signed(slot, "slot")?;
        let (next,): (i64,) = on_db!(self, |pool| {
            sqlx::query_as(
                "SELECT COALESCE(MAX(slot_order) + 1, 0) FROM chain_transactions WHERE vault = $1 AND slot = $2",
            )
            .bind(vault)
            .bind(slot)
            .fetch_one(pool)
            .await?
        });
        unsigned(next, "slot order")
    }
}
