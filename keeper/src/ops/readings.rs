//! What was last read of everything the keeper depends on. As the metrics' recorder, there is one
//! for a process, which runs one keeper; whoever judges takes a copy.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// Something the keeper cannot distribute without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dependency {
    /// At least one RPC.
    Rpc,
    /// The source of revenue.
    Revenue,
    /// The price of SOL.
    Price,
}

/// How a dependency does.
#[derive(Clone, Debug, Default)]
pub struct Needs {
    /// Since when it has failed without a success, and with what.
    pub failing: Option<(Instant, String)>,
}

impl Needs {
    /// For how long it has failed at `now`, and with what last.
    pub fn failing_for(&self, now: Instant) -> Option<(Duration, &str)> {
        let (since, cause) = self.failing.as_ref()?;
        Some((now.saturating_duration_since(*since), cause))
    }
}

/// What was last read.
#[derive(Clone, Debug, Default)]
pub struct Readings {
    /// The RPCs.
    pub rpc: Needs,
    /// The source of revenue.
    pub revenue: Needs,
    /// The price of SOL.
    pub price: Needs,
    /// Lamports in the keeper's wallet.
    pub wallet_lamports: Option<u64>,
    /// Seconds that were not distributed at the last look: the cluster's clock less the end of the
    /// last distribution.
    pub undistributed_seconds: Option<i64>,
}

static LATEST: Mutex<Readings> = Mutex::new(Readings {
    rpc: Needs { failing: None },
    revenue: Needs { failing: None },
    price: Needs { failing: None },
    wallet_lamports: None,
    undistributed_seconds: None,
});

impl Readings {
    /// A copy of the latest.
    pub fn latest() -> Self {
        LATEST
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// How a dependency does.
    pub fn needs(&self, dependency: Dependency) -> &Needs {
        match dependency {
            Dependency::Rpc => &self.rpc,
            Dependency::Revenue => &self.revenue,
            Dependency::Price => &self.price,
        }
    }
}

/// Takes note of a dependency that answered.
pub(super) fn succeeded(dependency: Dependency) {
    change(|latest| needs_mut(latest, dependency).failing = None);
}

/// Takes note of one that failed.
pub(super) fn failed(dependency: Dependency, cause: String) {
    change(|latest| {
        let needs = needs_mut(latest, dependency);
        let since = needs
            .failing
            .as_ref()
            .map_or_else(Instant::now, |(since, _)| *since);
        needs.failing = Some((since, cause));
    });
}

/// Takes note of what the chain shows.
pub(super) fn chain(wallet_lamports: u64, undistributed_seconds: i64) {
    change(|latest| {
        latest.wallet_lamports = Some(wallet_lamports);
        latest.undistributed_seconds = Some(undistributed_seconds);
    });
}

fn change(how: impl FnOnce(&mut Readings)) {
    how(&mut LATEST.lock().unwrap_or_else(PoisonError::into_inner));
}

fn needs_mut(readings: &mut Readings, dependency: Dependency) -> &mut Needs {
    match dependency {
        Dependency::Rpc => &mut readings.rpc,
        Dependency::Revenue => &mut readings.revenue,
        Dependency::Price => &mut readings.price,
    }
}
