//! Runs, what pays for them, and the units they are of. A unique payment decides that there is one run for
//! it; a lease that is taken by comparison decides who works at it.

mod credits;
mod fmus;
mod orders;
mod payments;

use sqlx::FromRow;

use super::{Store, StoreError, on_db, write_db};

pub use fmus::FmuRow;
pub(crate) use orders::{RunOrder, Visited};
pub use payments::{NewPayment, PaymentRow};

/// A run to be.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct NewRun {
    /// `run_…`.
    pub id: String,
    /// The account; empty: whoever has its token.
    pub owner: String,
    /// The API key it was asked for with.
    pub key_id: Option<String>,
    /// The unit, for the time it is kept.
    pub fmu: String,
    /// The unit's archive.
    pub sha256: String,
    /// What is run, JSON.
    pub job: String,
    /// Steps of it.
    pub steps: i64,
    /// `x402`, `stripe`, `balance`, `credit` or `again`.
    pub paid_by: String,
    /// What pays for it, and for nothing else.
    pub payment: String,
    /// Its price, nano-USD.
    pub price_nano_usd: i64,
    /// When it was asked for, Unix seconds.
    pub created_at: i64,
    /// Until when it is kept, Unix seconds.
    pub expires_at: i64,
}

/// A run.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct RunRow {
    /// `run_…`.
    pub id: String,
    /// The account; empty: whoever has its token.
    pub owner: String,
    /// The API key it was asked for with.
    pub key_id: Option<String>,
    /// The unit's archive.
    pub sha256: String,
    /// What is run, JSON.
    pub job: String,
    /// Steps of it.
    pub steps: i64,
    /// `x402`, `stripe`, `balance`, `credit` or `again`.
    pub paid_by: String,
    /// What paid for it.
    pub payment: String,
    /// Its price, nano-USD.
    pub price_nano_usd: i64,
    /// `queued`, `running`, `done` or `failed`.
    pub state: String,
    /// Until when a process works at it, Unix seconds.
    pub lease: i64,
    /// How often it was begun.
    pub attempts: i64,
    /// What came of it, JSON.
    pub outcome: Option<String>,
    /// When it was asked for, Unix seconds.
    pub created_at: i64,
    /// When it ended, Unix seconds.
    pub finished_at: Option<i64>,
    /// Until when it is kept, Unix seconds.
    pub expires_at: i64,
}

/// Columns of [`RunRow`].
macro_rules! columns {
    () => {
        "id, owner, key_id, sha256, job, steps, paid_by, payment, price_nano_usd, state, lease, \
         attempts, outcome, created_at, finished_at, expires_at"
    };
}

/// Inserts a run in a transaction; one of this id, or that was paid so before, stays. Keeps its unit for another `$grace`
/// seconds.
macro_rules! insert_run {
    ($tx:expr, $run:expr) => {{
        let run: &NewRun = $run;
        sqlx::query(
            "INSERT INTO runs (id, owner, key_id, sha256, job, steps, paid_by, payment, price_nano_usd, \
             state, lease, attempts, accounted, created_at, expires_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'queued', 0, 0, 0, $10, $11) \
             ON CONFLICT DO NOTHING",
        )
        .bind(&run.id)
        .bind(&run.owner)
        .bind(&run.key_id)
        .bind(&run.sha256)
        .bind(&run.job)
        .bind(run.steps)
        .bind(&run.paid_by)
        .bind(&run.payment)
        .bind(run.price_nano_usd)
        .bind(run.created_at)
        .bind(run.expires_at)
        .execute(&mut *$tx)
        .await?;
        // A unit that was paid for stays long enough to be run, and once more.
        sqlx::query("UPDATE fmus SET expires_at = $1 WHERE id = $2 AND expires_at < $1")
            .bind(run.created_at.saturating_add(crate::store::runs::KEPT_SECONDS))
            .bind(&run.fmu)
            .execute(&mut *$tx)
            .await?;
    }};
}
use insert_run;

/// How long at least a unit stays whose run was paid: longer than a token to run again is good.
const KEPT_SECONDS: i64 = 2 * 86_400;

impl Store {
    /// Queues a paid run; the one there is if its payment paid before.
    ///
    /// # Errors
    /// If the database fails.
    pub(crate) async fn queue_run(&self, run: &NewRun) -> Result<(), StoreError> {
        write_db!(self, |pool| {
            let mut tx = pool.begin_with(self.begin_write()).await?;
            insert_run!(tx, run);
            tx.commit().await?;
        });
        Ok(())
    }

    /// A run by its id.
    ///
    /// # Errors
    /// If the database fails.
    pub(crate) async fn run(&self, id: &str) -> Result<Option<RunRow>, StoreError> {
        let sql = concat!("SELECT ", columns!(), " FROM runs WHERE id = $1");
        on_db!(self, |pool| {
            Ok(sqlx::query_as(sql).bind(id).fetch_optional(pool).await?)
        })
    }

