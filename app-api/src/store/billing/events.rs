//! Events of the payment provider: each is kept once, and is done once.

use super::{Store, StoreError, on_db, write_db};

/// An event as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StripeEventRow {
    /// `evt_…`
    pub event: String,
    /// What happened.
    pub kind: String,
    /// When, by the provider's clock, Unix seconds.
    pub created_at: i64,
    /// The body.
    pub payload: String,
}

/// What was known of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// Nothing.
    New,
    /// It came before, and not all it asks for is done.
    Open,
    /// All of it is done.
    Done,
}

impl Store {
    /// Keeps an event, once for its id.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn keep_event(&self, row: &StripeEventRow, now: i64) -> Result<Known, StoreError> {
        Ok(write_db!(self, |pool| {
            let kept = sqlx::query(
                "INSERT INTO stripe_events (event, kind, created_at, received_at, done, payload) \
                 VALUES ($1, $2, $3, $4, 0, $5) ON CONFLICT (event) DO NOTHING",
            )
            .bind(&row.event)
            .bind(&row.kind)
            .bind(row.created_at)
            .bind(now)
            .bind(&row.payload)
            .execute(pool)
            .await?;
            if kept.rows_affected() > 0 {
                return Ok(Known::New);
            }
            let done: (bool,) =
                sqlx::query_as("SELECT done <> 0 FROM stripe_events WHERE event = $1")
                    .bind(&row.event)
                    .fetch_one(pool)
                    .await?;
            if done.0 { Known::Done } else { Known::Open }
        }))
    }

    /// All that an event asks for is done.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn event_is_done(&self, event: &str) -> Result<(), StoreError> {
        write_db!(self, |pool| {
            sqlx::query("UPDATE stripe_events SET done = 1 WHERE event = $1")
                .bind(event)
                .execute(pool)
                .await?;
        });
        Ok(())
    }

    /// Bodies of events that were received before `before` and are not done.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn open_events(
        &self,
        before: i64,
        limit: i64,
    ) -> Result<Vec<StripeEventRow>, StoreError> {
        let rows: Vec<(String, String, i64, String)> = on_db!(self, |pool| {
            sqlx::query_as(
                "SELECT event, kind, created_at, payload FROM stripe_events \
                 WHERE done = 0 AND received_at < $1 ORDER BY received_at, event LIMIT $2",
            )
            .bind(before)
            .bind(limit)
            .fetch_all(pool)
            .await?
        });
        Ok(rows
            .into_iter()
            .map(|(event, kind, created_at, payload)| StripeEventRow {
                event,
                kind,
                created_at,
                payload,
            })
            .collect())
    }
}
