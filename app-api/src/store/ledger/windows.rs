//! Windows whose rows are there.

use std::{
    collections::{BTreeSet, HashSet},
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::platform::ledger::WindowKey;

/// Windows remembered; with more, all are made sure of again.
const MOST: usize = 50_000;

/// Windows whose rows this process knows to be there. They are taken away only long after their end.
#[derive(Debug, Default)]
pub(in crate::store) struct KnownWindows(Mutex<HashSet<WindowKey>>);

impl KnownWindows {
    /// Those that are not known.
    pub(super) fn unknown(&self, keys: &BTreeSet<WindowKey>) -> Vec<WindowKey> {
        let known = self.known();
        let unknown = keys.iter().filter(|key| !known.contains(*key));
        unknown.cloned().collect()
    }

    /// They are there, and it is committed.
    pub(super) fn know(&self, keys: Vec<WindowKey>) {
        let mut known = self.known();
        if known.len().saturating_add(keys.len()) > MOST {
            known.clear();
        }
        known.extend(keys);
    }

    /// One of them was not there after all.
    pub(super) fn forget(&self) {
        self.known().clear();
    }

    /// Nothing panics with the lock held.
    fn known(&self) -> MutexGuard<'_, HashSet<WindowKey>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
