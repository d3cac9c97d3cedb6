//! How keys are used: counted in memory, written down every few seconds. A process that is killed loses
//! those counts, and nothing that is billed.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use tokio_util::sync::CancellationToken;

use crate::{
    clock::Clock,
    store::{KeyUse, Store},
};

/// Between two times of writing down.
const PAUSE: Duration = Duration::from_secs(3);
/// Between two times of forgetting what is over.
const FORGET: Duration = Duration::from_secs(3_600);

/// Uses by key that are not written down.
#[derive(Default)]
pub(super) struct KeyUses(Mutex<BTreeMap<String, KeyUse>>);

impl KeyUses {
    /// Counts a request.
    pub(super) fn add(&self, key: &str, now_unix: i64) {
        let mut uses = self.uses();
        if let Some(used) = uses.get_mut(key) {
            used.requests = used.requests.saturating_add(1);
            used.last_used_at = used.last_used_at.max(now_unix);
        } else {
            let first = KeyUse {
                requests: 1,
                last_used_at: now_unix,
            };
            uses.insert(key.to_owned(), first);
        }
    }

    /// Writes down what was counted; what could not be written is counted on.
    async fn write(&self, store: &Store) {
        let counted = std::mem::take(&mut *self.uses());
        if counted.is_empty() {
            return;
        }
        if let Err(error) = store.add_key_uses(&counted).await {
            tracing::warn!(%error, "the use of keys could not be written down: tried again");
            let mut uses = self.uses();
            for (key, lost) in counted {
                let used = uses.entry(key).or_default();
                used.requests = used.requests.saturating_add(lost.requests);
                used.last_used_at = used.last_used_at.max(lost.last_used_at);
            }
        }
    }

    /// Nothing panics with the lock held.
    fn uses(&self) -> MutexGuard<'_, BTreeMap<String, KeyUse>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes down until `shutdown` is cancelled, and then what is left.
pub(super) async fn keep_up(
    uses: &KeyUses,
    store: &Store,
    clock: &dyn Clock,
    shutdown: CancellationToken,
) {
    let mut forgot: Option<Instant> = None;
    loop {
        let stopping = tokio::time::timeout(PAUSE, shutdown.cancelled())
            .await
            .is_ok();
        uses.write(store).await;
        if stopping {
            return;
        }
        if forgot.is_none_or(|at| at.elapsed() >= FORGET) {
            forgot = Some(Instant::now());
            if let Err(error) = store.forget_expired(clock.now_unix()).await {
                tracing::warn!(%error, "sessions that are over could not be forgotten");
            }
        }
    }
}
