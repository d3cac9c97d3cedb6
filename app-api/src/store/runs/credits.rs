//! Prepaid runs: one credit is one run.

use super::{NewRun, insert_run};
use crate::store::{Store, StoreError, on_db, write_db};

impl Store {
    /// Adds prepaid runs to an account, once for `id`; whether it was the first time. A negative number takes
    /// back as many as there are, such as for a pack that was paid back.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn add_run_credits(
        &self,
        id: &str,
        account: &str,
        runs: i64,
        now: i64,
    ) -> Result<bool, StoreError> {
        let select = format!(
            "SELECT runs FROM run_credits WHERE account = $1{}",
            self.for_update()
        );
        write_db!(self, |pool| {
            let mut tx = pool.begin_with(self.begin_write()).await?;
            let first = sqlx::query(
                "INSERT INTO run_credit_changes (id, account, runs, at) VALUES ($1, $2, $3, $4) \
                 ON CONFLICT (id) DO NOTHING",
            )
            .bind(id)
            .bind(account)
            .bind(runs)
            .bind(now)
            .execute(&mut *tx)
            .await?
            .rows_affected()
                == 1;
            if first {
                // So that there is a row to lock.
                sqlx::query(
                    "INSERT INTO run_credits (account, runs) VALUES ($1, 0) ON CONFLICT (account) DO NOTHING",
                )
                .bind(account)
                .execute(&mut *tx)
                .await?;
                let (there,): (i64,) = sqlx::query_as(sqlx::AssertSqlSafe(select.as_str()))
                    .bind(account)
                    .fetch_one(&mut *tx)
                    .await?;
                let changed = runs.max(there.saturating_neg());
                sqlx::query("UPDATE run_credits SET runs = runs + $2 WHERE account = $1")
                    .bind(account)
                    .bind(changed)
                    .execute(&mut *tx)
                    .await?;
                sqlx::query("UPDATE run_credit_changes SET runs = $2 WHERE id = $1")
                    .bind(id)
                    .bind(changed)
                    .execute(&mut *tx)
                    .await?;
            }
            tx.commit().await?;
            Ok(first)
        })
    }

    /// By how much a change changed an account's prepaid runs: less was taken than asked for where less was
    /// there. `None`: there was no such change.
    ///
    /// # Errors
    /// If the database fails.
    pub(crate) async fn run_credit_change(&self, id: &str) -> Result<Option<i64>, StoreError> {
        on_db!(self, |pool| {
            let row: Option<(i64,)> =
                sqlx::query_as("SELECT runs FROM run_credit_changes WHERE id = $1")
                    .bind(id)
                    .fetch_optional(pool)
                    .await?;
            Ok(row.map(|(runs,)| runs))
        })
    }

    /// Prepaid runs of an account.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn run_credits(&self, account: &str) -> Result<i64, StoreError> {
        on_db!(self, |pool| {
            let row: Option<(i64,)> =
                sqlx::query_as("SELECT runs FROM run_credits WHERE account = $1")
                    .bind(account)
                    .fetch_optional(pool)
                    .await?;
            Ok(row.map_or(0, |(runs,)| runs))
        })
    }

    /// Queues a run for one of its owner's credits; whether there was one. One that took its credit before
    /// takes no other.
    ///
    /// # Errors
    /// If the database fails.
    pub(crate) async fn queue_run_for_credit(&self, run: &NewRun) -> Result<bool, StoreError> {
        write_db!(self, |pool| {
            let mut tx = pool.begin_with(self.begin_write()).await?;
            let taken = sqlx::query(
                "UPDATE run_credits SET runs = runs - 1 WHERE account = $1 AND runs > 0",
            )
            .bind(&run.owner)
            .execute(&mut *tx)
            .await?
            .rows_affected();
            if taken == 0 {
                return Ok(false);
            }
            let first = sqlx::query(
                "INSERT INTO run_credit_changes (id, account, runs, at) VALUES ($1, $2, -1, $3) \
                 ON CONFLICT (id) DO NOTHING",
            )
            .bind(&run.payment)
            .bind(&run.owner)
            .bind(run.created_at)
            .execute(&mut *tx)
            .await?
            .rows_affected();
            if first == 0 {
                tx.rollback().await?;
                return Ok(true);
            }
            insert_run!(tx, run);
            tx.commit().await?;
            Ok(true)
        })
    }
}
