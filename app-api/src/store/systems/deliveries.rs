//! What webhooks are told, until they have been.

use super::{Store, StoreError, on_db, write_db};

/// Something to be told, or that was.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct DeliveryRow {
    /// `msg_…`, the same in every attempt.
    pub id: String,
    /// What happened.
    pub event: String,
    /// `pending`, `delivered` or `failed`.
    pub state: String,
    /// Attempts begun.
    pub attempts: i64,
    /// When the next may begin, Unix seconds.
    pub next_at: i64,
    /// When it happened, Unix seconds.
    pub created_at: i64,
    /// When nothing more was tried, Unix seconds.
    pub finished_at: Option<i64>,
    /// What the latest attempt was answered with.
    pub last_status: Option<i64>,
    /// What went wrong in it.
    pub last_error: Option<String>,
}

/// Something to be told now.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct DueDelivery {
    /// `msg_…`.
    pub id: String,
    /// To whom.
    pub webhook: String,
    /// What, JSON.
    pub payload: String,
    /// Attempts begun before.
    pub attempts: i64,
    /// When it happened, Unix seconds.
    pub created_at: i64,
    /// Where to; `None`: the webhook is gone or disabled.
    pub url: Option<String>,
    /// Which version of its secret is in use.
    pub secret_version: Option<i64>,
    /// When the version before was replaced, Unix seconds.
    pub rotated_at: Option<i64>,
}

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Which it was, from 1.
    pub number: i64,
    /// What it was answered with.
    pub status: Option<i64>,
    /// What went wrong; `None`: it was taken.
    pub error: Option<String>,
    /// When to try again, Unix seconds; `None`: no more.
    pub next_at: Option<i64>,
}

/// Writes down within a transaction whom to tell of what: one delivery for each webhook that wants it.
macro_rules! tell_in {
    ($tx:ident, $account:expr, $now:expr, $notices:expr) => {{
        let webhooks: Vec<(String, String)> = sqlx::query_as(
            "SELECT id, events FROM webhooks WHERE account = $1 AND disabled_at IS NULL ORDER BY id",
        )
        .bind($account)
        .fetch_all(&mut *$tx)
        .await?;
        for notice in $notices {
            let event = notice.event().name();
            let wanted = |events: &str| events.split(',').any(|name| name == event);
            for (webhook, _) in webhooks.iter().filter(|(_, events)| wanted(events)) {
                sqlx::query(
                    "INSERT INTO webhook_deliveries (id, webhook, event, payload, state, attempts, \
                     next_at, created_at) VALUES ($1, $2, $3, $4, 'pending', 0, $5, $5)",
                )
                .bind(crate::platform::id::new("msg"))
                .bind(webhook)
                .bind(event)
                .bind(notice.payload($now))
                .bind($now)
                .execute(&mut *$tx)
                .await?;
            }
        }
    }};
}
pub(super) use tell_in;

