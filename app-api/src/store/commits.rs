//! What this process commits becomes visible at some moment of the COMMIT. Whoever tells of the store
//! from memory has to know of it from the moment before.

use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::watch;

/// Counts the commits of this process.
#[derive(Debug)]
pub struct Commits {
    begun: AtomicU64,
    ended: watch::Sender<u64>,
}

/// A commit under way; ended when dropped, whatever became of it.
#[derive(Debug)]
pub(super) struct Committing<'a>(&'a Commits);

impl Default for Commits {
    fn default() -> Self {
        Self {
            begun: AtomicU64::new(0),
            ended: watch::Sender::new(0),
        }
    }
}

impl Commits {
    /// To be called right before a COMMIT, and held over it.
    pub(super) fn begin(&self) -> Committing<'_> {
        self.begun.fetch_add(1, Ordering::SeqCst);
        Committing(self)
    }

    /// Commits that may be visible by now.
    pub fn begun(&self) -> u64 {
        self.begun.load(Ordering::SeqCst)
    }

    /// Tells of each commit that has ended.
    pub fn ended(&self) -> watch::Receiver<u64> {
        self.ended.subscribe()
    }
}

impl Drop for Committing<'_> {
    fn drop(&mut self) {
        self.0
            .ended
            .send_modify(|ended| *ended = ended.saturating_add(1));
    }
}
