//! Plans by version.

use super::{
    Store, StoreError,
    audit::{AuditRow, insert_audit},
    is_taken, on_db, write_db,
};
use crate::platform::plans::{Plan, Terms};

type Row = (String, i64, i64, String);

impl Store {
    /// The newest version of every plan, by id.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn plans(&self) -> Result<Vec<Plan>, StoreError> {
        let rows: Vec<Row> = on_db!(self, |pool| {
            sqlx::query_as(
                "SELECT plan, version, created_at, terms FROM plans AS p WHERE version = \
                 (SELECT MAX(version) FROM plans AS newer WHERE newer.plan = p.plan) ORDER BY plan",
            )
            .fetch_all(pool)
            .await?
        });
        rows.into_iter().map(read).collect()
    }

    /// One version of a plan; without a number the newest.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn plan(&self, plan: &str, version: Option<i64>) -> Result<Option<Plan>, StoreError> {
        let row: Option<Row> = on_db!(self, |pool| {
            sqlx::query_as(
                "SELECT plan, version, created_at, terms FROM plans WHERE plan = $1 AND version <= $2 \
                 ORDER BY version DESC LIMIT 1",
            )
            .bind(plan)
            .bind(version.unwrap_or(i64::MAX))
            .fetch_optional(pool)
            .await?
        });
        row.map(read)
            .transpose()
            .map(|plan| plan.filter(|p| version.is_none_or(|version| p.version == version)))
    }

    /// Adds a version of a plan, with its line in the audit log; `false`: there is such a version.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn add_plan(&self, plan: &Plan, audit: &AuditRow) -> Result<bool, StoreError> {
        let terms = serde_json::to_string(&plan.terms).map_err(|_| StoreError::Corrupt("plan"))?;
        write_db!(self, |pool| {
            let mut tx = pool.begin_with(self.begin_write()).await?;
            let added = sqlx::query(
                "INSERT INTO plans (plan, version, created_at, terms) VALUES ($1, $2, $3, $4)",
            )
            .bind(&plan.plan)
            .bind(plan.version)
            .bind(plan.created_at_unix)
            .bind(terms)
            .execute(&mut *tx)
            .await;
            match added {
                Ok(_) => {}
                Err(error) if is_taken(&error) => return Ok(false),
                Err(error) => return Err(error.into()),
            }
            insert_audit!(&mut *tx, audit);
            tx.commit().await?;
        });
        Ok(true)
    }
}

fn read((plan, version, created_at_unix, terms): Row) -> Result<Plan, StoreError> {
    let terms: Terms = serde_json::from_str(&terms).map_err(|_| StoreError::Corrupt("plan"))?;
    Ok(Plan {
        plan,
        version,
        created_at_unix,
        terms,
    })
}
