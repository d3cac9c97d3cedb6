//! Transactions that a fork can still drop.

use std::collections::BTreeSet;

use super::{Store, StoreError, on_db, signed, unsigned};

/// A transaction that was taken in before it was final.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfinalized {
    /// Its first signature, base58.
    pub signature: String,
    /// The slot it was taken in with.
    pub slot: u64,
}

impl Store {
    /// At most `limit` of the transactions up to a slot that are not final yet, oldest first.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn unfinalized(
        &self,
        vault: &str,
        up_to_slot: u64,
        limit: u32,
    ) -> Result<Vec<Unfinalized>, StoreError> {
        let slot = signed(up_to_slot, "slot")?;
        let rows: Vec<(String, i64)> = on_db!(self, |pool| {
            sqlx::query_as(
                "SELECT signature, slot FROM chain_transactions \
                 WHERE vault = $1 AND finalized = 0 AND slot <= $2 ORDER BY slot, slot_order LIMIT $3",
            )
            .bind(vault)
            .bind(slot)
            .bind(i64::from(limit))
            .fetch_all(pool)
            .await?
        });
        rows.into_iter()
            .map(|(signature, slot)| {
                let slot = unsigned(slot, "slot")?;
                Ok(Unfinalized { signature, slot })
            })
            .collect()
    }

    /// How many transactions are not final yet.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn unfinalized_count(&self, vault: &str) -> Result<u64, StoreError> {
        let (count,): (i64,) = on_db!(self, |pool| {
            sqlx::query_as(
                "SELECT COUNT(*) FROM chain_transactions WHERE vault = $1 AND finalized = 0",
            )
            .bind(vault)
            .fetch_one(pool)
            .await?
        });
        unsigned(count, "number of transactions")
    }

    /// Signatures of all transactions that were taken in with one of these slots.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn transactions_of(
        &self,
        vault: &str,
        slots: &BTreeSet<u64>,
    ) -> Result<BTreeSet<String>, StoreError> {
        let mut found = BTreeSet::new();
        for slot in slots {
            let slot = signed(*slot, "slot")?;
            let rows: Vec<(String,)> = on_db!(self, |pool| {
                sqlx::query_as(
                    "SELECT signature FROM chain_transactions WHERE vault = $1 AND slot = $2",
                )
                .bind(vault)
                .bind(slot)
                .fetch_all(pool)
                .await?
            });
            found.extend(rows.into_iter().map(|(signature,)| signature));
        }
        Ok(found)
    }
}
