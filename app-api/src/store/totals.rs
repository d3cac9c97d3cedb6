//! Sums over events, held against the chain's own counters.

use std::collections::BTreeMap;

use super::{
    EventRow, Store, StoreError,
    followed::{EVENT_COLUMNS, EventColumns, event},
    on_db, signed, unsigned,
};

/// Sums by what they are of, a vault's or pool's address, and by name.
pub type Totals = BTreeMap<(String, String), i64>;

impl Store {
    /// The sums over all events of the vault.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn totals(&self, vault: &str) -> Result<Totals, StoreError> {
        let rows: Vec<(String, String, i64)> = on_db!(self, |pool| {
            sqlx::query_as("SELECT subject, name, value FROM event_totals WHERE vault = $1")
                .bind(vault)
                .fetch_all(pool)
                .await?
        });
        Ok(rows
            .into_iter()
            .map(|(subject, name, value)| ((subject, name), value))
            .collect())
    }

    /// The events of slots after `slot`, in the chain's order.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn events_after(&self, vault: &str, slot: u64) -> Result<Vec<EventRow>, StoreError> {
        let slot = signed(slot, "slot")?;
        let sql = format!(
            "SELECT {EVENT_COLUMNS} FROM chain_events WHERE vault = $1 AND slot > $2 \
             ORDER BY slot, slot_order, event_index"
        );
        let rows: Vec<EventColumns> = on_db!(self, |pool| {
            sqlx::query_as(sqlx::AssertSqlSafe(sql))
                .bind(vault)
                .bind(slot)
                .fetch_all(pool)
                .await?
        });
        rows.into_iter().map(event).collect()
    }

    /// Units of a pool after the last event up to `slot`; 0 before the first.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn units_at(
        &self,
        vault: &str,
        pool_address: &str,
        slot: u64,
    ) -> Result<u64, StoreError> {
        let slot = signed(slot, "slot")?;
        let row: Option<(i64,)> = on_db!(self, |pool| {
            sqlx::query_as(
                "SELECT units FROM stake_points WHERE vault = $1 AND pool = $2 AND slot <= $3 \
                 ORDER BY slot DESC, slot_order DESC, event_index DESC LIMIT 1",
            )
            .bind(vault)
            .bind(pool_address)
            .bind(slot)
            .fetch_optional(pool)
            .await?
        });
        row.map_or(Ok(0), |(units,)| unsigned(units, "stake point"))
    }
}
