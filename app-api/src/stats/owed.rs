//! What all positions together are owed: summed once for each look at the chain, however many ask.

use std::sync::Arc;

use tokio::sync::Mutex;

use super::chain::{Chain, impossible};
use crate::{app::App, http::ApiError, store::Whose};

/// The last sum, and the state of the store it was taken from.
#[derive(Clone, Debug, Default)]
pub struct OwedCache(Arc<Mutex<Option<(u64, u64)>>>);

impl OwedCache {
    /// The chain, and lamports owed to all positions at its clock: what they would be paid if all
    /// claimed.
    pub(super) async fn load(&self, app: &App) -> Result<(Chain, u64), ApiError> {
        // Held while reading, so that a burst of pages sums once.
        let mut last = self.0.lock().await;
        let chain = Chain::load(app, Whose::Nobody).await?;
        if let Some((version, lamports)) = *last
            && version == chain.progress.version
        {
            return Ok((chain, lamports));
        }
        let chain = Chain::load(app, Whose::Everyone).await?;
        let pools: std::collections::HashMap<_, _> = chain
            .pools
            .iter()
            .map(|(address, pool)| (address.as_str(), pool))
            .collect();
        let lamports = chain
            .positions
            .iter()
            .try_fold(0u64, |sum, (_, position)| {
                let pool = pools.get(position.pool.to_string().as_str())?;
                sum.checked_add(position.owed_lamports_at(pool, chain.progress.clock_unix)?)
            })
            .ok_or_else(impossible)?;
        *last = Some((chain.progress.version, lamports));
        Ok((chain, lamports))
    }
}
