//! Keeping up with the store.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{sync::watch, time::timeout};
use tokio_util::sync::CancellationToken;

use super::{Known, POLL, Seen, Snapshot, Snapshots};
use crate::store::{Store, StoreError};

/// Longest time for reading what changed: a million positions take some seconds.
const READ_TIMEOUT: Duration = Duration::from_secs(300);
/// Longest time for learning whether anything did.
const VERSION_TIMEOUT: Duration = Duration::from_secs(5);
/// Longest wait for a commit of this process to become visible or fail.
const COMMIT_TIMEOUT: Duration = Duration::from_secs(2);
/// Why the store was not read.
type Error = Box<dyn std::error::Error + Send + Sync>;

/// How long a snapshot is told while the store cannot be read: over a restart of the database, not
/// over its loss.
const OUTLIVES_STORE: Duration = Duration::from_secs(10);

impl Snapshots {
    /// Keeps the newest snapshot of a vault until `stop` is cancelled.
    pub async fn follow(&self, store: &Store, vault: &str, stop: CancellationToken) {
        let mut ended = store.commits().ended();
        let mut readable = Instant::now();
        loop {
            let read = tokio::select! {
                () = stop.cancelled() => return,
                read = self.read(store, vault, &mut ended) => read,
            };
            match read {
                Ok(()) => readable = Instant::now(),
                Err(error) => self.unreadable(readable, &error),
            }
            tokio::select! {
                () = stop.cancelled() => return,
                // The store is there as long as this is.
                _ = ended.changed() => {}
                () = self.wanted.notified() => {}
                () = tokio::time::sleep(POLL) => {}
            }
        }
    }

    async fn read(
        &self,
        store: &Store,
        vault: &str,
        ended: &mut watch::Receiver<u64>,
    ) -> Result<(), Error> {
        // A commit under way may become visible or not: what is read after it is certain.
        let quiet = ended.wait_for(|ended| store.commits().begun() == *ended);
        // In vain where it hangs: then what is read may be from before it, and is told as that.
        let _ = timeout(COMMIT_TIMEOUT, quiet).await;
        let commits = *ended.borrow_and_update();
        let seen = self.seen.load_full();
        let before = match &seen.known {
            Known::Snapshot(snapshot) => Some(snapshot),
            _ => None,
        };
        let version = before.map(|before| before.progress.version);
        if version.is_some()
            && version
                == Some(
                    timeout(VERSION_TIMEOUT, store.versions(vault))
                        .await??
                        .of_all,
                )
        {
            if seen.commits != Some(commits) {
                self.tell(seen.known.clone(), commits);
            }
            return Ok(());
        }
        let known = match timeout(READ_TIMEOUT, store.look(vault, version)).await?? {
            None => Known::NotIndexed,
            Some(look) => {
                let snapshot = Snapshot::of(vault, look, before.map(|before| &**before))
                    .ok_or(StoreError::Corrupt("pool"))?;
                Known::Snapshot(Arc::new(snapshot))
            }
        };
        self.tell(known, commits);
        Ok(())
    }

    fn tell(&self, known: Known, commits: u64) {
        let version = match &known {
            Known::Snapshot(snapshot) => Some(snapshot.progress.version),
            _ => None,
        };
        self.seen.store(Arc::new(Seen {
            known,
            commits: Some(commits),
        }));
        self.read.send_replace(());
        if let Some(version) = version {
            self.version.send_if_modified(|told| {
                let new = *told != version;
                *told = version;
                new
            });
        }
    }

    fn unreadable(&self, since: Instant, error: &Error) {
        metrics::counter!("primis_snapshot_errors_total").increment(1);
        tracing::warn!(%error, "the store could not be read; trying again");
        if since.elapsed() >= OUTLIVES_STORE {
            let commits = self.seen.load().commits.unwrap_or_default();
            self.tell(Known::Lost, commits);
        }
    }
}
