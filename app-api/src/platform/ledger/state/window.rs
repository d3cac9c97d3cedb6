//! Counting requests against limits.

use super::{State, WindowKey};
use crate::platform::ledger::types::{LedgerError, Limit, LimitState};

/// The window that `now` lies in.
pub(crate) fn window(limit: &Limit, now: i64) -> WindowKey {
    let length = i64::from(limit.window_seconds.max(1));
    let starts_at = now.saturating_sub(now.rem_euclid(length));
    (limit.name.clone(), limit.window_seconds.max(1), starts_at)
}

impl State {
    /// Counts one request against each limit, or, where one is reached, against none: who is told to wait
    /// does not use up the day.
    pub(super) fn take(&mut self, limits: &[Limit]) -> Result<Vec<LimitState>, LedgerError> {
        let mut taken = Vec::with_capacity(limits.len());
        for limit in limits {
            let key = window(limit, self.now);
            let used = self.windows.get(&key).copied().unwrap_or_default();
            let resets_at = key.2.saturating_add(i64::from(key.1));
            let left = i64::from(limit.max).saturating_sub(used);
            let state = |left: i64| LimitState {
                max: limit.max,
                remaining: u32::try_from(left).unwrap_or(0),
                resets_at,
            };
            if left <= 0 {
                return Err(LedgerError::Limited {
                    state: state(0),
                    retry_after_seconds: resets_at.saturating_sub(self.now).unsigned_abs().max(1),
                });
            }
            taken.push((key, used.saturating_add(1), state(left.saturating_sub(1))));
        }
        Ok(taken
            .into_iter()
            .map(|(key, used, state)| {
                self.windows.insert(key.clone(), used);
                self.changes.windows.insert(key);
                state
            })
            .collect())
    }
}
