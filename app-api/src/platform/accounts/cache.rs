//! What is known of those who ask often, for less than two seconds.
//!
//! What is older than [`FRESH`] is looked up again by one of those who ask, while the others go by what
//! is known; what is older than [`KNOWN`] by each of them. So a key in steady use costs the database one
//! look a second, and nobody is answered by what is two seconds old.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use super::{caller::Caller, secret::Hash};

/// Age at which somebody looks again.
const FRESH: Duration = Duration::from_millis(900);
/// Age at which nobody goes by it. The rest to two seconds is for the look itself.
const KNOWN: Duration = Duration::from_millis(1_500);
/// Callers remembered; with more, all are looked up again.
const MOST: usize = 50_000;

/// Who asks, and until when that may be so.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) caller: Caller,
    /// When the key expires, Unix seconds.
    pub(super) expires_at: Option<i64>,
}

struct Entry {
    known: Arc<Known>,
    /// When the look began.
    at: Instant,
    looking: bool,
}

/// Those who asked lately, by the hash of what they showed.
#[derive(Default)]
pub(super) struct CallerCache(Mutex<HashMap<Hash, Entry>>);

impl CallerCache {
    /// Who showed what has this hash, unless it has to be looked up.
    pub(super) fn get(&self, hash: &Hash) -> Option<Arc<Known>> {
        let mut entries = self.entries();
        let entry = entries.get_mut(hash)?;
        let age = entry.at.elapsed();
        if age >= KNOWN {
            return None;
        }
        if age >= FRESH && !entry.looking {
            entry.looking = true;
            return None;
        }
        Some(Arc::clone(&entry.known))
    }

    /// Remembers what a look that began at `at` found.
    pub(super) fn put(&self, hash: Hash, at: Instant, known: Arc<Known>) {
        let mut entries = self.entries();
        if entries.len() >= MOST {
            entries.clear();
        }
        let entry = Entry {
            known,
            at,
            looking: false,
        };
        entries.insert(hash, entry);
    }

    /// Forgets what is known, at once in this process.
    pub(super) fn forget(&self, hash: &Hash) {
        self.entries().remove(hash);
    }

    /// The same for all that ask for an account.
    pub(super) fn forget_account(&self, account: &str) {
        let mut entries = self.entries();
        entries.retain(|_, entry| entry.known.caller.account != account);
    }

    /// Nothing panics with the lock held, and a map is whole whenever it is let go.
    fn entries(&self) -> MutexGuard<'_, HashMap<Hash, Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
