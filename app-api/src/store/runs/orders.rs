//! Runs that wait to be paid by card. The first payment of one is kept by comparison, so that a second finds
//! that it pays for nothing.

use sqlx::FromRow;

use super::{KEPT_SECONDS, NewRun, insert_run};
use crate::store::{Store, StoreError, on_db, write_db};

/// Most orders that nobody visited: beyond, no more are kept until some are over.
const MAX_UNVISITED: i64 = 20_000;
/// How long after its page closed an unpaid order is remembered, seconds: what is told late finds it.
const REMEMBERED_SECONDS: i64 = 30 * 86_400;
/// How long after its page closed an order may still turn out to be paid, seconds.
const LATE_SECONDS: i64 = 86_400;

/// A run that waits to be paid.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct RunOrder {
    /// All of it, JSON.
    pub run: String,
    /// What it costs by card, US cents.
    pub cents: i64,
    /// Until when the provider's page takes money, Unix seconds.
    pub pays_until: i64,
    /// That page, once it was made.
    pub url: Option<String>,
}

/// Whether an order can be paid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Visited {
    /// It can, or could until its page closed.
    Order(RunOrder),
    /// It was paid.
    Paid,
    /// There is none, its time is over, or its unit is gone.
    Nothing,
}

impl Store {
    /// Keeps a run to be paid until `expires_at`; whether there is room for it.
    ///
    /// # Errors
    /// If the database fails.
    pub(crate) async fn keep_run_order(
        &self,
        run: &NewRun,
        cents: i64,
        expires_at: i64,
    ) -> Result<bool, StoreError> {
        let text = serde_json::to_string(run).map_err(|_| StoreError::Corrupt("run"))?;
        write_db!(self, |pool| {
            // Two at the same time may both pass: the bound keeps a disk from filling, not a cent.
            let kept = sqlx::query(
                "INSERT INTO run_orders (run_id, run, cents, expires_at) \
                 SELECT $1, $2, $3, $4 WHERE \
                 (SELECT COUNT(*) FROM run_orders WHERE pays_until IS NULL) < $5",
            )
            .bind(&run.id)
            .bind(text)
            .bind(cents)
            .bind(expires_at)
            .bind(MAX_UNVISITED)
            .execute(pool)
            .await?;
            Ok(kept.rows_affected() == 1)
        })
    }

    /// Somebody wants to pay an order: the first visit decides that it can be paid until `pays_until`, and
    /// keeps its unit for as long as it may have to be run.
    ///
    /// # Errors
    /// If the database fails.
    pub(crate) async fn visit_run_order(
        &self,
        id: &str,
        now: i64,
        pays_until: i64,
    ) -> Result<Visited, StoreError> {
        write_db!(self, |pool| {
            let mut tx = pool.begin_with(self.begin_write()).await?;
            let order: Option<RunOrder> = sqlx::query_as(
                "UPDATE run_orders SET pays_until = COALESCE(pays_until, $3) \
                 WHERE run_id = $1 AND payment IS NULL AND (pays_until IS NOT NULL OR expires_at > $2) \
                 RETURNING run, cents, pays_until, url",
            )
            .bind(id)
            .bind(now)
            .bind(pays_until)
            .fetch_optional(&mut *tx)
            .await?;
            let Some(order) = order else {
                let paid: Option<(i64,)> = sqlx::query_as(
                    "SELECT cents FROM run_orders WHERE run_id = $1 AND payment IS NOT NULL",
                )
                .bind(id)
                .fetch_optional(&mut *tx)
                .await?;
                return Ok(paid.map_or(Visited::Nothing, |_| Visited::Paid));
            };
            let run: NewRun =
                serde_json::from_str(&order.run).map_err(|_| StoreError::Corrupt("run"))?;
            let unit = sqlx::query(
                "UPDATE fmus SET expires_at = CASE WHEN expires_at < $2 THEN $2 ELSE expires_at END \
                 WHERE id = $1 AND expires_at > $3",
            )
            .bind(&run.fmu)
            .bind(order.pays_until.saturating_add(KEPT_SECONDS))
            .bind(now)
            .execute(&mut *tx)
            .await?;
            if unit.rows_affected() == 0 {
                return Ok(Visited::Nothing);
            }
            tx.commit().await?;
            Ok(Visited::Order(order))
        })
    }

