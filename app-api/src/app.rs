//! What every request handler can reach.

use std::sync::{
    Arc,
    atomic::{AtomicU8, AtomicU64, Ordering},
};

use crate::{
    actions::Actions,
    clock::Clock,
    config::{Model, Settings, Webhooks},
    http::Metrics,
    platform::{
        Platform, PlatformError,
        accounts::Accounts,
        gateway::{Gateway, GatewayError},
        payments::{Billing, RunLink},
        runs::Runs,
    },
    price::{Price, SetupError},
    snapshot::Snapshots,
    stats::{Bodies, Hub},
    store::Store,
    symbols::Symbols,
};

/// How well the indexer keeps up. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Lag(Arc<LagState>);

#[derive(Debug, Default)]
struct LagState {
    slots: AtomicU64,
    /// 0: not compared yet; 1: incomplete; 2: complete.
    history: AtomicU8,
}

impl Lag {
    /// Slots of the chain that it had not read, as of the last look.
    pub fn slots(&self) -> u64 {
        self.0.slots.load(Ordering::Relaxed)
    }

    /// Whether the events taken in add up to the chain's own counters; `None` before they were
    /// compared.
    pub fn history_complete(&self) -> Option<bool> {
        match self.0.history.load(Ordering::Relaxed) {
            0 => None,
            state => Some(state == 2),
        }
    }

    pub(crate) fn set(&self, slots: u64) {
        self.0.slots.store(slots, Ordering::Relaxed);
    }

    pub(crate) fn set_complete(&self, complete: bool) {
        let state = if complete { 2 } else { 1 };
        self.0.history.store(state, Ordering::Relaxed);
    }
}

/// Why the server cannot be put together.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// A file of the platform cannot be used.
    #[error(transparent)]
    Platform(#[from] PlatformError),
    /// A file of the gateway cannot be used.
    #[error(transparent)]
    Gateway(#[from] GatewayError),
    /// The price source cannot be used.
    #[error(transparent)]
    Price(#[from] SetupError),
}

/// The server's parts.
pub struct App {
    pub(crate) store: Store,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) platform: Platform,
    pub(crate) gateway: Gateway,
    pub(crate) accounts: Accounts,
    pub(crate) billing: Arc<Billing>,
    /// Jobs paid one by one.
    pub(crate) runs: Runs,
    /// Address the world reaches the server at.
    pub(crate) public_url: Option<String>,
    /// How customers are told.
    pub(crate) webhooks: Webhooks,
    pub(crate) price: Arc<Price>,
    /// What mints are called.
    pub(crate) symbols: Symbols,
    pub(crate) model: Model,
    /// The vault to follow, base58.
    pub(crate) vault: Option<String>,
    pub(crate) max_lag_seconds: u64,
    pub(crate) lag: Lag,
    pub(crate) metrics: Metrics,
    pub(crate) actions: Actions,
    /// Those who listen to `/api/stream`.
    pub(crate) stream: Hub,
    pub(crate) snapshots: Arc<Snapshots>,
    pub(crate) bodies: Bodies,
}

impl App {
    /// Puts the server together; reads the files the settings name.
    ///
    /// # Errors
    /// If one cannot be used.
    pub fn new(settings: &Settings, store: Store, clock: Arc<dyn Clock>) -> Result<Self, AppError> {
        let platform = Platform::load(&settings.platform, &store, &clock)?;
        let ledger = platform.ledger.clone();
        let billing = Billing::load(settings, store.clone(), Arc::clone(&clock), ledger)
            .map(Arc::new)
            .map_err(PlatformError::from)?;
        let pay_link = RunLink::new(Arc::clone(&billing), settings.http.public_url.as_deref());
        Ok(Self {
            gateway: Gateway::new(&settings.gateway)?,
            billing,
            platform,
            accounts: Accounts::load(settings).map_err(PlatformError::from)?,
            store,
            clock,
            runs: Runs::load(&settings.runs, Some(Arc::new(pay_link)))
                .map_err(PlatformError::from)?,
            public_url: settings.http.public_url.clone(),
            price: Arc::new(Price::new(settings.price.as_ref())?),
            webhooks: settings.webhooks.clone(),
            symbols: Symbols::of(&settings.pools),
            model: settings.model.clone(),
            vault: settings.chain.vault.clone(),
            max_lag_seconds: settings.indexer.max_lag_seconds,
            lag: Lag::default(),
            metrics: Metrics::install(),
            actions: Actions::new(settings),
            stream: Hub::default(),
            snapshots: Arc::default(),
            bodies: Bodies::default(),
        })
    }

    /// Where the price of SOL comes from.
    pub fn price(&self) -> Arc<Price> {
        Arc::clone(&self.price)
    }

    /// Payments, plans and metered calls.
    pub fn billing(&self) -> Arc<Billing> {
        Arc::clone(&self.billing)
    }

    /// The chain's state in memory, and its changes.
    pub fn snapshots(&self) -> Arc<Snapshots> {
        Arc::clone(&self.snapshots)
    }

    /// The indexer's lag, to be kept up to date.
    pub fn lag(&self) -> Lag {
        self.lag.clone()
    }
}
