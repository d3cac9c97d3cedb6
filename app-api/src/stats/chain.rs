//! The vault and its pools as they were last read, at one slot.

use std::{ops::Deref, sync::Arc};

use primis_vault_interface::{Source, accounts::Pool, math::value_lamports};

use crate::{app::App, http::ApiError, snapshot::Snapshot};

/// The program's `PoolStatus::RETIRED`.
const RETIRED: u8 = 2;

/// One consistent look at the chain.
#[derive(Clone)]
pub(super) struct Chain(Arc<Snapshot>);

impl Deref for Chain {
    type Target = Arc<Snapshot>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl Chain {
    /// The last look.
    ///
    /// # Errors
    /// 503 before the first complete one: an answer without the chain, or of the part of its history
    /// that was read so far, would read as truth.
    pub(super) async fn load(app: &App) -> Result<Self, ApiError> {
        if app.vault.is_none() {
            return Err(ApiError::not_indexed());
        }
        app.snapshots.newest(&app.store).await.map(Self)
    }

    /// Whether the history is still as it was with this look: what was read of it meanwhile belongs to
    /// the look then, for each step changes all at once. If not, a look that is newer.
    pub(super) async fn overtaken(&self, app: &App) -> Result<Option<Self>, ApiError> {
        let versions = app.store.versions(&self.address).await?;
        if versions.of_history == self.history_version {
            return Ok(None);
        }
        let newer = app.snapshots.at_least(versions.of_all).await?;
        Ok(Some(Self(newer)))
    }

    /// Everything staked, lamports.
    pub(super) fn staked_lamports(&self) -> Option<u64> {
        self.pools
            .iter()
            .try_fold(0u64, |sum, (_, pool)| sum.checked_add(pool_value(pool)?))
    }

    /// What is staked in pools that later distributions go to, lamports.
    pub(super) fn earning_lamports(&self) -> Option<u64> {
        self.pools
            .iter()
            .filter(|(_, pool)| !retired(pool))
            .try_fold(0u64, |sum, (_, pool)| sum.checked_add(pool_value(pool)?))
    }

    /// Distributions of both sources.
    pub(super) fn distribution_count(&self) -> u64 {
        [Source::Staking, Source::Compute]
            .iter()
            .fold(0, |sum: u64, source| {
                sum.saturating_add(self.vault.source(*source).distribution_count)
            })
    }
}

/// Whether a pool takes no part in later distributions.
pub(super) fn retired(pool: &Pool) -> bool {
    pool.status == RETIRED
}

/// A pool's stake, lamports, rounded down.
pub(super) fn pool_value(pool: &Pool) -> Option<u64> {
    value_lamports(pool.total_units, pool.price)
}

/// The error for numbers that cannot be the chain's.
pub(super) fn impossible() -> ApiError {
    ApiError::internal(&crate::store::StoreError::Corrupt("amount"))
}
