//! How many pieces of work were metered, here or elsewhere. What was reported as revenue is counted once and for good: no
//! event settles before the end of a reported window.

use std::sync::{PoisonError, atomic::Ordering};

use super::{Store, StoreError, on_db, unsigned};

/// Events that settled before a time, which no later one does.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct SettledUsage {
    /// Unix seconds.
    until: i64,
    count: u64,
}

impl Store {
    /// Number of metered events and of lines of usage stored so far.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn usage_event_count(&self) -> Result<u64, StoreError> {
        let known = *self.settled_usage();
        let (reported_to, settled, later) = on_db!(self, |pool| {
            let mut tx = pool.begin_with(self.begin_read()).await?;
            let (reported_to,): (i64,) =
                sqlx::query_as("SELECT reported_to FROM settlement WHERE id = 1")
                    .fetch_one(&mut *tx)
                    .await?;
            let until = reported_to.max(known.until);
            let (settled,): (i64,) = sqlx::query_as(
                "SELECT (SELECT COUNT(*) FROM usage_events WHERE settled_at >= $1 AND settled_at < $2) \
                 + (SELECT COUNT(*) FROM usage_lines \
                 WHERE settled_at >= $1 AND settled_at < $2)",
            )
            .bind(known.until)
            .bind(until)
            .fetch_one(&mut *tx)
            .await?;
            let (later,): (i64,) = sqlx::query_as(
                "SELECT (SELECT COUNT(*) FROM usage_events WHERE settled_at >= $1) \
                     + (SELECT COUNT(*) FROM usage_lines WHERE settled_at >= $1)",
            )
            .bind(until)
            .fetch_one(&mut *tx)
            .await?;
            tx.commit().await?;
            (until, settled, later)
        });
        let number = |n| unsigned(n, "number of usage events");
        let settled = SettledUsage {
            until: reported_to,
            count: known.count.saturating_add(number(settled)?),
        };
        let mut latest = self.settled_usage();
        // Another count may have come further meanwhile.
        if latest.until < settled.until {
            *latest = settled;
        }
        Ok(settled.count.saturating_add(number(later)?))
    }

    /// Rises when this process stores usage.
    pub fn usage_writes(&self) -> u64 {
        self.shared.usage_writes.load(Ordering::Acquire)
    }

    fn settled_usage(&self) -> std::sync::MutexGuard<'_, SettledUsage> {
        self.shared
            .settled_usage
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
