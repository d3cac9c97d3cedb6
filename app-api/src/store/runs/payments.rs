//! Payments by x402: each is settled once, and what is not known of one is asked again, never forgotten.

use sqlx::FromRow;

use super::{NewRun, insert_run};
use crate::store::{Store, StoreError, on_db, write_db};

/// A payment that came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPayment {
    /// Hash of the message that its payer signed.
    pub id: String,
    /// SHA-256 of what it is to pay.
    pub request: String,
    /// The run it is to pay.
    pub run: NewRun,
    /// What the facilitator is asked, JSON.
    pub asked: String,
    /// What is paid, nano-USD.
    pub amount_nano_usd: i64,
    /// When it came, Unix seconds.
    pub created_at: i64,
}

/// A payment.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct PaymentRow {
    /// Hash of the message that its payer signed.
    pub id: String,
    /// SHA-256 of what it is to pay.
    pub request: String,
    /// The run it is to pay, JSON.
    pub run: String,
    /// What the facilitator is asked, JSON.
    pub asked: String,
    /// What is paid, nano-USD.
    pub amount_nano_usd: i64,
    /// `new`, `settling`, `unknown`, `settled` or `refused`.
    pub state: String,
    /// Why it is refused or not known.
    pub reason: Option<String>,
    /// On chain.
    pub signature: Option<String>,
    /// Who paid.
    pub payer: Option<String>,
    /// Until when a process works at it, Unix seconds.
    pub lease: i64,
    /// How often it was to be settled.
    pub attempts: i64,
}

macro_rules! columns {
    () => {
        "id, request, run, asked, amount_nano_usd, state, reason, signature, payer, lease, attempts"
    };
}

impl Store {
    /// Keeps a payment; the one there is where its message came before.
    ///
    /// # Errors
    /// If the database fails.
    pub(crate) async fn keep_payment(&self, payment: &NewPayment) -> Result<(), StoreError> {
        let run = serde_json::to_string(&payment.run).map_err(|_| StoreError::Corrupt("run"))?;
        write_db!(self, |pool| {
            sqlx::query(
                "INSERT INTO x402_payments (id, request, run_id, run, asked, amount_nano_usd, state, lease, \
                 attempts, booked, created_at) VALUES ($1, $2, $3, $4, $5, $6, 'new', 0, 0, 0, $7) \
                 ON CONFLICT (id) DO NOTHING",
            )
            .bind(&payment.id)
            .bind(&payment.request)
            .bind(&payment.run.id)
            .bind(run)
            .bind(&payment.asked)
            .bind(payment.amount_nano_usd)
            .bind(payment.created_at)
            .execute(pool)
            .await?;
        });
        Ok(())
    }

    /// A payment.
    ///
    /// # Errors
    /// If the database fails.
    pub(crate) async fn payment(&self, id: &str) -> Result<Option<PaymentRow>, StoreError> {
        let sql = concat!("SELECT ", columns!(), " FROM x402_payments WHERE id = $1");
        on_db!(self, |pool| {
            Ok(sqlx::query_as(sql).bind(id).fetch_optional(pool).await?)
        })
    }

    /// Payments that nobody works at and whose settlement is not known.
    ///
    /// # Errors
    /// If the database fails.
    pub(crate) async fn unknown_payments(&self, now: i64) -> Result<Vec<PaymentRow>, StoreError> {
        let sql = concat!(
            "SELECT ",
            columns!(),
            " FROM x402_payments WHERE state IN ('settling', 'unknown') AND lease < $1 ORDER BY lease LIMIT 20"
        );
        on_db!(self, |pool| {
            Ok(sqlx::query_as(sql).bind(now).fetch_all(pool).await?)
        })
    }

    /// Takes a payment to work at it until `lease`, from `state` to `next`; whether nobody else did.
    ///
    /// # Errors
    /// If the database fails.
    pub(crate) async fn move_payment(
        &self,
        row: &PaymentRow,
        next: &str,
        reason: Option<&str>,
        lease: i64,
    ) -> Result<bool, StoreError> {
        write_db!(self, |pool| {
            let moved = sqlx::query(
                "UPDATE x402_payments SET state = $1, reason = $2, lease = $3, \
                 attempts = attempts + CASE $1 WHEN 'settling' THEN 1 ELSE 0 END \
                 WHERE id = $4 AND state = $5 AND lease = $6",
            )
            .bind(next)
            .bind(reason)
            .bind(lease)
            .bind(&row.id)
            .bind(&row.state)
            .bind(row.lease)
            .execute(pool)
            .await?;
            Ok(moved.rows_affected() == 1)
        })
    }

    /// A payment is settled: its run is queued with it. However often this is said, there is one run.
    ///
    /// # Errors
    /// If the database fails, or another payment has this signature.
    pub(crate) async fn payment_settled(
        &self,
        id: &str,
        signature: &str,
        payer: Option<&str>,
        run: &NewRun,
    ) -> Result<(), StoreError> {
        write_db!(self, |pool| {
            let mut tx = pool.begin_with(self.begin_write()).await?;
            sqlx::query(
                "UPDATE x402_payments SET state = 'settled', reason = NULL, signature = $1, payer = $2 \
                 WHERE id = $3 AND state <> 'settled'",
            )
            .bind(signature)
            .bind(payer)
            .bind(id)
            .execute(&mut *tx)
            .await?;
            insert_run!(tx, run);
            tx.commit().await?;
        });
        Ok(())
    }

    /// Settled payments that are not in the ledger yet.
    ///
    /// # Errors
    /// If the database fails.
    pub(crate) async fn unbooked_payments(&self) -> Result<Vec<PaymentRow>, StoreError> {
        let sql = concat!(
            "SELECT ",
            columns!(),
            " FROM x402_payments WHERE state = 'settled' AND booked = 0 ORDER BY created_at LIMIT 100"
        );
        on_db!(self, |pool| {
            Ok(sqlx::query_as(sql).fetch_all(pool).await?)
        })
    }

    /// A payment is in the ledger.
    ///
    /// # Errors
    /// If the database fails.
    pub(crate) async fn payment_booked(&self, id: &str) -> Result<(), StoreError> {
        write_db!(self, |pool| {
            sqlx::query("UPDATE x402_payments SET booked = 1 WHERE id = $1")
                .bind(id)
                .execute(pool)
                .await?;
        });
        Ok(())
    }
}
