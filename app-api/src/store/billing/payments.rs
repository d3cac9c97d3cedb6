//! Payments: facts are taken in and postings decided under a lock of the payment's row.

use std::collections::BTreeMap;

use super::{Store, StoreError, invoices::Document, on_db, write_db};
use crate::platform::payments::{Decided, Disputed, Fact, Kind, Outcome, Paid, Payment, Purpose};

type PaymentRow = (
    String,
    Option<String>,
    String,
    String,
    String,
    i64,
    i64,
    i64,
    String,
);
type PostingRow = (String, String, String, i64, String, bool, i64);

const PAYMENT: &str = "SELECT payment, account, purpose, description, object, paid_cents, \
    overage_cents, refunded_cents, subject FROM stripe_payments WHERE payment = $1";
const DISPUTES: &str =
    "SELECT dispute, amount_cents, taken <> 0, outcome FROM stripe_disputes WHERE payment = $1";
const POSTINGS: &str = "SELECT posting, kind, object, amount_cents, content, done <> 0, short_nano_usd \
    FROM stripe_postings WHERE payment = $1 ORDER BY decided_at, posting";

impl Store {
    /// Takes facts in and answers what is to be posted next, decided for good.
    ///
    /// The payment's row is locked from reading to the commit, so two that decide at the same time decide
    /// one after the other, and the second finds what the first decided.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn decide(
        &self,
        id: &str,
        fact: Option<&Fact>,
        fee_bps: u64,
        now: i64,
    ) -> Result<Option<Decided>, StoreError> {
        let select = format!("{PAYMENT}{}", self.for_update());
        Ok(write_db!(self, |pool| {
            let mut tx = pool.begin_with(self.begin_write()).await?;
            // So that there is a row to lock.
            sqlx::query(
                "INSERT INTO stripe_payments (payment, account, purpose, description, object, paid_cents, \
                 overage_cents, refunded_cents) VALUES ($1, NULL, '', '', '', 0, 0, 0) \
                 ON CONFLICT (payment) DO NOTHING",
            )
            .bind(id)
            .execute(&mut *tx)
            .await?;
            let row: PaymentRow = sqlx::query_as(sqlx::AssertSqlSafe(select.as_str()))
                .bind(id)
                .fetch_one(&mut *tx)
                .await?;
            let disputes: Vec<(String, i64, bool, String)> = sqlx::query_as(DISPUTES)
                .bind(id)
                .fetch_all(&mut *tx)
                .await?;
            let postings: Vec<PostingRow> = sqlx::query_as(POSTINGS)
                .bind(id)
                .fetch_all(&mut *tx)
                .await?;
            let mut payment = payment(row, disputes, postings)?;
            if let Some(fact) = fact {
                payment.learn(fact.clone());
                let paid = payment.paid.as_ref();
                sqlx::query(
                    "UPDATE stripe_payments SET account = $2, purpose = $3, description = $4, object = $5, \
                     paid_cents = $6, overage_cents = $7, refunded_cents = $8, subject = $9 WHERE payment = $1",
                )
                .bind(id)
                .bind(paid.map(|p| p.account.as_str()))
                .bind(paid.map_or("", |p| p.purpose.name()))
                .bind(paid.map_or("", |p| p.description.as_str()))
                .bind(paid.map_or("", |p| p.object.as_str()))
                .bind(paid.map_or(0, |p| p.cents))
                .bind(paid.map_or(0, |p| p.overage_cents))
                .bind(payment.refunded_cents)
                .bind(paid.map_or("", |p| p.subject.as_str()))
                .execute(&mut *tx)
                .await?;
                for (dispute, now) in &payment.disputes {
                    sqlx::query(
                        "INSERT INTO stripe_disputes (dispute, payment, amount_cents, taken, outcome) \
                         VALUES ($1, $2, $3, $4, $5) ON CONFLICT (dispute) DO UPDATE SET \
                         amount_cents = excluded.amount_cents, taken = excluded.taken, \
                         outcome = excluded.outcome",
                    )
                    .bind(dispute)
                    .bind(id)
                    .bind(now.cents)
                    .bind(i16::from(now.taken))
                    .bind(now.outcome.name())
                    .execute(&mut *tx)
                    .await?;
                }
            }
            let next = payment.next(fee_bps);
            if let Some(next) = next.as_ref()
                && !payment.postings.iter().any(|known| known.id == next.id)
            {
                let content = serde_json::to_string(&next.content)
                    .map_err(|_| StoreError::Corrupt("posting"))?;
                sqlx::query(
                    "INSERT INTO stripe_postings (posting, payment, account, kind, object, amount_cents, \
                     content, decided_at, done, short_nano_usd) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, 0)",
                )
                .bind(&next.id)
                .bind(id)
                .bind(next.account())
                .bind(next.kind.name())
                .bind(&next.object)
                .bind(next.cents)
                .bind(content)
                .bind(now)
                .execute(&mut *tx)
                .await?;
            }
            tx.commit().await?;
            next
        }))
    }

    /// The ledger has a posting; what the customer lacked is kept with it. The document that comes of it is
    /// issued with it.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn posting_is_done(
        &self,
        posting: &str,
        short_nano_usd: i64,
        document: Option<&Document>,
    ) -> Result<(), StoreError> {
        write_db!(self, |pool| {
            let mut tx = pool.begin_with(self.begin_write()).await?;
            let done = sqlx::query(
                "UPDATE stripe_postings SET done = 1, short_nano_usd = $2 WHERE posting = $1 AND done = 0",
            )
            .bind(posting)
            .bind(short_nano_usd)
            .execute(&mut *tx)
            .await?;
            // Only whoever turns it over issues what comes of it: the row is locked until the commit.
            if let (1, Some(document)) = (done.rows_affected(), document) {
                super::invoices::issue!(tx, document);
            }
            tx.commit().await?;
        });
        Ok(())
    }

    /// Payments with a posting that was decided before `before` and is not done.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn open_payments(&self, before: i64, limit: i64) -> Result<Vec<String>, StoreError> {
        let rows: Vec<(String,)> = on_db!(self, |pool| {
            sqlx::query_as(
                "SELECT DISTINCT payment FROM stripe_postings WHERE done = 0 AND decided_at < $1 \
                 ORDER BY payment LIMIT $2",
            )
            .bind(before)
            .bind(limit)
            .fetch_all(pool)
            .await?
        });
        Ok(rows.into_iter().map(|(payment,)| payment).collect())
    }

    /// Whether a payment of this id was made, and what of it was not given back yet, cents.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn refundable_cents(&self, payment: &str) -> Result<Option<i64>, StoreError> {
        let row: Option<(i64,)> = on_db!(self, |pool| {
            sqlx::query_as(
                "SELECT paid_cents - refunded_cents FROM stripe_payments \
                 WHERE payment = $1 AND account IS NOT NULL",
            )
            .bind(payment)
            .fetch_optional(pool)
            .await?
        });
        Ok(row.map(|(cents,)| cents))
    }
}

