//! What all positions together are owed: summed once for each look at the chain, however many ask.

use std::sync::Arc;

use tokio::sync::Mutex;

use super::chain::{Chain, impossible};
use crate::{http::ApiError, store::Store};

/// The last sum, and the state of the store it was taken from.
#[derive(Clone, Debug, Default)]
pub struct OwedCache(Arc<Mutex<Option<(u64, u64)>>>);

impl OwedCache {
    /// Lamports owed to all positions at the chain's clock: what they would be paid if all claimed.
    pub(super) async fn lamports(&self, store: &Store, chain: &Chain) -> Result<u64, ApiError> {
        let mut last = self.0.lock().await;
        if let Some((version, lamports)) = *last
            && version == chain.progress.version
        {
            return Ok(lamports);
        }
        let positions = store.positions(&chain.address, None).await?;
        let pools: std::collections::HashMap<_, _> = chain
            .pools
            .iter()
            .map(|(address, pool)| (address.as_str(), pool))
            .collect();
        let lamports = positions
            .iter()
            .try_fold(0u64, |sum, (_, position)| {
                let pool = pools.get(position.pool.to_string().as_str())?;
                sum.checked_add(position.owed_lamports_at(pool, chain.progress.clock_unix)?)
            })
            .ok_or_else(impossible)?;
        *last = Some((chain.progress.version, lamports));
        Ok(lamports)
    }
}
