//! Which systems an account meters.

use super::{RELEASE_ONE, Store, StoreError, hold_one, on_db, write_db};

const KIND: &str = "system";
const COLUMNS: &str = "SELECT id, name, created_at FROM systems WHERE account = $1";

/// A metered system.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct SystemRow {
    /// `sys_…`.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// When it was made known, Unix seconds.
    pub created_at: i64,
}

impl Store {
    /// Makes a system known; `false`: the account has `most` already.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn create_system(
        &self,
        account: &str,
        system: &SystemRow,
        most: i64,
    ) -> Result<bool, StoreError> {
        write_db!(self, |pool| {
            let mut tx = pool.begin_with(self.begin_write()).await?;
            if !hold_one!(tx, account, KIND, most) {
                return Ok(false);
            }
            sqlx::query(
                "INSERT INTO systems (id, account, name, created_at) VALUES ($1, $2, $3, $4)",
            )
            .bind(&system.id)
            .bind(account)
            .bind(&system.name)
            .bind(system.created_at)
            .execute(&mut *tx)
            .await?;
            tx.commit().await?;
        });
        Ok(true)
    }

    /// An account's systems, the newest first, those before the id `before`.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn systems(
        &self,
        account: &str,
        before: Option<&str>,
        limit: u32,
    ) -> Result<Vec<SystemRow>, StoreError> {
        let select = format!("{COLUMNS} AND ($2 = '' OR id < $2) ORDER BY id DESC LIMIT $3");
        on_db!(self, |pool| {
            Ok(sqlx::query_as(sqlx::AssertSqlSafe(select))
                .bind(account)
                .bind(before.unwrap_or_default())
                .bind(i64::from(limit))
                .fetch_all(pool)
                .await?)
        })
    }

    /// An account's system.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn system(&self, account: &str, id: &str) -> Result<Option<SystemRow>, StoreError> {
        self.own(COLUMNS, account, id).await
    }

    /// Renames an account's system; `false`: it has none of this id.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn rename_system(
        &self,
        account: &str,
        id: &str,
        name: &str,
    ) -> Result<bool, StoreError> {
        let renamed = write_db!(self, |pool| {
            sqlx::query("UPDATE systems SET name = $3 WHERE account = $1 AND id = $2")
                .bind(account)
                .bind(id)
                .bind(name)
                .execute(pool)
                .await?
                .rows_affected()
        });
        Ok(renamed == 1)
    }

    /// Forgets an account's system and its alerts; `false`: it has none of this id. Its measurements can be
    /// seen no more, and are deleted by and by.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn delete_system(&self, account: &str, id: &str) -> Result<bool, StoreError> {
        write_db!(self, |pool| {
            let mut tx = pool.begin_with(self.begin_write()).await?;
            let deleted = sqlx::query("DELETE FROM systems WHERE account = $1 AND id = $2")
                .bind(account)
                .bind(id)
                .execute(&mut *tx)
                .await?;
            if deleted.rows_affected() == 0 {
                return Ok(false);
            }
            for statement in [
                "INSERT INTO gone_systems (system) VALUES ($1)",
                "DELETE FROM alert_rules WHERE system = $1",
                "DELETE FROM alert_events WHERE system = $1",
                "DELETE FROM metric_batches WHERE system = $1",
            ] {
                sqlx::query(statement).bind(id).execute(&mut *tx).await?;
            }
            sqlx::query(RELEASE_ONE)
                .bind(account)
                .bind(KIND)
                .execute(&mut *tx)
                .await?;
            tx.commit().await?;
        });
        Ok(true)
    }
}