fn payment(
    row: PaymentRow,
    disputes: Vec<(String, i64, bool, String)>,
    postings: Vec<PostingRow>,
) -> Result<Payment, StoreError> {
    let (id, account, purpose, description, object, cents, overage_cents, refunded_cents, subject) =
        row;
    let corrupt = || StoreError::Corrupt("payment");
    let paid = account
        .map(|account| {
            Ok::<_, StoreError>(Paid {
                account,
                purpose: Purpose::named(&purpose).ok_or_else(corrupt)?,
                subject,
                description,
                object,
                cents,
                overage_cents,
            })
        })
        .transpose()?;
    let disputes = disputes
        .into_iter()
        .map(|(dispute, cents, taken, outcome)| {
            let outcome = Outcome::named(&outcome).ok_or_else(corrupt)?;
            let now = Disputed {
                cents,
                taken,
                outcome,
            };
            Ok((dispute, now))
        })
        .collect::<Result<BTreeMap<_, _>, StoreError>>()?;
    let postings = postings
        .into_iter()
        .map(|(id, kind, object, cents, content, done, short_nano_usd)| {
            Ok(Decided {
                id,
                kind: Kind::named(&kind).ok_or_else(corrupt)?,
                object,
                cents,
                content: serde_json::from_str(&content).map_err(|_| corrupt())?,
                done,
                short_nano_usd,
            })
        })
        .collect::<Result<Vec<_>, StoreError>>()?;
    Ok(Payment {
        id,
        paid,
        refunded_cents,
        disputes,
        postings,
    })
}
