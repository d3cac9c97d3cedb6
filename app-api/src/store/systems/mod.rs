//! Metered systems, their measurements, alerts, and what webhooks are told of them.

mod alerts;
mod deliveries;
mod points;
mod prune;
mod record;
mod registry;
mod webhooks;

pub use alerts::AlertEventRow;
pub use deliveries::{Attempt, DeliveryRow, DueDelivery};
pub use points::{PointPlace, PointQuery, PointRow};
pub use record::{NewPoint, Recording, RecordingEnd};
pub use registry::SystemRow;
pub use webhooks::WebhookRow;

use sqlx::{FromRow, postgres::PgRow, sqlite::SqliteRow};

use super::{Store, StoreError, on_db, write_db};

/// Adds one to what an account has of a kind; `false`: it has `most` already. The row is locked until the
/// transaction ends, so that there are never more.
macro_rules! hold_one {
    ($tx:ident, $account:expr, $kind:expr, $most:expr) => {{
        sqlx::query(
            "INSERT INTO holdings (account, kind, number) VALUES ($1, $2, 0) \
             ON CONFLICT (account, kind) DO NOTHING",
        )
        .bind($account)
        .bind($kind)
        .execute(&mut *$tx)
        .await?;
        let held = sqlx::query(
            "UPDATE holdings SET number = number + 1 \
             WHERE account = $1 AND kind = $2 AND number < $3",
        )
        .bind($account)
        .bind($kind)
        .bind($most)
        .execute(&mut *$tx)
        .await?;
        held.rows_affected() == 1
    }};
}
use hold_one;

impl Store {
    /// What `columns`, a selection of an account's `$1`, have of one id.
    async fn own<Row>(
        &self,
        columns: &str,
        account: &str,
        id: &str,
    ) -> Result<Option<Row>, StoreError>
    where
        Row: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin,
    {
        let select = format!("{columns} AND id = $2");
        on_db!(self, |pool| {
            Ok(sqlx::query_as(sqlx::AssertSqlSafe(select))
                .bind(account)
                .bind(id)
                .fetch_optional(pool)
                .await?)
        })
    }
}

/// Takes one off again.
const RELEASE_ONE: &str =
    "UPDATE holdings SET number = number - 1 WHERE account = $1 AND kind = $2";