    /// The run that a payment paid for.
    ///
    /// # Errors
    /// If the database fails.
    pub(crate) async fn run_paid_by(&self, payment: &str) -> Result<Option<RunRow>, StoreError> {
        let sql = concat!("SELECT ", columns!(), " FROM runs WHERE payment = $1");
        on_db!(self, |pool| {
            Ok(sqlx::query_as(sql)
                .bind(payment)
                .fetch_optional(pool)
                .await?)
        })
    }

    /// Runs that wait or are under way.
    ///
    /// # Errors
    /// If the database fails.
    pub(crate) async fn open_runs(&self) -> Result<i64, StoreError> {
        on_db!(self, |pool| {
            let (count,): (i64,) =
                sqlx::query_as("SELECT COUNT(*) FROM runs WHERE state IN ('queued', 'running')")
                    .fetch_one(pool)
                    .await?;
            Ok(count)
        })
    }

    /// Takes the oldest run that nobody works at, until `lease`.
    ///
    /// # Errors
    /// If the database fails.
    pub(crate) async fn claim_run(
        &self,
        now: i64,
        lease: i64,
    ) -> Result<Option<RunRow>, StoreError> {
        let take = concat!(
            "UPDATE runs SET state = 'running', lease = $1, attempts = attempts + 1 \
             WHERE id = $2 AND lease = $3 AND state IN ('queued', 'running') RETURNING ",
            columns!()
        );
        let open: Vec<(String, i64)> = on_db!(self, |pool| {
            sqlx::query_as(
                "SELECT id, lease FROM runs WHERE state IN ('queued', 'running') AND lease < $1 \
                 ORDER BY created_at, id LIMIT 8",
            )
            .bind(now)
            .fetch_all(pool)
            .await?
        });
        for (id, seen) in open {
            let taken = write_db!(self, |pool| {
                let taken = sqlx::query_as(take).bind(lease).bind(&id).bind(seen);
                taken.fetch_optional(pool).await?
            });
            // Another process was faster where there is none.
            if taken.is_some() {
                return Ok(taken);
            }
        }
        Ok(None)
    }

    /// Gives back a run that was begun and not ended.
    ///
    /// # Errors
    /// If the database fails.
    pub(crate) async fn release_run(&self, run: &RunRow) -> Result<(), StoreError> {
        write_db!(self, |pool| {
            sqlx::query(
                "UPDATE runs SET state = 'queued', lease = 0, attempts = attempts - 1 \
                 WHERE id = $1 AND lease = $2 AND state = 'running'",
            )
            .bind(&run.id)
            .bind(run.lease)
            .execute(pool)
            .await?;
        });
        Ok(())
    }

    /// Ends a run, once.
    ///
    /// # Errors
    /// If the database fails.
    pub(crate) async fn end_run(
        &self,
        id: &str,
        state: &str,
        outcome: &str,
        now: i64,
    ) -> Result<(), StoreError> {
        write_db!(self, |pool| {
            sqlx::query(
                "UPDATE runs SET state = $1, outcome = $2, finished_at = $3 \
                 WHERE id = $4 AND state IN ('queued', 'running')",
            )
            .bind(state)
            .bind(outcome)
            .bind(now)
            .bind(id)
            .execute(pool)
            .await?;
        });
        Ok(())
    }

    /// Ended runs whose payment was neither charged nor given back.
    ///
    /// # Errors
    /// If the database fails.
    pub(crate) async fn unaccounted_runs(&self) -> Result<Vec<RunRow>, StoreError> {
        let sql = concat!(
            "SELECT ",
            columns!(),
            " FROM runs WHERE accounted = 0 AND state IN ('done', 'failed') ORDER BY finished_at LIMIT 100"
        );
        on_db!(self, |pool| {
            Ok(sqlx::query_as(sql).fetch_all(pool).await?)
        })
    }

    /// The payment of a run was charged or given back.
    ///
    /// # Errors
    /// If the database fails.
    pub(crate) async fn run_accounted(&self, id: &str) -> Result<(), StoreError> {
        write_db!(self, |pool| {
            sqlx::query("UPDATE runs SET accounted = 1 WHERE id = $1")
                .bind(id)
                .execute(pool)
                .await?;
        });
        Ok(())
    }

    /// Ids of accounted runs whose time is over.
    ///
    /// # Errors
    /// If the database fails.
    pub(crate) async fn expired_runs(&self, now: i64) -> Result<Vec<(String,)>, StoreError> {
        on_db!(self, |pool| {
            Ok(sqlx::query_as(
                "SELECT id FROM runs WHERE expires_at < $1 AND accounted = 1 AND outcome <> '' LIMIT 100",
            )
            .bind(now)
            .fetch_all(pool)
            .await?)
        })
    }

    /// Forgets what came of a run. That its payment was used is never forgotten.
    ///
    /// # Errors
    /// If the database fails.
    pub(crate) async fn forget_run(&self, id: &str) -> Result<(), StoreError> {
        write_db!(self, |pool| {
            sqlx::query("UPDATE runs SET outcome = '', job = '' WHERE id = $1")
                .bind(id)
                .execute(pool)
                .await?;
        });
        Ok(())
    }
}
