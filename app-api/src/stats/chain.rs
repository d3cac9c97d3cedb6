//! The vault and its pools as they were last read, at one slot.

use primis_vault_interface::{
    Source,
    accounts::{Pool, Position, Vault},
    math::value_lamports,
};

use crate::{
    app::App,
    http::ApiError,
    store::{Look, Progress, Whose},
};

/// The program's `PoolStatus::RETIRED`.
const RETIRED: u8 = 2;

/// One consistent look at the chain.
pub(super) struct Chain {
    pub(super) address: String,
    pub(super) vault: Vault,
    pub(super) pools: Vec<(String, Pool)>,
    /// Those that were asked for, with their addresses.
    pub(super) positions: Vec<(String, Position)>,
    pub(super) progress: Progress,
}

impl Chain {
    /// The last look.
    ///
    /// # Errors
    /// 503 before the first complete one: an answer without the chain, or of the part of its history
    /// that was read so far, would read as truth.
    pub(super) async fn load(app: &App, whose: Whose<'_>) -> Result<Self, ApiError> {
        let address = app.vault.clone().ok_or_else(ApiError::not_indexed)?;
        let look = app.store.look(&address, whose).await?;
        let Look {
            progress,
            vault,
            pools,
            positions,
        } = look.ok_or_else(ApiError::not_indexed)?;
        Ok(Self {
            address,
            vault,
            pools,
            positions,
            progress,
        })
    }

    /// The pool at an address.
    pub(super) fn pool(&self, address: &str) -> Option<&Pool> {
        self.pools
            .iter()
            .find_map(|(found, pool)| (found == address).then_some(pool))
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
