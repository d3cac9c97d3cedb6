//! What nobody can be shown any more is deleted, some rows at a time.

use super::{Store, StoreError, on_db, write_db};

impl Store {
    /// Some systems with their accounts, after the id `after`.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn some_systems(
        &self,
        after: &str,
        limit: i64,
    ) -> Result<Vec<(String, String)>, StoreError> {
        on_db!(self, |pool| {
            Ok(
                sqlx::query_as(
                    "SELECT id, account FROM systems WHERE id > $1 ORDER BY id LIMIT $2",
                )
                .bind(after)
                .bind(limit)
                .fetch_all(pool)
                .await?,
            )
        })
    }

    /// Deletes at most `limit` of a system's measurements before `at`; answers how many.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn delete_points(
        &self,
        system: &str,
        at: i64,
        limit: i64,
    ) -> Result<u64, StoreError> {
        write_db!(self, |pool| {
            Ok(sqlx::query(
                "DELETE FROM metric_points WHERE system = $1 AND at < $2 AND (at, id) IN \
                 (SELECT at, id FROM metric_points WHERE system = $1 AND at < $2 \
                 ORDER BY at, id LIMIT $3)",
            )
            .bind(system)
            .bind(at)
            .bind(limit)
            .execute(pool)
            .await?
            .rows_affected())
        })
    }

    /// Some systems that were deleted and may still have measurements.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn gone_systems(&self, limit: i64) -> Result<Vec<String>, StoreError> {
        let rows: Vec<(String,)> = on_db!(self, |pool| {
            sqlx::query_as("SELECT system FROM gone_systems ORDER BY system LIMIT $1")
                .bind(limit)
                .fetch_all(pool)
                .await?
        });
        Ok(rows.into_iter().map(|(system,)| system).collect())
    }

    /// Nothing is left of a system.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn system_is_gone(&self, system: &str) -> Result<(), StoreError> {
        write_db!(self, |pool| {
            sqlx::query("DELETE FROM gone_systems WHERE system = $1")
                .bind(system)
                .execute(pool)
                .await?;
        });
        Ok(())
    }

    /// Deletes at most `limit` deliveries that ended before `at`; answers how many.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn delete_deliveries(&self, at: i64, limit: i64) -> Result<u64, StoreError> {
        write_db!(self, |pool| {
            Ok(sqlx::query(
                "DELETE FROM webhook_deliveries WHERE id IN (SELECT id FROM webhook_deliveries \
                 WHERE state IN ('delivered', 'failed') AND next_at < $1 LIMIT $2)",
            )
            .bind(at)
            .bind(limit)
            .execute(pool)
            .await?
            .rows_affected())
        })
    }
}
