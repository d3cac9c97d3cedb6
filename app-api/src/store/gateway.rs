//! Answers under way, and what customers used.

use super::{Store, StoreError, on_db, write_db};

/// A line of what a customer used. Amounts are nano-USD.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct UsageRow {
    /// Names the request.
    pub id: String,
    /// The key it was made with.
    pub key_id: Option<String>,
    /// `chat`, `embeddings` or `run`.
    pub kind: String,
    /// The model or the job.
    pub sku: String,
    /// Tokens and the like, JSON.
    pub detail: String,
    /// The price before the subsidy.
    pub list_nano_usd: i64,
    /// The subsidy paid this.
    pub discount_nano_usd: i64,
    /// The customer paid this.
    pub charge_nano_usd: i64,
    /// 1: counted here, not told by whoever did the work.
    pub estimated: i64,
    /// When it was settled, Unix seconds.
    pub settled_at: i64,
}

/// What a customer used of one thing, or on one day.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct UsageSum {
    /// The day's begin, Unix seconds; zero where it is not by day.
    pub day: i64,
    /// The model or the job; empty where it is by day.
    pub sku: String,
    /// Lines.
    pub requests: i64,
    /// Of them, estimated.
    pub estimated: i64,
    /// Prices before the subsidy.
    pub list_nano_usd: i64,
    /// The subsidy paid this.
    pub discount_nano_usd: i64,
    /// The customer paid this.
    pub charge_nano_usd: i64,
}

impl Store {
    /// Remembers what the upstream calls an answer that is under way.
    ///
    /// # Errors
    /// If the database fails.
    pub(crate) async fn note_answer(
        &self,
        hold: &str,
        upstream: &str,
        answer_id: &str,
        now: i64,
    ) -> Result<(), StoreError> {
        write_db!(self, |pool| {
            sqlx::query(
                "INSERT INTO gateway_answers (hold, upstream, answer_id, noted_at) \
                 VALUES ($1, $2, $3, $4) ON CONFLICT (hold) DO NOTHING",
            )
            .bind(hold)
            .bind(upstream)
            .bind(answer_id)
            .bind(now)
            .execute(pool)
            .await?;
        });
        Ok(())
    }

    /// The upstream and its name of the answer that a hold is for, if that was noted.
    ///
    /// # Errors
    /// If the database fails.
    pub(crate) async fn noted_answer(
        &self,
        hold: &str,
    ) -> Result<Option<(String, String)>, StoreError> {
        Ok(on_db!(self, |pool| {
            sqlx::query_as("SELECT upstream, answer_id FROM gateway_answers WHERE hold = $1")
                .bind(hold)
                .fetch_optional(pool)
                .await?
        }))
    }

    /// Forgets answers noted before a time, Unix seconds.
    ///
    /// # Errors
    /// If the database fails.
    pub(crate) async fn forget_answers(&self, before: i64) -> Result<(), StoreError> {
        write_db!(self, |pool| {
            sqlx::query("DELETE FROM gateway_answers WHERE noted_at < $1")
                .bind(before)
                .execute(pool)
                .await?;
        });
        Ok(())
    }

    /// Holds that have not ended.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn open_hold_count(&self) -> Result<i64, StoreError> {
        let (count,): (i64,) = on_db!(self, |pool| {
            sqlx::query_as("SELECT COUNT(*) FROM holds WHERE state = 'held'")
                .fetch_one(pool)
                .await?
        });
        Ok(count)
    }

    /// What an account used, newest first, from before a line on.
    ///
    /// # Errors
    /// If the database fails.
    pub(crate) async fn usage_page(
        &self,
        account: &str,
        before: Option<(i64, &str)>,
        limit: u32,
    ) -> Result<Vec<UsageRow>, StoreError> {
        let (at, id) = before.unwrap_or((i64::MAX, ""));
        Ok(on_db!(self, |pool| {
            sqlx::query_as(
                "SELECT id, key_id, kind, sku, detail, list_nano_usd, discount_nano_usd, \
                 charge_nano_usd, estimated, settled_at FROM usage_lines \
                 WHERE account = $1 AND (settled_at < $2 OR (settled_at = $2 AND id < $3)) \
                 ORDER BY settled_at DESC, id DESC LIMIT $4",
            )
            .bind(account)
            .bind(at)
            .bind(id)
            .bind(i64::from(limit))
            .fetch_all(pool)
            .await?
        }))
    }

    /// What an account used in `[from, to)`, Unix seconds, by day of UTC or by model; at most `limit` sums.
    ///
    /// # Errors
    /// If the database fails.
    pub(crate) async fn usage_sums(
        &self,
        account: &str,
        (from, to): (i64, i64),
        by_day: bool,
        limit: u32,
    ) -> Result<Vec<UsageSum>, StoreError> {
        // A sum of BIGINT is NUMERIC to Postgres.
        let statement = if by_day {
            "SELECT settled_at / 86400 * 86400 AS day, '' AS sku, COUNT(*) AS requests, \
             CAST(SUM(estimated) AS BIGINT) AS estimated, \
             CAST(SUM(list_nano_usd) AS BIGINT) AS list_nano_usd, \
             CAST(SUM(discount_nano_usd) AS BIGINT) AS discount_nano_usd, \
             CAST(SUM(charge_nano_usd) AS BIGINT) AS charge_nano_usd FROM usage_lines \
             WHERE account = $1 AND settled_at >= $2 AND settled_at < $3 \
             GROUP BY settled_at / 86400 ORDER BY 1 DESC LIMIT $4"
        } else {
            "SELECT CAST(0 AS BIGINT) AS day, sku, COUNT(*) AS requests, \
             CAST(SUM(estimated) AS BIGINT) AS estimated, \
             CAST(SUM(list_nano_usd) AS BIGINT) AS list_nano_usd, \
             CAST(SUM(discount_nano_usd) AS BIGINT) AS discount_nano_usd, \
             CAST(SUM(charge_nano_usd) AS BIGINT) AS charge_nano_usd FROM usage_lines \
             WHERE account = $1 AND settled_at >= $2 AND settled_at < $3 \
             GROUP BY sku ORDER BY 7 DESC, 2 LIMIT $4"
        };
        Ok(on_db!(self, |pool| {
            sqlx::query_as(statement)
                .bind(account)
                .bind(from)
                .bind(to)
                .bind(i64::from(limit))
                .fetch_all(pool)
                .await?
        }))
    }
}
