//! The highest slot any answer was of. A read asks for no older one, so that an endpoint that lags
//! cannot show an interval from before a distribution.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// How long nobody may reach the slot before it is taken for a lie and forgotten. What is read
/// then may be old; the program compares the interval's id and lets nothing through that is.
const UNREACHED_PATIENCE: Duration = Duration::from_secs(60);

/// A memory that only goes up, until it proves impossible.
#[derive(Debug, Default)]
pub(super) struct Slots {
    seen: Mutex<Seen>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    slot: u64,
    /// Since when every endpoint that answers is before it.
    unreached_since: Option<Instant>,
}

impl Slots {
    /// The least slot a read may be of.
    pub(super) fn least(&self) -> u64 {
        self.with(|seen| seen.slot)
    }

    /// An answer was of this slot.
    pub(super) fn saw(&self, slot: u64) {
        self.with(|seen| {
            seen.slot = seen.slot.max(slot);
            seen.unreached_since = None;
        });
    }

    /// No endpoint that answers has come to the slot. Returns the slot where that has lasted too
    /// long, and forgets it.
    pub(super) fn unreached(&self, now: Instant) -> Option<u64> {
        self.with(|seen| {
            let since = *seen.unreached_since.get_or_insert(now);
            if now.saturating_duration_since(since) < UNREACHED_PATIENCE {
                return None;
            }
            Some(std::mem::take(seen).slot)
        })
    }

    fn with<T>(&self, change: impl FnOnce(&mut Seen) -> T) -> T {
        change(&mut self.seen.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_only_goes_up_until_nobody_reaches_it_for_a_minute() {
        let slots = Slots::default();
        slots.saw(7);
        slots.saw(5);
        assert_eq!(slots.least(), 7);
        let now = Instant::now();
        assert_eq!(slots.unreached(now), None);
        assert_eq!(slots.unreached(now + UNREACHED_PATIENCE / 2), None);
        slots.saw(8);
        assert_eq!(slots.unreached(now + UNREACHED_PATIENCE), None);
        assert_eq!(slots.unreached(now + UNREACHED_PATIENCE * 2), Some(8));
        assert_eq!(slots.least(), 0);
    }
}
