//! What moved an account's credit.

use super::{Store, StoreError, on_db};

/// A posting, as it moved the credit of one account.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct StatementRow {
    /// Its id in the ledger.
    pub id: String,
    /// What it is.
    pub kind: String,
    /// When, Unix seconds.
    pub settled_at: i64,
    /// Nano-USD; positive where the credit grows.
    pub amount_nano_usd: i64,
    /// What it is about, JSON.
    pub reference: String,
}

impl Store {
    /// The credit at `from`, Unix seconds.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn credit_at(&self, account: &str, from: i64) -> Result<i64, StoreError> {
        let (sum,): (i64,) = on_db!(self, |pool| {
            sqlx::query_as(
                "SELECT CAST(COALESCE(SUM(amount), 0) AS BIGINT) FROM ( \
                 SELECT -SUM(e.amount_nano_usd) AS amount FROM posted p \
                 JOIN posted_entries e ON e.posting = p.id AND e.book = 'customer:' || p.account \
                 WHERE p.account = $1 AND p.settled_at < $2 \
                 UNION ALL SELECT -SUM(charge_nano_usd) FROM usage_lines \
                 WHERE account = $1 AND settled_at < $2) AS moved",
            )
            .bind(account)
            .bind(from)
            .fetch_one(pool)
            .await?
        });
        Ok(sum)
    }

    /// Postings that moved the credit in `[from, to)` after `(settled_at, id)`, the oldest first.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn statement(
        &self,
        account: &str,
        after: (i64, &str),
        to: i64,
        limit: i64,
    ) -> Result<Vec<StatementRow>, StoreError> {
        Ok(on_db!(self, |pool| {
            sqlx::query_as(
                "SELECT p.id, p.kind, p.settled_at, -e.amount_nano_usd AS amount_nano_usd, p.reference \
                 FROM posted p JOIN posted_entries e ON e.posting = p.id AND e.book = 'customer:' || p.account \
                 WHERE p.account = $1 AND p.settled_at < $4 \
                 AND (p.settled_at > $2 OR (p.settled_at = $2 AND p.id > $3)) \
                 UNION ALL SELECT id, kind, settled_at, -charge_nano_usd, reference FROM ( \
                 SELECT 'usage:' || id AS id, 'usage' AS kind, settled_at, charge_nano_usd, \
                 '{\"hold\":\"' || id || '\"}' AS reference FROM usage_lines \
                 WHERE account = $1 AND charge_nano_usd <> 0 AND settled_at >= $2 AND settled_at < $4) AS used \
                 WHERE settled_at > $2 OR id > $3 \
                 ORDER BY 3, 1 LIMIT $5",
            )
            .bind(account)
            .bind(after.0)
            .bind(after.1)
            .bind(to)
            .bind(limit)
            .fetch_all(pool)
            .await?
        }))
    }
}
