//! Months are closed and invoices issued: numbered by a row that is locked until the commit, so that no
//! number is missing and none is there twice.

use super::{Store, StoreError, on_db, write_db};
use crate::platform::{invoices::Invoice, plans::Period};

/// Issues a document by the next number of its kind, which is locked until the commit.
macro_rules! issue {
    ($tx:ident, $document:expr) => {{
        let document: &crate::store::Document = $document;
        let (next,): (i64,) = sqlx::query_as(
            "UPDATE document_numbers SET next = next + 1 WHERE kind = $1 RETURNING next - 1",
        )
        .bind(document.kind)
        .fetch_one(&mut *$tx)
        .await?;
        let (number, text) = document.numbered(next);
        sqlx::query(
            "INSERT INTO invoices (number, kind, account, cause, period, issued_at, document) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(number)
        .bind(document.kind)
        .bind(&document.account)
        .bind(&document.cause)
        .bind(&document.period)
        .bind(document.issued_at)
        .bind(text)
        .execute(&mut *$tx)
        .await?;
    }};
}
pub(super) use issue;

/// A document to be issued.
#[derive(Clone, Debug)]
pub struct Document {
    /// `invoice` or `credit_note`.
    pub kind: &'static str,
    /// Whose.
    pub account: String,
    /// What there is one for: a month, a refund.
    pub cause: String,
    /// The month it belongs to.
    pub period: String,
    /// When, Unix seconds.
    pub issued_at: i64,
    /// All of it but the number.
    pub invoice: Invoice,
}

impl Document {
    /// Its number, and itself with the number, as it stays.
    pub(super) fn numbered(&self, next: i64) -> (String, String) {
        let prefix = if self.kind == "invoice" { "INV" } else { "CN" };
        let number = format!("{prefix}-{next:06}");
        let invoice = Invoice {
            number: number.clone(),
            ..self.invoice.clone()
        };
        // Strings, numbers and lists: it serialises always.
        let text = serde_json::to_string(&invoice).unwrap_or_default();
        (number, text)
    }
}

/// A document as it was issued.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct InvoiceRow {
    /// Its number.
    pub number: String,
    /// When, Unix seconds.
    pub issued_at: i64,
    /// JSON.
    pub document: String,
}

/// A payment that was decided to be posted.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct PostedPayment {
    /// Its id at the provider.
    pub payment: String,
    /// `credit` or `subscription`.
    pub purpose: String,
    /// As a line says it.
    pub description: String,
    /// Cents.
    pub paid_cents: i64,
    /// Of them, for calls above a plan in an earlier month.
    pub overage_cents: i64,
}

/// Usage of a month by what was used.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct SkuUsage {
    /// The model or job.
    pub sku: String,
    /// How often.
    pub calls: i64,
    /// Its price, nano-USD.
    pub list_nano_usd: i64,
    /// What the subsidy paid.
    pub discount_nano_usd: i64,
    /// What was taken from the credit.
    pub charge_nano_usd: i64,
}

/// Calls above a plan, to be charged.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct OverageRow {
    /// Whose.
    pub account: String,
    /// The month.
    pub period: String,
    /// The plan.
    pub plan: String,
    /// Its version.
    pub plan_version: i64,
    /// All calls of the month.
    pub calls: i64,
    /// What those above cost, cents.
    pub amount_cents: i64,
    /// What it is charged with.
    pub subscription: String,
}

