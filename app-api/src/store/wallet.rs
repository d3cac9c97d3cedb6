//! What happened to a wallet's positions.

use super::{
    EventRow, Place, Store, StoreError,
    followed::{EVENT_COLUMNS, EventColumns, event},
    on_db, signed,
    views::before,
};

/// Events, newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventPage {
    /// At most as many as were asked for.
    pub rows: Vec<EventRow>,
    /// There are older ones.
    pub more: bool,
}

impl Store {
    /// At most `limit` events of an owner's positions from before a place, newest first.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn wallet_events(
        &self,
        vault: &str,
        owner: &[u8; 32],
        until: Option<Place>,
        limit: u32,
    ) -> Result<EventPage, StoreError> {
        let until = before(until)?;
        // One more than asked for tells whether there are more.
        let fetched = i64::from(limit).saturating_add(1);
        let sql = format!(
            "SELECT {EVENT_COLUMNS} FROM chain_events \
             WHERE vault = $1 AND owner = $2 AND (slot, slot_order, event_index) < ($3, $4, $5) \
             ORDER BY slot DESC, slot_order DESC, event_index DESC LIMIT $6"
        );
        let found: Vec<EventColumns> = on_db!(self, |pool| {
            sqlx::query_as(sqlx::AssertSqlSafe(sql))
                .bind(vault)
                .bind(owner.as_slice())
                .bind(until[0])
                .bind(until[1])
                .bind(until[2])
                .bind(fetched)
                .fetch_all(pool)
                .await?
        });
        let mut rows = found
            .into_iter()
            .map(event)
            .collect::<Result<Vec<_>, _>>()?;
        let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = rows.len() > wanted;
        rows.truncate(wanted);
        Ok(EventPage { rows, more })
    }

    /// The events of an owner's withdrawal tickets, in the chain's order.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn ticket_events(
        &self,
        vault: &str,
        owner: &[u8; 32],
    ) -> Result<Vec<EventRow>, StoreError> {
        let sql = format!(
            "SELECT {EVENT_COLUMNS} FROM chain_events WHERE vault = $1 AND owner = $2 \
             AND name IN ('TicketOpened', 'TicketCancelled', 'TicketServed') \
             ORDER BY slot, slot_order, event_index"
        );
        let found: Vec<EventColumns> = on_db!(self, |pool| {
            sqlx::query_as(sqlx::AssertSqlSafe(sql))
                .bind(vault)
                .bind(owner.as_slice())
                .fetch_all(pool)
                .await?
        });
        found.into_iter().map(event).collect()
    }

    /// Distributions and claims from a slot on, in the chain's order.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn told_events_since(
        &self,
        vault: &str,
        slot: u64,
    ) -> Result<Vec<EventRow>, StoreError> {
        let slot = signed(slot, "slot")?;
        let sql = format!(
            "SELECT {EVENT_COLUMNS} FROM chain_events WHERE vault = $1 AND slot >= $2 \
             AND name IN ('YieldDistributed', 'Claimed') ORDER BY slot, slot_order, event_index"
        );
        let found: Vec<EventColumns> = on_db!(self, |pool| {
            sqlx::query_as(sqlx::AssertSqlSafe(sql))
                .bind(vault)
                .bind(slot)
                .fetch_all(pool)
                .await?
        });
        found.into_iter().map(event).collect()
    }

    /// At most `limit` distributions and claims after a place, in the chain's order.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn told_events_after(
        &self,
        vault: &str,
        after: Place,
        limit: u32,
    ) -> Result<Vec<EventRow>, StoreError> {
        let after = before(Some(after))?;
        let sql = format!(
            "SELECT {EVENT_COLUMNS} FROM chain_events \
             WHERE vault = $1 AND (slot, slot_order, event_index) > ($2, $3, $4) \
             AND name IN ('YieldDistributed', 'Claimed') ORDER BY slot, slot_order, event_index LIMIT $5"
        );
        let found: Vec<EventColumns> = on_db!(self, |pool| {
            sqlx::query_as(sqlx::AssertSqlSafe(sql))
                .bind(vault)
                .bind(after[0])
                .bind(after[1])
                .bind(after[2])
                .bind(i64::from(limit))
                .fetch_all(pool)
                .await?
        });
        found.into_iter().map(event).collect()
    }
}
