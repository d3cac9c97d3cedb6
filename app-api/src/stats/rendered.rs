//! Answers that are the same for all who ask: rendered once for each state they tell of.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use arc_swap::ArcSwapOption;
use tokio::sync::Mutex;

use crate::http::{ApiError, Cached};

/// How long the last body is told while the next one is rendered.
const OVERLAP: Duration = Duration::from_secs(1);

/// The newest body of an endpoint, and what it tells of: an equal key is an equal body.
#[derive(Debug)]
pub(super) struct Newest<K> {
    newest: ArcSwapOption<(K, Cached)>,
    rendering: Mutex<()>,
    /// When the last rendering began.
    began: ArcSwapOption<Instant>,
}

impl<K> Default for Newest<K> {
    fn default() -> Self {
        Self {
            newest: ArcSwapOption::empty(),
            rendering: Mutex::new(()),
            began: ArcSwapOption::empty(),
        }
    }
}

impl<K: PartialEq> Newest<K> {
    /// The body of `key`; `render` makes it, once however many ask, and says what it tells of in the
    /// end. Who asks meanwhile is told the body before, for [`OVERLAP`].
    pub(super) async fn get(
        &self,
        key: &K,
        render: impl AsyncFnOnce() -> Result<(K, Cached), ApiError>,
    ) -> Result<Cached, ApiError> {
        if let Some(found) = self.find(key) {
            return Ok(found);
        }
        // Rare, and large: apart from what every request carries along.
        Box::pin(self.renewed(key, render)).await
    }

    async fn renewed(
        &self,
        key: &K,
        render: impl AsyncFnOnce() -> Result<(K, Cached), ApiError>,
    ) -> Result<Cached, ApiError> {
        let _alone = match self.rendering.try_lock() {
            Ok(alone) => alone,
            Err(_) => match self.before() {
                Some(before) => return Ok(before),
                None => self.rendering.lock().await,
            },
        };
        if let Some(found) = self.find(key) {
            return Ok(found);
        }
        self.began.store(Some(Arc::new(Instant::now())));
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

    /// The newest there is, while the next one has not been made for long.
    fn before(&self) -> Option<Cached> {
        let began = self.began.load();
        let recent = began
            .as_ref()
            .is_some_and(|began| began.elapsed() < OVERLAP);
        let newest = self.newest.load();
        newest
            .as_ref()
            .filter(|_| recent)
            .map(|newest| newest.1.clone())
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
