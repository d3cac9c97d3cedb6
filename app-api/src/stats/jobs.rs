//! The number of metered events: counted at most once in a while, however many ask.

use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;
use tokio::sync::Mutex;

use crate::store::{Store, StoreError};

/// How long a count is told.
const REUSE: Duration = Duration::from_secs(1);
/// From when on the next one is made, so that those who come meanwhile need not wait for it.
const RENEW: Duration = Duration::from_millis(500);
/// The same where this process stored more meanwhile.
const REUSE_AFTER_WRITE: Duration = Duration::from_millis(100);

#[derive(Debug)]
struct Count {
    at: Instant,
    /// The store's [`Store::usage_writes`] before it.
    writes: u64,
    count: u64,
}

/// The last count.
#[derive(Debug, Default)]
pub(super) struct Jobs {
    last: ArcSwapOption<Count>,
    counting: Mutex<()>,
}

impl Jobs {
    /// How many there are, at most a second ago.
    pub(super) async fn count(&self, store: &Store) -> Result<u64, StoreError> {
        if let Some(count) = self.recent(store, RENEW) {
            return Ok(count);
        }
        // Rare, and large: apart from what every request carries along.
        Box::pin(self.renewed(store)).await
    }

    async fn renewed(&self, store: &Store) -> Result<u64, StoreError> {
        let _alone = match self.counting.try_lock() {
            Ok(alone) => alone,
            Err(_) => match self.recent(store, REUSE) {
                Some(count) => return Ok(count),
                None => self.counting.lock().await,
            },
        };
        if let Some(count) = self.recent(store, RENEW) {
            return Ok(count);
        }
        let (at, writes) = (Instant::now(), store.usage_writes());
        let count = store.usage_event_count().await?;
        let counted = Count { at, writes, count };
        self.last.store(Some(counted.into()));
        Ok(count)
    }

    fn recent(&self, store: &Store, age: Duration) -> Option<u64> {
        let last = self.last.load();
        let last = last.as_ref()?;
        let reuse = if last.writes == store.usage_writes() {
            age
        } else {
            REUSE_AFTER_WRITE
        };
        (last.at.elapsed() < reuse).then_some(last.count)
    }
}