    /// The provider's page for an order was made.
    ///
    /// # Errors
    /// If the database fails.
    pub(crate) async fn run_order_url(&self, id: &str, url: &str) -> Result<(), StoreError> {
        write_db!(self, |pool| {
            sqlx::query("UPDATE run_orders SET url = $2 WHERE run_id = $1")
                .bind(id)
                .bind(url)
                .execute(pool)
                .await?;
        });
        Ok(())
    }

    /// A payment of so many cents came for an order: its run is queued with it. `false`: it pays for nothing,
    /// for the order is unknown, costs something else, was paid by another, or its unit is gone. Said again of
    /// the same payment, it is the same.
    ///
    /// # Errors
    /// If the database fails.
    pub(crate) async fn pay_run_order(
        &self,
        id: &str,
        payment: &str,
        cents: i64,
        now: i64,
    ) -> Result<bool, StoreError> {
        write_db!(self, |pool| {
            let mut tx = pool.begin_with(self.begin_write()).await?;
            // Locks the row until the commit: of two payments one is first.
            let order: Option<(String,)> = sqlx::query_as(
                "UPDATE run_orders SET payment = $2 WHERE run_id = $1 AND cents = $3 \
                 AND (payment IS NULL OR payment = $2) RETURNING run",
            )
            .bind(id)
            .bind(payment)
            .bind(cents)
            .fetch_optional(&mut *tx)
            .await?;
            let Some((text,)) = order else {
                return Ok(false);
            };
            let mut run: NewRun =
                serde_json::from_str(&text).map_err(|_| StoreError::Corrupt("run"))?;
            let queued: Option<(i64,)> =
                sqlx::query_as("SELECT created_at FROM runs WHERE payment = $1")
                    .bind(&run.payment)
                    .fetch_optional(&mut *tx)
                    .await?;
            if queued.is_some() {
                return Ok(true);
            }
            let unit: Option<(i64,)> =
                sqlx::query_as("SELECT expires_at FROM fmus WHERE id = $1 AND expires_at > $2")
                    .bind(&run.fmu)
                    .bind(now)
                    .fetch_optional(&mut *tx)
                    .await?;
            if unit.is_none() {
                return Ok(false);
            }
            // Its result is kept as long as any other's.
            let kept = run.expires_at.saturating_sub(run.created_at);
            run.created_at = now;
            run.expires_at = now.saturating_add(kept);
            insert_run!(tx, &run);
            tx.commit().await?;
            Ok(true)
        })
    }

    /// Forgets orders that can no longer be paid.
    ///
    /// # Errors
    /// If the database fails.
    pub(crate) async fn forget_run_orders(&self, now: i64) -> Result<(), StoreError> {
        write_db!(self, |pool| {
            sqlx::query("DELETE FROM run_orders WHERE pays_until IS NULL AND expires_at < $1")
                .bind(now)
                .execute(pool)
                .await?;
            sqlx::query("DELETE FROM run_orders WHERE payment IS NULL AND pays_until < $1")
                .bind(now.saturating_sub(REMEMBERED_SECONDS))
                .execute(pool)
                .await?;
        });
        Ok(())
    }

    /// The run that waits for a payment, by card or by x402, or of which nobody knows whether it was paid.
    ///
    /// # Errors
    /// If the database fails.
    pub(crate) async fn pending_run(
        &self,
        run: &str,
        now: i64,
    ) -> Result<Option<NewRun>, StoreError> {
        let row: Option<(String,)> = on_db!(self, |pool| {
            sqlx::query_as(
                "SELECT run FROM x402_payments WHERE run_id = $1 AND state IN ('settling', 'unknown') \
                 UNION ALL SELECT run FROM run_orders WHERE run_id = $1 AND payment IS NULL \
                 AND COALESCE(pays_until + $3, expires_at) > $2",
            )
            .bind(run)
            .bind(now)
            .bind(LATE_SECONDS)
            .fetch_optional(pool)
            .await?
        });
        row.map(|(run,)| serde_json::from_str(&run).map_err(|_| StoreError::Corrupt("run")))
            .transpose()
    }
}
