//! Calls of metered systems by calendar month.

use super::{Store, StoreError, on_db, write_db};

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

/// Counts a batch of calls within a transaction to the first of two months that is open: the month, and all
/// its calls with these; `None`: the batch was counted before, and the transaction has to be rolled back.
macro_rules! count_calls_in {
    ($tx:ident, $batch:expr, $account:expr, $system:expr, $calls:expr, $periods:expr) => {{
        let mut counted_to: Option<(&str, i64)> = None;
        for period in $periods {
            sqlx::query(
                "INSERT INTO metered_months (account, period, calls, closed) VALUES ($1, $2, 0, 0) \
                 ON CONFLICT (account, period) DO NOTHING",
            )
            .bind($account)
            .bind(period)
            .execute(&mut *$tx)
            .await?;
            // Closing takes the same row: it is either before or after this.
            let counted: Option<(i64,)> = sqlx::query_as(
                "UPDATE metered_months SET calls = calls + $3 \
                 WHERE account = $1 AND period = $2 AND closed = 0 RETURNING calls",
            )
            .bind($account)
            .bind(period)
            .bind($calls)
            .fetch_optional(&mut *$tx)
            .await?;
            if let Some((total,)) = counted {
                counted_to = Some((period, total));
                break;
            }
        }
        let (period, total) = counted_to.ok_or(StoreError::Corrupt("metered month"))?;
        let new = sqlx::query(
            "INSERT INTO metered_batches (batch, account, system, period, calls) \
             VALUES ($1, $2, $3, $4, $5) ON CONFLICT (batch) DO NOTHING",
        )
        .bind($batch)
        .bind($account)
        .bind($system)
        .bind(period)
        .bind($calls)
        .execute(&mut *$tx)
        .await?;
        if new.rows_affected() == 0 {
            None
        } else {
            sqlx::query(
                "INSERT INTO metered_calls (account, period, system, calls) VALUES ($1, $2, $3, $4) \
                 ON CONFLICT (account, period, system) \
                 DO UPDATE SET calls = metered_calls.calls + excluded.calls",
            )
            .bind($account)
            .bind(period)
            .bind($system)
            .bind($calls)
            .execute(&mut *$tx)
            .await?;
            Some((period, total))
        }
    }};
}
pub(in crate::store) use count_calls_in;

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
        write_db!(self, |pool| {
            let mut tx = pool.begin_with(self.begin_write()).await?;
            let counted = count_calls_in!(tx, batch, account, system, calls, periods);
            if counted.is_none() {
                tx.rollback().await?;
                return Ok(false);
            }
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
