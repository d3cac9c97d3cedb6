//! Who changed what, when.

use super::{Store, StoreError, on_db, write_db};

/// Adds a line by `$executor`, a pool or the transaction of what it is about.
macro_rules! insert_audit {
    ($executor:expr, $line:expr) => {{
        let line: &crate::store::AuditRow = $line;
        sqlx::query(
            "INSERT INTO audit_log (id, at, who, action, object, was, became) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(&line.id)
        .bind(line.at)
        .bind(&line.who)
        .bind(&line.action)
        .bind(&line.object)
        .bind(&line.was)
        .bind(&line.became)
        .execute($executor)
        .await?;
    }};
}
pub(in crate::store) use insert_audit;

/// A line of the audit log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRow {
    /// Its id.
    pub id: String,
    /// When, Unix seconds.
    pub at: i64,
    /// Who did it.
    pub who: String,
    /// What was done, such as `plan.changed`.
    pub action: String,
    /// To what.
    pub object: String,
    /// JSON before.
    pub was: String,
    /// JSON after.
    pub became: String,
}

impl Store {
    /// Adds a line.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn add_audit(&self, row: &AuditRow) -> Result<(), StoreError> {
        write_db!(self, |pool| { insert_audit!(pool, row) });
        Ok(())
    }

    /// Lines before `(at, id)`, the newest first.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn audit(
        &self,
        before: (i64, &str),
        limit: i64,
    ) -> Result<Vec<AuditRow>, StoreError> {
        type Row = (String, i64, String, String, String, String, String);
        let rows: Vec<Row> = on_db!(self, |pool| {
            sqlx::query_as(
                "SELECT id, at, who, action, object, was, became FROM audit_log \
                 WHERE at < $1 OR (at = $1 AND id < $2) ORDER BY at DESC, id DESC LIMIT $3",
            )
            .bind(before.0)
            .bind(before.1)
            .bind(limit)
            .fetch_all(pool)
            .await?
        });
        Ok(rows
            .into_iter()
            .map(|(id, at, who, action, object, was, became)| AuditRow {
                id,
                at,
                who,
                action,
                object,
                was,
                became,
            })
            .collect())
    }
}
