//! The chain's state in memory, as the store held it at one version: what most answers are made of, so
//! that asking costs the database nothing.
//!
//! [`Snapshots::follow`] keeps up with the store. It reads what changed as soon as this process commits
//! something, and asks for the version alone every [`POLL`] to learn of what others commit. A request
//! that comes while this process' own commit becomes visible waits for it: what the indexer has taken
//! in is told from then on. What another process commits is told within [`POLL`] and the time to read it.

mod follow;
mod positions;

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use arc_swap::ArcSwap;
use axum::http::StatusCode;
use primis_vault_interface::{
    accounts::{Pool, Position, Vault},
    math,
};
use solana_address::Address;
use tokio::sync::{Notify, watch};

use crate::{
    http::ApiError,
    store::{Look, Progress, Store},
};
use positions::Positions;

/// Between two questions for the version, while nothing is committed here.
pub const POLL: Duration = Duration::from_millis(500);
/// Longest wait of a request for the store to be read. After it the request is told of what was read
/// last.
const WAIT: Duration = Duration::from_secs(1);
/// The same for the first reading, of all positions.
const FIRST_WAIT: Duration = Duration::from_secs(10);

/// The vault, its pools and positions at one version of the store.
#[derive(Debug)]
pub struct Snapshot {
    /// The vault's address, base58.
    pub address: String,
    /// How far the vault was followed.
    pub progress: Progress,
    /// The state of its history.
    pub history_version: u64,
    /// The vault.
    pub vault: Vault,
    /// Its pools with their addresses, in order of index.
    pub pools: Vec<(String, Pool)>,
    pool_addresses: Vec<Address>,
    positions: Positions,
    owed: OnceLock<Option<u64>>,
}

impl Snapshot {
    /// What a look says, given what was known before it.
    fn of(address: &str, look: Look, before: Option<&Self>) -> Option<Self> {
        let mut positions = match before {
            Some(before) if !look.whole => before.positions.clone(),
            _ => Positions::default(),
        };
        for change in look.positions {
            positions.set(change);
        }
        Some(Self {
            address: address.to_owned(),
            progress: look.progress,
            history_version: look.history_version,
            vault: look.vault,
            pool_addresses: look
                .pools
                .iter()
                .map(|(address, _)| address.parse().ok())
                .collect::<Option<_>>()?,
            pools: look.pools,
            positions,
            owed: OnceLock::new(),
        })
    }

    /// The pool at an address.
    pub fn pool(&self, address: &Address) -> Option<&Pool> {
        let at = self.pool_addresses.iter().position(|a| a == address)?;
        self.pools.get(at).map(|(_, pool)| pool)
    }

    /// An owner's positions with their addresses.
    pub fn positions_of(&self, owner: &Address) -> impl Iterator<Item = (&Address, &Position)> {
        self.positions.of(owner)
    }

    /// Every position with its address.
    pub fn positions(&self) -> impl Iterator<Item = (&Address, &Position)> {
        self.positions.all()
    }

    /// Owners with units in the vault.
    pub fn staker_count(&self) -> u64 {
        self.positions.staker_count()
    }

    /// Lamports owed to all positions at the chain's clock: what they would be paid if all claimed.
    /// Summed once. `None`: the accounts do not belong together.
    pub async fn owed_lamports(self: &Arc<Self>) -> Option<u64> {
        if let Some(owed) = self.owed.get() {
            return *owed;
        }
        let snapshot = Arc::clone(self);
        // A million positions take long enough to hold up whoever else runs on this thread.
        tokio::task::spawn_blocking(move || *snapshot.owed.get_or_init(|| snapshot.sum_owed()))
            .await
            .ok()?
    }

