//! Forgetting what was indexed, so that it is read from the chain again.

use super::{Store, StoreError, commit::DERIVED, write_db};

/// What the indexer writes, beside its state and what is derived. All else is the platform's own ledger, which no chain
/// can give back.
const INDEXED: [&str; 5] = [
    "DELETE FROM indexer_cursors WHERE vault = $1",
    "DELETE FROM chain_transactions WHERE vault = $1",
    "DELETE FROM chain_events WHERE vault = $1",
    "DELETE FROM positions WHERE vault = $1",
    "DELETE FROM accounts WHERE vault = $1",
];

impl Store {
    /// Drops everything that was indexed of a vault, all or nothing. The vault then counts as not
    /// read yet, until the first look that is complete again; the version goes on rising, so that a
    /// step another indexer planned before changes nothing.
    ///
    /// # Errors
    /// If the database fails; then nothing was dropped.
    pub async fn forget(&self, vault: &str) -> Result<(), StoreError> {
        write_db!(self, |pool| {
            let mut tx = pool.begin_with(self.begin_write()).await?;
            // First, as in every step: whoever else is at work on the vault waits here.
            sqlx::query(
                "UPDATE indexer_state SET version = version + 1, positions_since = version + 1, \
                 history_version = history_version + 1, slot = 0, slot_order = 0, horizon_slot = 0, \
                 accounts_slot = 0, clock_unix = 0, polled_at = 0 WHERE vault = $1",
            )
            .bind(vault)
            .execute(&mut *tx)
            .await?;
            for delete in INDEXED.into_iter().chain(DERIVED) {
                sqlx::query(delete).bind(vault).execute(&mut *tx).await?;
            }
            let _committing = self.shared.commits.begin();
            tx.commit().await?;
        });
        Ok(())
    }
}
