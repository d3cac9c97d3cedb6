//! A batch of measurements with all that it causes, in one transaction.

use sqlx::QueryBuilder;

use super::{Store, StoreError, alerts, on_db, write_db};
use crate::{
    platform::systems::{Notice, Quota, quota_marks},
    store::billing::metered::count_calls_in,
};

/// A measurement to store.
#[derive(Clone, Debug, PartialEq)]
pub struct NewPoint {
    /// What was measured.
    pub name: String,
    /// How much.
    pub value: f64,
    /// When, Unix seconds.
    pub at: i64,
}

/// A batch, and what the account's plan makes of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Recording {
    /// Whose.
    pub account: String,
    /// Of which system.
    pub system: String,
    /// The customer's name for it.
    pub batch: String,
    /// A name of our own; the points' ids begin with it.
    pub id: String,
    /// What tells it from another of the same name.
    pub digest: String,
    /// What was measured.
    pub points: Vec<NewPoint>,
    /// The months that may take the call.
    pub periods: [String; 2],
    /// Calls that the plan's fee pays for.
    pub included: i64,
    /// Whether there are calls above them.
    pub overage: bool,
    /// Whether rules are looked at.
    pub alerts: bool,
    /// Whether webhooks are told.
    pub webhooks: bool,
    /// Unix seconds.
    pub now: i64,
}

/// What became of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordingEnd {
    /// Stored and counted; the month's calls with it.
    Stored(i64),
    /// It was stored before, and nothing changed.
    Duplicate,
    /// Another batch of this name was stored before.
    Conflict,
    /// The account has no such system.
    NoSystem,
    /// The plan's calls of the month are used.
    QuotaExceeded,
}

impl Store {
    /// Stores a batch and counts one call for it, evaluates the system's rules, and writes down whom to tell:
    /// all of it once for the batch's name, or nothing.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn record_points(&self, batch: &Recording) -> Result<RecordingEnd, StoreError> {
        let (account, system, now) = (&*batch.account, &*batch.system, batch.now);
        // Systems of one account share names of batches no more than accounts do.
        let counted_as = format!("{system}:{}", batch.batch);
        let [first, second] = &batch.periods;
        // The lock keeps the system from being deleted meanwhile.
        let lock = format!(
            "SELECT name, account FROM systems WHERE id = $1 AND account = $2{}",
            self.for_update()
        );
        write_db!(self, |pool: Database| {
            let mut tx = pool.begin_with(self.begin_write()).await?;
            let found: Option<(String, String)> = sqlx::query_as(sqlx::AssertSqlSafe(lock))
                .bind(system)
                .bind(account)
                .fetch_optional(&mut *tx)
                .await?;
            let Some((system_name, _)) = found else {
                return Ok(RecordingEnd::NoSystem);
            };
            let periods = [first.as_str(), second.as_str()];
            let counted = count_calls_in!(tx, &counted_as, account, system, 1_i64, periods);
            let Some((period, calls)) = counted else {
                tx.rollback().await?;
                return self.known_batch(batch).await;
            };
            if calls > batch.included && !batch.overage {
                tx.rollback().await?;
                return Ok(RecordingEnd::QuotaExceeded);
            }
            sqlx::query(
                "INSERT INTO metric_batches (system, batch, digest, points) VALUES ($1, $2, $3, $4)",
            )
            .bind(system)
            .bind(&batch.batch)
            .bind(&batch.digest)
            .bind(i64::try_from(batch.points.len()).unwrap_or(i64::MAX))
            .execute(&mut *tx)
            .await?;
            let mut insert = QueryBuilder::<Database>::new(
                "INSERT INTO metric_points (system, at, id, name, value) ",
            );
            insert.push_values(batch.points.iter().enumerate(), |mut row, (n, point)| {
                row.push_bind(system)
                    .push_bind(point.at)
                    .push_bind(format!("{}{n:04x}", batch.id))
                    .push_bind(&point.name)
                    .push_bind(point.value);
            });
            insert.build().execute(&mut *tx).await?;

            let mut notices = Vec::new();
            if batch.alerts {
                let place = (system, &*system_name, now);
                alerts::evaluate_in!(tx, place, &batch.points, notices);
            }
            for percent in quota_marks(batch.included, calls) {
                let first_time = sqlx::query(
                    "INSERT INTO quota_notices (account, period, percent) VALUES ($1, $2, $3) \
                     ON CONFLICT (account, period, percent) DO NOTHING",
                )
                .bind(account)
                .bind(period)
                .bind(percent)
                .execute(&mut *tx)
                .await?;
                if first_time.rows_affected() == 1 {
                    notices.push(Notice::Quota(Quota {
                        month: period.to_owned(),
                        percent,
                        included_calls: batch.included,
                        calls,
                    }));
                }
            }
            if batch.webhooks && !notices.is_empty() {
                super::deliveries::tell_in!(tx, account, now, &notices);
            }
            tx.commit().await?;
            Ok(RecordingEnd::Stored(calls))
        })
    }

    /// Whether a batch that was counted before is the one that was stored.
    async fn known_batch(&self, batch: &Recording) -> Result<RecordingEnd, StoreError> {
        let known: Option<(String,)> = on_db!(self, |pool| {
            sqlx::query_as("SELECT digest FROM metric_batches WHERE system = $1 AND batch = $2")
                .bind(&batch.system)
                .bind(&batch.batch)
                .fetch_optional(pool)
                .await?
        });
        Ok(match known {
            Some((digest,)) if digest == batch.digest => RecordingEnd::Duplicate,
            _ => RecordingEnd::Conflict,
        })
    }
}
