//! Where customers want to be told.

use super::{RELEASE_ONE, Store, StoreError, hold_one, on_db, write_db};

const KIND: &str = "webhook";
const COLUMNS: &str = "SELECT id, url, events, secret_version, rotated_at, created_at, failing_since, \
     disabled_at FROM webhooks WHERE account = $1";

/// A webhook.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct WebhookRow {
    /// `wh_…`.
    pub id: String,
    /// Where it is.
    pub url: String,
    /// What it wants to be told, with commas between.
    pub events: String,
    /// Which version of its secret is in use, from 1.
    pub secret_version: i64,
    /// When the version before was replaced, Unix seconds.
    pub rotated_at: Option<i64>,
    /// When it was created, Unix seconds.
    pub created_at: i64,
    /// Since when no delivery has succeeded, Unix seconds.
    pub failing_since: Option<i64>,
    /// When it was given up, Unix seconds.
    pub disabled_at: Option<i64>,
}

impl Store {
    /// Creates a webhook; `false`: the account has `most` already.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn create_webhook(
        &self,
        account: &str,
        webhook: &WebhookRow,
        most: i64,
    ) -> Result<bool, StoreError> {
        write_db!(self, |pool| {
            let mut tx = pool.begin_with(self.begin_write()).await?;
            if !hold_one!(tx, account, KIND, most) {
                return Ok(false);
            }
            sqlx::query(
                "INSERT INTO webhooks (id, account, url, events, secret_version, created_at) \
                 VALUES ($1, $2, $3, $4, $5, $6)",
            )
            .bind(&webhook.id)
            .bind(account)
            .bind(&webhook.url)
            .bind(&webhook.events)
            .bind(webhook.secret_version)
            .bind(webhook.created_at)
            .execute(&mut *tx)
            .await?;
            tx.commit().await?;
        });
        Ok(true)
    }

    /// An account's webhooks, the newest first.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn webhooks(&self, account: &str) -> Result<Vec<WebhookRow>, StoreError> {
        let select = format!("{COLUMNS} ORDER BY id DESC");
        on_db!(self, |pool| {
            Ok(sqlx::query_as(sqlx::AssertSqlSafe(select))
                .bind(account)
                .fetch_all(pool)
                .await?)
        })
    }

    /// An account's webhook.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn webhook(&self, account: &str, id: &str) -> Result<Option<WebhookRow>, StoreError> {
        self.own(COLUMNS, account, id).await
    }

    /// Has an account's webhook sign by the next version of its secret; `false`: there is none of this id.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn rotate_webhook(
        &self,
        account: &str,
        id: &str,
        now: i64,
    ) -> Result<bool, StoreError> {
        let rotated = write_db!(self, |pool| {
            sqlx::query(
                "UPDATE webhooks SET secret_version = secret_version + 1, rotated_at = $3 \
                 WHERE account = $1 AND id = $2",
            )
            .bind(account)
            .bind(id)
            .bind(now)
            .execute(pool)
            .await?
            .rows_affected()
        });
        Ok(rotated == 1)
    }

    /// Deletes an account's webhook with what it was to be told; `false`: there is none of this id.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn delete_webhook(&self, account: &str, id: &str) -> Result<bool, StoreError> {
        write_db!(self, |pool| {
            let mut tx = pool.begin_with(self.begin_write()).await?;
            let deleted = sqlx::query("DELETE FROM webhooks WHERE account = $1 AND id = $2")
                .bind(account)
                .bind(id)
                .execute(&mut *tx)
                .await?;
            if deleted.rows_affected() == 0 {
                return Ok(false);
            }
            sqlx::query("DELETE FROM webhook_deliveries WHERE webhook = $1")
                .bind(id)
                .execute(&mut *tx)
                .await?;
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
