//! Calls of metered systems by calendar month.

use super::{Store, StoreError, on_db};

/// An account's month.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MeteredMonth {
    /// `YYYY-MM`
    pub period: String,
    /// All its systems' calls.
    pub calls: i64,
    /// By system.
    pub systems: Vec<(String, i64)>,
}

impl Store {
    /// Counts a batch of calls to the first of two months that is open, once for the batch's id; `false`:
    /// it was counted before, or with other content.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn count_calls(
        &self,
        batch: &str,
        account: &str,
        system: &str,
        calls: i64,
        periods: [&str; 2],
    ) -> Result<bool, StoreError> {
        on_db!(self, |pool| {
            let mut tx = pool.begin_with(self.begin_write()).await?;
            let mut counted_to = None;
            for period in periods {
                sqlx::query(
                    "INSERT INTO metered_months (account, period, calls, closed) VALUES ($1, $2, 0, 0) \
                     ON CONFLICT (account, period) DO NOTHING",
                )
                .bind(account)
                .bind(period)
                .execute(&mut *tx)
                .await?;
                // Closing takes the same row: it is either before or after this.
                let counted = sqlx::query(
                    "UPDATE metered_months SET calls = calls + $3 \
                     WHERE account = $1 AND period = $2 AND closed = 0",
                )
                .bind(account)
                .bind(period)
                .bind(calls)
                .execute(&mut *tx)
                .await?;
                if counted.rows_affected() > 0 {
                    counted_to = Some(period);
                    break;
                }
            }
            let period = counted_to.ok_or(StoreError::Corrupt("metered month"))?;
            let new = sqlx::query(
                "INSERT INTO metered_batches (batch, account, system, period, calls) \
                 VALUES ($1, $2, $3, $4, $5) ON CONFLICT (batch) DO NOTHING",
            )
            .bind(batch)
            .bind(account)
            .bind(system)
            .bind(period)
            .bind(calls)
            .execute(&mut *tx)
            .await?;
            if new.rows_affected() == 0 {
                tx.rollback().await?;
                return Ok(false);
            }
            sqlx::query(
                "INSERT INTO metered_calls (account, period, system, calls) VALUES ($1, $2, $3, $4) \
                 ON CONFLICT (account, period, system) \
                 DO UPDATE SET calls = metered_calls.calls + excluded.calls",
            )
            .bind(account)
            .bind(period)
            .bind(system)
            .bind(calls)
            .execute(&mut *tx)
            .await?;
            tx.commit().await?;
        });
        Ok(true)
    }

    /// What is counted of a month so far.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn metered_month(
        &self,
        account: &str,
        period: &str,
    ) -> Result<MeteredMonth, StoreError> {
        let systems: Vec<(String, i64)> = on_db!(self, |pool| {
            sqlx::query_as(
                "SELECT system, calls FROM metered_calls WHERE account = $1 AND period = $2 \
                 ORDER BY system",
            )
            .bind(account)
            .bind(period)
            .fetch_all(pool)
            .await?
        });
        Ok(MeteredMonth {
            period: period.to_owned(),
            calls: systems
                .iter()
                .fold(0, |sum, (_, calls)| sum.saturating_add(*calls)),
            systems,
        })
    }
}
