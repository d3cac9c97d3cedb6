//! Subscriptions as they last stood at the provider, and who is which customer of it.

use super::{Store, StoreError, on_db, write_db};
use crate::platform::plans::{FREE, METERED};

/// A subscription.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct SubscriptionRow {
    /// `sub_…`
    pub subscription: String,
    /// Rises with each write; 0: there is no row yet.
    pub version: i64,
    /// Whose.
    pub account: String,
    /// Who pays, `cus_…`
    pub customer: String,
    /// Its item, `si_…`
    pub item: String,
    /// Of which catalogue the plan is.
    pub catalogue: String,
    /// The plan.
    pub plan: String,
    /// Its version.
    pub plan_version: i64,
    /// As the provider calls it.
    pub status: String,
    /// Whether the plan is to be served.
    pub in_force: bool,
    /// Whether it ends with what is paid for.
    pub cancel_at_period_end: bool,
    /// Since when, Unix seconds.
    pub created_at: i64,
    /// Begin of what is paid for, Unix seconds.
    pub period_start: i64,
    /// End of it, Unix seconds.
    pub period_end: i64,
}

const COLUMNS: &str = "SELECT subscription, version, account, customer, item, catalogue, plan, plan_version, \
    status, in_force <> 0 AS in_force, cancel_at_period_end <> 0 AS cancel_at_period_end, created_at, \
    period_start, period_end FROM stripe_subscriptions ";

impl Store {
    /// A subscription by its id.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn subscription(&self, id: &str) -> Result<Option<SubscriptionRow>, StoreError> {
        let select = format!("{COLUMNS} WHERE subscription = $1");
        Ok(on_db!(self, |pool| {
            sqlx::query_as(sqlx::AssertSqlSafe(select.as_str()))
                .bind(id)
                .fetch_optional(pool)
                .await?
        }))
    }

    /// An account's subscriptions, the newest first.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn subscriptions(&self, account: &str) -> Result<Vec<SubscriptionRow>, StoreError> {
        let select =
            format!("{COLUMNS} WHERE account = $1 ORDER BY created_at DESC, subscription DESC");
        Ok(on_db!(self, |pool| {
            sqlx::query_as(sqlx::AssertSqlSafe(select.as_str()))
                .bind(account)
                .fetch_all(pool)
                .await?
        }))
    }

    /// Writes how a subscription stands, if it is still as it was at `row.version`; `false`: it is not. Its
    /// account is served the plan of its newest subscription.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn put_subscription(&self, row: &SubscriptionRow) -> Result<bool, StoreError> {
        let lock = format!(
            "SELECT id FROM customers WHERE id = $1{}",
            self.for_update()
        );
        Ok(write_db!(self, |pool| {
            let mut tx = pool.begin_with(self.begin_write()).await?;
            // Of two subscriptions of one account the second finds what the first wrote.
            sqlx::query(sqlx::AssertSqlSafe(lock.as_str()))
                .bind(&row.account)
                .execute(&mut *tx)
                .await?;
            let written = sqlx::query(
                "INSERT INTO stripe_subscriptions (subscription, version, account, customer, item, catalogue, \
                 plan, plan_version, status, in_force, cancel_at_period_end, created_at, period_start, \
                 period_end) VALUES ($1, $2 + 1, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) \
                 ON CONFLICT (subscription) DO UPDATE SET version = excluded.version, item = excluded.item, \
                 catalogue = excluded.catalogue, plan = excluded.plan, plan_version = excluded.plan_version, \
                 status = excluded.status, in_force = excluded.in_force, \
                 cancel_at_period_end = excluded.cancel_at_period_end, period_start = excluded.period_start, \
                 period_end = excluded.period_end WHERE stripe_subscriptions.version = excluded.version - 1",
            )
            .bind(&row.subscription)
            .bind(row.version)
            .bind(&row.account)
            .bind(&row.customer)
            .bind(&row.item)
            .bind(&row.catalogue)
            .bind(&row.plan)
            .bind(row.plan_version)
            .bind(&row.status)
            .bind(i16::from(row.in_force))
            .bind(i16::from(row.cancel_at_period_end))
            .bind(row.created_at)
            .bind(row.period_start)
            .bind(row.period_end)
            .execute(&mut *tx)
            .await?;
            if written.rows_affected() == 0 {
                tx.rollback().await?;
                return Ok(false);
            }
            sqlx::query(
                "UPDATE customers SET plan = COALESCE((SELECT plan FROM stripe_subscriptions \
                 WHERE account = $1 AND catalogue = $2 AND in_force = 1 \
                 ORDER BY created_at DESC, subscription DESC LIMIT 1), $3) WHERE id = $1",
            )
            .bind(&row.account)
            .bind(METERED)
            .bind(FREE)
            .execute(&mut *tx)
            .await?;
            tx.commit().await?;
            true
        }))
    }

    /// Which customer of the provider an account is: the first that was told.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn customer(
        &self,
        account: &str,
        new: Option<&str>,
    ) -> Result<Option<String>, StoreError> {
        let row: Option<(String,)> = write_db!(self, |pool| {
            if let Some(new) = new {
                sqlx::query(
                    "INSERT INTO stripe_customers (account, customer) VALUES ($1, $2) \
                     ON CONFLICT (account) DO NOTHING",
                )
                .bind(account)
                .bind(new)
                .execute(pool)
                .await?;
            }
            sqlx::query_as("SELECT customer FROM stripe_customers WHERE account = $1")
                .bind(account)
                .fetch_optional(pool)
                .await?
        });
        Ok(row.map(|(customer,)| customer))
    }
}