impl Store {
    /// Closes an account's month once, and issues its invoice.
    ///
    /// `write` is told the calls, payments and usage of the month, and answers what of it is above the plan
    /// and the invoice; no invoice where nothing happened.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn close_month(
        &self,
        account: &str,
        period: Period,
        write: impl Fn(i64, &[PostedPayment], &[SkuUsage]) -> (Option<OverageRow>, Option<Document>),
    ) -> Result<(), StoreError> {
        let month = period.to_string();
        write_db!(self, |pool| {
            let mut tx = pool.begin_with(self.begin_write()).await?;
            sqlx::query(
                "INSERT INTO metered_months (account, period, calls, closed) VALUES ($1, $2, 0, 0) \
                 ON CONFLICT (account, period) DO NOTHING",
            )
            .bind(account)
            .bind(&month)
            .execute(&mut *tx)
            .await?;
            let closed: Option<(i64,)> = sqlx::query_as(
                "UPDATE metered_months SET closed = 1 WHERE account = $1 AND period = $2 AND closed = 0 \
                 RETURNING calls",
            )
            .bind(account)
            .bind(&month)
            .fetch_optional(&mut *tx)
            .await?;
            let Some((calls,)) = closed else {
                return Ok(());
            };
            let payments: Vec<PostedPayment> = sqlx::query_as(
                "SELECT p.payment, p.purpose, p.description, p.paid_cents, p.overage_cents \
                 FROM stripe_postings d JOIN stripe_payments p ON p.payment = d.payment \
                 WHERE d.account = $1 AND d.kind = 'payment' AND d.decided_at >= $2 AND d.decided_at < $3 \
                 ORDER BY d.decided_at, p.payment",
            )
            .bind(account)
            .bind(period.begin_unix())
            .bind(period.end_unix())
            .fetch_all(&mut *tx)
            .await?;
            let usage: Vec<SkuUsage> = sqlx::query_as(
                "SELECT sku, COUNT(*) AS calls, CAST(SUM(list_nano_usd) AS BIGINT) AS list_nano_usd, \
                 CAST(SUM(discount_nano_usd) AS BIGINT) AS discount_nano_usd, \
                 CAST(SUM(charge_nano_usd) AS BIGINT) AS charge_nano_usd FROM usage_lines \
                 WHERE account = $1 AND settled_at >= $2 AND settled_at < $3 GROUP BY sku ORDER BY sku",
            )
            .bind(account)
            .bind(period.begin_unix())
            .bind(period.end_unix())
            .fetch_all(&mut *tx)
            .await?;
            let (overage, document) = write(calls, &payments, &usage);
            if let Some(overage) = overage {
                sqlx::query(
                    "INSERT INTO overage_charges (account, period, plan, plan_version, calls, amount_cents, \
                     subscription, item) VALUES ($1, $2, $3, $4, $5, $6, $7, NULL)",
                )
                .bind(&overage.account)
                .bind(&overage.period)
                .bind(&overage.plan)
                .bind(overage.plan_version)
                .bind(overage.calls)
                .bind(overage.amount_cents)
                .bind(&overage.subscription)
                .execute(&mut *tx)
                .await?;
            }
            if let Some(document) = document {
                issue!(tx, &document);
            }
            tx.commit().await?;
        });
        Ok(())
    }

    /// The month that is to be closed next: after the last closed one, or the first in which anything
    /// happened.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn month_to_close(&self) -> Result<Option<Period>, StoreError> {
        let (last, first, metered): (Option<String>, Option<i64>, Option<String>) =
            on_db!(self, |pool| {
                let (last,): (Option<String>,) =
                    sqlx::query_as("SELECT MAX(period) FROM closed_months")
                        .fetch_one(pool)
                        .await?;
                let (first,): (Option<i64>,) = sqlx::query_as(
                    "SELECT MIN(first) FROM (SELECT MIN(decided_at) AS first FROM stripe_postings \
                     UNION ALL SELECT MIN(settled_at) FROM usage_lines) AS firsts",
                )
                .fetch_one(pool)
                .await?;
                let (metered,): (Option<String>,) =
                    sqlx::query_as("SELECT MIN(period) FROM metered_months")
                        .fetch_one(pool)
                        .await?;
                (last, first, metered)
            });
        let read = |text: String| {
            text.parse::<Period>()
                .map_err(|_| StoreError::Corrupt("month"))
        };
        if let Some(last) = last {
            return Ok(Some(read(last)?.next()));
        }
        let first = first.map(Period::of);
        let metered = metered.map(read).transpose()?;
        Ok(first.into_iter().chain(metered).min())
    }

    /// Accounts with anything in a month that is not closed for them.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn accounts_to_close(&self, period: Period) -> Result<Vec<String>, StoreError> {
        let rows: Vec<(String,)> = on_db!(self, |pool| {
            sqlx::query_as(
                "SELECT account FROM (\
                 SELECT account FROM stripe_postings WHERE account <> '' \
                 AND decided_at >= $1 AND decided_at < $2 \
                 UNION SELECT account FROM usage_lines WHERE settled_at >= $1 AND settled_at < $2 \
                 UNION SELECT account FROM metered_months WHERE period = $3) AS found \
                 WHERE NOT EXISTS (SELECT 1 FROM metered_months m WHERE m.account = found.account \
                 AND m.period = $3 AND m.closed = 1) ORDER BY account",
            )
            .bind(period.begin_unix())
            .bind(period.end_unix())
            .bind(period.to_string())
            .fetch_all(pool)
            .await?
        });
        Ok(rows.into_iter().map(|(account,)| account).collect())
    }

    /// A month is closed for everybody.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn month_is_closed(&self, period: Period, now: i64) -> Result<(), StoreError> {
        write_db!(self, |pool| {
            sqlx::query(
                "INSERT INTO closed_months (period, closed_at) VALUES ($1, $2) \
                 ON CONFLICT (period) DO NOTHING",
            )
            .bind(period.to_string())
            .bind(now)
            .execute(pool)
            .await?;
        });
        Ok(())
    }

    /// Calls above a plan that the provider has not been told of.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn open_overages(&self, limit: i64) -> Result<Vec<OverageRow>, StoreError> {
        Ok(on_db!(self, |pool| {
            sqlx::query_as(
                "SELECT account, period, plan, plan_version, calls, amount_cents, subscription \
                 FROM overage_charges WHERE item IS NULL AND amount_cents > 0 \
                 ORDER BY account, period LIMIT $1",
            )
            .bind(limit)
            .fetch_all(pool)
            .await?
        }))
    }

    /// The provider charges an overage with this item.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn overage_is_charged(&self, row: &OverageRow, item: &str) -> Result<(), StoreError> {
        write_db!(self, |pool| {
            sqlx::query(
                "UPDATE overage_charges SET item = $3 WHERE account = $1 AND period = $2 AND item IS NULL",
            )
            .bind(&row.account)
            .bind(&row.period)
            .bind(item)
            .execute(pool)
            .await?;
        });
        Ok(())
    }

    /// An account's documents before `(issued_at, number)`, the newest first.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn invoices(
        &self,
        account: &str,
        before: (i64, &str),
        limit: i64,
    ) -> Result<Vec<InvoiceRow>, StoreError> {
        Ok(on_db!(self, |pool| {
            sqlx::query_as(
                "SELECT number, issued_at, document FROM invoices WHERE account = $1 \
                 AND (issued_at < $2 OR (issued_at = $2 AND number < $3)) \
                 ORDER BY issued_at DESC, number DESC LIMIT $4",
            )
            .bind(account)
            .bind(before.0)
            .bind(before.1)
            .bind(limit)
            .fetch_all(pool)
            .await?
        }))
    }

    /// One of an account's documents.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn invoice(
        &self,
        account: &str,
        number: &str,
    ) -> Result<Option<InvoiceRow>, StoreError> {
        Ok(on_db!(self, |pool| {
            sqlx::query_as(
                "SELECT number, issued_at, document FROM invoices WHERE account = $1 AND number = $2",
            )
            .bind(account)
            .bind(number)
            .fetch_optional(pool)
            .await?
        }))
    }
}
