//! Answers that are the same for all who ask: rendered once for each state they tell of.

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use tokio::sync::Mutex;

use crate::http::{ApiError, Cached};

/// The newest body of an endpoint, and what it tells of: an equal key is an equal body.
#[derive(Debug)]
pub(super) struct Newest<K> {
    newest: ArcSwapOption<(K, Cached)>,
    rendering: Mutex<()>,
}

impl<K> Default for Newest<K> {
    fn default() -> Self {
        Self {
            newest: ArcSwapOption::empty(),
            rendering: Mutex::new(()),
        }
    }
}

impl<K: PartialEq> Newest<K> {
    /// The body of `key`; `render` makes it, once however many ask, and says what it tells of in the
    /// end.
    pub(super) async fn get(
        &self,
        key: &K,
        render: impl AsyncFnOnce() -> Result<(K, Cached), ApiError>,
    ) -> Result<Cached, ApiError> {
        if let Some(found) = self.find(key) {
            return Ok(found);
        }
        let _alone = self.rendering.lock().await;
        if let Some(found) = self.find(key) {
            return Ok(found);
        }
        let made = render().await?;
        let rendered = made.1.clone();
        self.newest.store(Some(Arc::new(made)));
        Ok(rendered)
    }

    /// The newest there is.
    pub(super) fn last(&self) -> Option<(K, Cached)>
    where
        K: Clone,
    {
        self.newest.load().as_deref().cloned()
    }

    fn find(&self, key: &K) -> Option<Cached> {
        self.newest
            .load()
            .as_ref()
            .filter(|newest| newest.0 == *key)
            .map(|newest| newest.1.clone())
    }
}

/// The bodies that are kept.
#[derive(Debug, Default)]
pub(crate) struct Bodies {
    /// `/api/stats`, by version and jobs.
    pub(super) network: Newest<(u64, u64)>,
    /// `/api/yield/stats`, by version and price of SOL.
    pub(super) yields: Newest<(u64, Option<u64>)>,
    /// What the first tells of beside the chain.
    pub(super) jobs: super::jobs::Jobs,
}
