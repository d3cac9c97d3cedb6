//! Sweeps of the vault's subsidy bucket that the ledger does not know of yet.

use super::{
    EventRow, Store, StoreError,
    followed::{EVENT_COLUMNS, EventColumns, event},
    on_db,
};

/// Where a sweep's event says which bucket: after its discriminator and two amounts, counted from 1.
const BUCKET_AT: i64 = 25;
/// The subsidy bucket there.
const SUBSIDY: [u8; 8] = 1u64.to_le_bytes();

impl Store {
    /// At most `limit` sweeps of the subsidy bucket that no fork can drop any more, and for which no
    /// posting `{prefix}{signature}:{event's place}` was made; oldest first.
    ///
    /// # Errors
    /// If the database fails.
    pub(crate) async fn uncredited_sweeps(
        &self,
        vault: &str,
        prefix: &str,
        limit: u32,
    ) -> Result<Vec<EventRow>, StoreError> {
        let sql = format!(
            "SELECT {EVENT_COLUMNS} FROM chain_events e WHERE vault = $1 AND name = 'BucketSwept' \
             AND SUBSTR(data, {BUCKET_AT}, 8) = $2 \
             AND EXISTS (SELECT 1 FROM chain_transactions t WHERE t.vault = e.vault \
             AND t.signature = e.signature AND t.finalized <> 0) \
             AND NOT EXISTS (SELECT 1 FROM posted p WHERE p.id = $3 || e.signature || ':' || \
             CAST(e.event_index AS TEXT)) ORDER BY slot, slot_order, event_index LIMIT $4"
        );
        let rows: Vec<EventColumns> = on_db!(self, |pool| {
            sqlx::query_as(sqlx::AssertSqlSafe(sql))
                .bind(vault)
                .bind(SUBSIDY.as_slice())
                .bind(prefix)
                .bind(i64::from(limit))
                .fetch_all(pool)
                .await?
        });
        rows.into_iter().map(event).collect()
    }
}