    fn sum_owed(&self) -> Option<u64> {
        let now = self.progress.clock_unix;
        let acc = self
            .pools
            .iter()
            .map(|(_, pool)| Some(pool.stream().settle(pool.total_units, now)?.acc))
            .collect::<Option<Vec<u128>>>()?;
        self.positions.all().try_fold(0u64, |sum, (_, position)| {
            let pool = self
                .pool_addresses
                .iter()
                .position(|address| *address == position.pool)?;
            let earned = math::owed_lamports(position.units, position.acc.get(), *acc.get(pool)?)?;
            sum.checked_add(position.owed_lamports)?.checked_add(earned)
        })
    }
}

/// What is known of the store.
#[derive(Clone, Debug)]
enum Known {
    /// It was not read yet.
    Nothing,
    /// It holds no complete look at the chain.
    NotIndexed,
    /// It held this.
    Snapshot(Arc<Snapshot>),
    /// It could not be read for too long.
    Lost,
}

#[derive(Debug)]
struct Seen {
    known: Known,
    /// Commits of this process that were visible when the store was read; `None`: it was not.
    commits: Option<u64>,
}

/// The newest snapshot, and who keeps it so.
#[derive(Debug)]
pub struct Snapshots {
    seen: ArcSwap<Seen>,
    /// Tells of each reading.
    read: watch::Sender<()>,
    version: watch::Sender<u64>,
    wanted: Notify,
}

impl Default for Snapshots {
    fn default() -> Self {
        Self {
            seen: ArcSwap::from_pointee(Seen {
                known: Known::Nothing,
                commits: None,
            }),
            read: watch::Sender::new(()),
            version: watch::Sender::new(0),
            wanted: Notify::new(),
        }
    }
}

impl Snapshots {
    /// Tells the version of each new snapshot; [`Snapshots::newest`] is that one or a newer one.
    pub fn versions(&self) -> watch::Receiver<u64> {
        self.version.subscribe()
    }

    /// The newest snapshot, with everything this process committed.
    ///
    /// # Errors
    /// 503 before the first complete look at the chain, for an answer of part of it would read as
    /// truth; and when the store cannot be read any more.
    pub async fn newest(&self, store: &Store) -> Result<Arc<Snapshot>, ApiError> {
        let committed = store.commits().begun();
        let seen = self.seen.load();
        if seen.commits.is_some_and(|seen| seen >= committed) {
            return told(&seen.known);
        }
        drop(seen);
        // Rare, and large: apart from what every request carries along.
        Box::pin(self.wait(|seen| seen.commits.is_some_and(|seen| seen >= committed))).await
    }

    /// The newest snapshot, once it is of `version` or later.
    ///
    /// # Errors
    /// As [`Snapshots::newest`].
    pub(crate) async fn at_least(&self, version: u64) -> Result<Arc<Snapshot>, ApiError> {
        self.wanted.notify_one();
        self.wait(|seen| match &seen.known {
            Known::Snapshot(snapshot) => snapshot.progress.version >= version,
            Known::NotIndexed | Known::Lost => true,
            Known::Nothing => false,
        })
        .await
    }

    /// Waits until what was read is as wanted, but not for ever.
    async fn wait(&self, as_wanted: impl Fn(&Seen) -> bool) -> Result<Arc<Snapshot>, ApiError> {
        let mut read = self.read.subscribe();
        let longest = match &self.seen.load().known {
            Known::Nothing => FIRST_WAIT,
            _ => WAIT,
        };
        let wait = async {
            while !as_wanted(&self.seen.load()) {
                if read.changed().await.is_err() {
                    return;
                }
            }
        };
        let in_time = tokio::time::timeout(longest, wait).await.is_ok();
        if !in_time {
            tracing::warn!("the store was not read in time: an older state is told");
        }
        told(&self.seen.load().known)
    }
}

fn told(known: &Known) -> Result<Arc<Snapshot>, ApiError> {
    match known {
        Known::Snapshot(snapshot) => Ok(Arc::clone(snapshot)),
        Known::NotIndexed => Err(ApiError::not_indexed()),
        Known::Nothing | Known::Lost => Err(ApiError::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "database_unavailable",
            "the database cannot be read now: check [database] url and /readyz",
        )
        .retry_after_seconds(WAIT.as_secs())),
    }
}
