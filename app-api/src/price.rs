//! The price of SOL as statistics use it: asked for at most every few seconds, never guessed.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use arc_swap::ArcSwapOption;
use axum::http::StatusCode;
use primis_price::{Hermes, HermesConfig, PriceError, SolUsd};
use tokio::sync::Mutex;

use crate::{
    clock::Clock,
    config::{ConfigError, Price as Settings, read_secret},
    http::ApiError,
};

/// How long an answer, or a refusal, of Hermes is used before it is asked again: pages ask often,
/// and the price's own age bound is checked by the client at each fetch.
const REUSE: Duration = Duration::from_secs(5);
/// From when on it is asked ahead, so that those who come meanwhile need not wait for it.
const RENEW: Duration = Duration::from_secs(4);

/// When Hermes was asked, and what it answered.
type Asked = (Instant, Result<SolUsd, String>);

/// Why the price source cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The API key cannot be read.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The client refuses its configuration.
    #[error("price: {0}")]
    Client(#[from] PriceError),
}

/// The price of SOL, or why there is none.
#[derive(Debug)]
pub struct Price {
    hermes: Option<Hermes>,
    last: ArcSwapOption<Asked>,
    asking: Mutex<()>,
}

impl Price {
    pub(crate) fn new(settings: Option<&Settings>) -> Result<Self, SetupError> {
        let hermes = settings
            .map(|settings| -> Result<Hermes, SetupError> {
                let api_key = settings
                    .api_key_path
                    .as_deref()
                    .map(|path| read_secret("price.api_key_path", path))
                    .transpose()?;
                let hermes = Hermes::new(HermesConfig {
                    url: settings.url.clone(),
                    api_key,
                    feed_id: settings.feed_id.clone(),
                    max_age_seconds: settings.max_age_seconds,
                    max_confidence_bps: settings.max_confidence_bps,
                })?;
                Ok(if settings.check_binary {
                    hermes.cross_checking()
                } else {
                    hermes
                })
            })
            .transpose()?;
        Ok(Self {
            hermes,
            last: ArcSwapOption::empty(),
            asking: Mutex::new(()),
        })
    }

    /// Whether there is a source at all.
    pub(crate) fn is_configured(&self) -> bool {
        self.hermes.is_some()
    }

    /// Nano-USD for one SOL, or 503 with the reason.
    pub(crate) async fn nano_usd_per_sol(&self, clock: &dyn Clock) -> Result<u64, ApiError> {
        self.sol_usd(clock)
            .await
            .map(|price| price.nano_usd_per_sol)
    }

    /// The price with its time, or 503 with the reason.
    pub(crate) async fn sol_usd(&self, clock: &dyn Clock) -> Result<SolUsd, ApiError> {
        let Some(hermes) = &self.hermes else {
            return Err(unavailable("no [price] section is configured"));
        };
        if let Some(last) = self.recent(RENEW) {
            return told(&last);
        }
        // Rare, and large: apart from what every request carries along.
        Box::pin(self.renewed(hermes, clock)).await
    }

    async fn renewed(&self, hermes: &Hermes, clock: &dyn Clock) -> Result<SolUsd, ApiError> {
        // Held over the request, so that a burst of pages asks once.
        let asking = match self.recent(REUSE) {
            None => self.asking.lock().await,
            Some(last) => match self.asking.try_lock() {
                Ok(asking) => asking,
                Err(_) => return told(&last),
            },
        };
        if let Some(last) = self.recent(RENEW) {
            return told(&last);
        }
        let answer = hermes.sol_usd(clock.now_unix()).await.map_err(|error| {
            tracing::warn!(%error, "no price of SOL");
            error.to_string()
        });
        let asked = Arc::new((Instant::now(), answer));
        self.last.store(Some(Arc::clone(&asked)));
        drop(asking);
        told(&asked)
    }

    /// The last answer, if it is younger than `age`.
    fn recent(&self, age: Duration) -> Option<Arc<Asked>> {
        self.last
            .load_full()
            .filter(|asked| asked.0.elapsed() < age)
    }
}

fn told(asked: &Asked) -> Result<SolUsd, ApiError> {
    match &asked.1 {
        Ok(price) => Ok(*price),
        Err(reason) => Err(unavailable(reason)),
    }
}

fn unavailable(reason: &str) -> ApiError {
    ApiError::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "price_unavailable",
        &format!("the price of SOL is not known now: {reason}"),
    )
    .retry_after_seconds(REUSE.as_secs())
}