impl Store {
    /// What is due at `now`, the longest due first: of one webhook at most `each`, so that a slow one does
    /// not keep the others waiting.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn due_deliveries(
        &self,
        now: i64,
        each: i64,
        limit: i64,
    ) -> Result<Vec<DueDelivery>, StoreError> {
        on_db!(self, |pool| {
            Ok(sqlx::query_as(
                "SELECT d.id, d.webhook, d.payload, d.attempts, d.created_at, w.url, \
                 w.secret_version, w.rotated_at FROM (SELECT id, webhook, payload, attempts, \
                 created_at, next_at, ROW_NUMBER() OVER (PARTITION BY webhook ORDER BY next_at, id) \
                 AS n FROM webhook_deliveries WHERE state = 'pending' AND next_at <= $1) AS d \
                 LEFT JOIN webhooks w ON w.id = d.webhook AND w.disabled_at IS NULL \
                 WHERE d.n <= $2 ORDER BY d.next_at, d.id LIMIT $3",
            )
            .bind(now)
            .bind(each)
            .bind(limit)
            .fetch_all(pool)
            .await?)
        })
    }

    /// Takes a delivery until `lease_ends`; `false`: another sender took it first.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn claim_delivery(
        &self,
        due: &DueDelivery,
        now: i64,
        lease_ends: i64,
    ) -> Result<bool, StoreError> {
        let claimed = write_db!(self, |pool| {
            sqlx::query(
                "UPDATE webhook_deliveries SET attempts = attempts + 1, next_at = $3 \
                 WHERE id = $1 AND attempts = $2 AND state = 'pending' AND next_at <= $4",
            )
            .bind(&due.id)
            .bind(due.attempts)
            .bind(lease_ends)
            .bind(now)
            .execute(pool)
            .await?
            .rows_affected()
        });
        Ok(claimed == 1)
    }

    /// Writes down how an attempt ended. One that was taken ends the delivery, whoever else is at it; one that
    /// failed says nothing once another attempt has begun. A webhook that has taken nothing since
    /// `failing_before` is disabled: `true`.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn attempt_ended(
        &self,
        due: &DueDelivery,
        attempt: &Attempt,
        now: i64,
        failing_before: i64,
    ) -> Result<bool, StoreError> {
        let taken = attempt.error.is_none();
        let (state, finished_at) = match (taken, attempt.next_at) {
            (true, _) => ("delivered", Some(now)),
            (false, None) => ("failed", Some(now)),
            (false, Some(_)) => ("pending", None),
        };
        write_db!(self, |pool| {
            let mut tx = pool.begin_with(self.begin_write()).await?;
            sqlx::query(
                "UPDATE webhook_deliveries SET state = $2, next_at = $3, finished_at = $4, \
                 last_status = $5, last_error = $6 \
                 WHERE id = $1 AND state <> 'delivered' AND ($7 = 1 OR attempts = $8)",
            )
            .bind(&due.id)
            .bind(state)
            .bind(attempt.next_at.unwrap_or(now))
            .bind(finished_at)
            .bind(attempt.status)
            .bind(attempt.error.as_deref())
            .bind(i64::from(taken))
            .bind(attempt.number)
            .execute(&mut *tx)
            .await?;
            let disabled = if taken {
                sqlx::query(
                    "UPDATE webhooks SET failing_since = NULL \
                     WHERE id = $1 AND failing_since IS NOT NULL",
                )
                .bind(&due.webhook)
                .execute(&mut *tx)
                .await?;
                false
            } else {
                sqlx::query(
                    "UPDATE webhooks SET failing_since = $2 \
                     WHERE id = $1 AND failing_since IS NULL",
                )
                .bind(&due.webhook)
                .bind(now)
                .execute(&mut *tx)
                .await?;
                let disabled = sqlx::query(
                    "UPDATE webhooks SET disabled_at = $2 \
                     WHERE id = $1 AND disabled_at IS NULL AND failing_since <= $3",
                )
                .bind(&due.webhook)
                .bind(now)
                .bind(failing_before)
                .execute(&mut *tx)
                .await?;
                disabled.rows_affected() == 1
            };
            tx.commit().await?;
            Ok(disabled)
        })
    }

    /// What a webhook was and will be told, the newest first, before the id `before`.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn deliveries(
        &self,
        webhook: &str,
        before: Option<&str>,
        limit: u32,
    ) -> Result<Vec<DeliveryRow>, StoreError> {
        on_db!(self, |pool| {
            Ok(sqlx::query_as(
                "SELECT id, event, state, attempts, next_at, created_at, finished_at, last_status, \
                 last_error FROM webhook_deliveries WHERE webhook = $1 AND ($2 = '' OR id < $2) \
                 ORDER BY id DESC LIMIT $3",
            )
            .bind(webhook)
            .bind(before.unwrap_or_default())
            .bind(i64::from(limit))
            .fetch_all(pool)
            .await?)
        })
    }
}
