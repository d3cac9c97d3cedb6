//! The compute platform: usage comes in, is priced once and paid for, and is reported as revenue.

pub mod accounts;
mod auth;
mod bounded;
pub mod gateway;
pub(crate) mod id;
pub mod invoices;
pub mod ledger;
mod mac;
mod money;
pub mod payments;
pub mod plans;
mod prices;
pub(crate) mod revenue;
pub mod runs;
pub(crate) mod subsidy;
pub mod systems;
pub(crate) mod usage;

use std::{sync::Arc, time::Duration};

pub use auth::{RevenueSecret, UsageKeys};
pub use prices::{Charge, PriceList, PricesError};

use crate::{
    clock::Clock,
    config::{ConfigError, Platform as Settings, read_secret},
    store::Store,
};
use ledger::Ledger;

/// What metering and reporting need; a part that is not configured refuses its requests.
#[derive(Clone, Debug)]
pub struct Platform {
    pub(crate) keys: Option<Arc<UsageKeys>>,
    pub(crate) secret: Option<Arc<RevenueSecret>>,
    pub(crate) prices: Option<Arc<PriceList>>,
    pub(crate) fee_bps: u64,
    pub(crate) settle_grace: Duration,
    /// Customers' money.
    pub(crate) ledger: Ledger,
}

/// Why the platform's files cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PlatformError {
    /// A key or secret cannot be read.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The prices cannot be used.
    #[error(transparent)]
    Prices(#[from] PricesError),
}

impl Platform {
    /// Reads the files the settings name.
    ///
    /// # Errors
    /// If one cannot be read or is not valid.
    pub fn load(
        settings: &Settings,
        store: &Store,
        clock: &Arc<dyn Clock>,
    ) -> Result<Self, PlatformError> {
        let keys = settings
            .usage_key_path
            .as_deref()
            .map(|path| {
                let text = read_secret("platform.usage_key_path", path)?;
                UsageKeys::parse(&text).ok_or(ConfigError::Invalid {
                    key: "platform.usage_key_path",
                    problem: "names a file without keys: write one key a line, of at least 16 characters",
                })
            })
            .transpose()?;
        let secret = settings
            .revenue_secret_path
            .as_deref()
            .map(|path| read_secret("platform.revenue_secret_path", path))
            .transpose()?;
        let settle_grace = Duration::from_secs(settings.settle_grace_seconds);
        Ok(Self {
            keys: keys.map(Arc::new),
            secret: secret.map(|secret| Arc::new(RevenueSecret::new(&secret))),
            prices: settings
                .prices_path
                .as_deref()
                .map(PriceList::read)
                .transpose()?
                .map(Arc::new),
            fee_bps: settings.fee_bps,
            settle_grace,
            ledger: Ledger::new(store.clone(), Arc::clone(clock), settle_grace),
        })
    }
}
