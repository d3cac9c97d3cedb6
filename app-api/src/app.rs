//! What every request handler can reach.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use crate::{
    actions::Actions,
    clock::Clock,
    config::{Model, Settings},
    http::Metrics,
    platform::{Platform, PlatformError},
    price::{Price, SetupError},
    stats::OwedCache,
    store::Store,
};

/// Slots of the chain that the indexer has not read.
#[derive(Clone, Debug, Default)]
pub struct Lag(Arc<AtomicU64>);

impl Lag {
    /// As of the last look.
    pub fn slots(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    pub(crate) fn set(&self, slots: u64) {
        self.0.store(slots, Ordering::Relaxed);
    }
}

/// Why the server cannot be put together.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// A file of the platform cannot be used.
    #[error(transparent)]
    Platform(#[from] PlatformError),
    /// The price source cannot be used.
    #[error(transparent)]
    Price(#[from] SetupError),
}

/// The server's parts.
pub struct App {
    pub(crate) store: Store,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) platform: Platform,
    pub(crate) price: Price,
    pub(crate) model: Model,
    /// The vault to follow, base58.
    pub(crate) vault: Option<String>,
    pub(crate) max_lag_seconds: u64,
    pub(crate) lag: Lag,
    pub(crate) metrics: Metrics,
    pub(crate) owed: OwedCache,
    pub(crate) actions: Actions,
}

impl App {
    /// Puts the server together; reads the files the settings name.
    ///
    /// # Errors
    /// If one cannot be used.
    pub fn new(settings: &Settings, store: Store, clock: Arc<dyn Clock>) -> Result<Self, AppError> {
        Ok(Self {
            store,
            clock,
            platform: Platform::load(&settings.platform)?,
            price: Price::new(settings.price.as_ref())?,
            model: settings.model.clone(),
            vault: settings.chain.vault.clone(),
            max_lag_seconds: settings.indexer.max_lag_seconds,
            lag: Lag::default(),
            metrics: Metrics::install(),
            owed: OwedCache::default(),
            actions: Actions::new(settings),
        })
    }

    /// The indexer's lag, to be kept up to date.
    pub fn lag(&self) -> Lag {
        self.lag.clone()
    }
}
