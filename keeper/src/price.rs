//! What a SOL costs: Hermes, or a price that never changes.

use primis_price::{Hermes, HermesConfig, SolUsd};

use crate::{
    config::{PriceConfig, PriceKind, read_secret},
    error::Error,
};

/// Nano-USD in a cent.
const NANO_USD_PER_CENT: u64 = 10_000_000;

/// Where the price comes from.
#[derive(Clone, Debug)]
pub enum PriceSource {
    /// Pyth's Hermes.
    Hermes(Hermes),
    /// Always this many nano-USD for a SOL.
    Fixed(u64),
}

impl PriceSource {
    /// The configured source.
    ///
    /// # Errors
    /// [`Error::Config`] or [`Error::Price`] where its section is missing or wrong.
    pub fn from_config(config: Option<&PriceConfig>) -> Result<Self, Error> {
        let missing = |section: &str| {
            Error::Config(format!("[{section}] is missing: see keeper.sample.toml"))
        };
        let config = config.ok_or_else(|| missing("price"))?;
        match config.kind {
            PriceKind::Fixed => match config
                .fixed
                .ok_or_else(|| missing("price.fixed"))?
                .usd_per_sol_cents
            {
                0 => Err(Error::Config(
                    "price.fixed.usd_per_sol_cents is 0: a SOL costs something".into(),
                )),
                cents => Ok(Self::Fixed(
                    u64::from(cents).saturating_mul(NANO_USD_PER_CENT),
                )),
            },
            PriceKind::Hermes => {
                let section = config
                    .hermes
                    .as_ref()
                    .ok_or_else(|| missing("price.hermes"))?;
                let key = section
                    .api_key_path
                    .as_ref()
                    .map(|path| read_secret(path, "price.hermes.api_key_path"));
                Ok(Self::Hermes(Hermes::new(HermesConfig {
                    url: section.url.clone(),
                    api_key: key.transpose()?,
                    feed_id: section.feed_id.clone(),
                    max_age_seconds: section.max_age_seconds,
                    max_confidence_bps: section.max_confidence_bps,
                })?))
            }
        }
    }

    /// The price, checked against `now` (Unix seconds of the cluster's clock).
    ///
    /// # Errors
    /// [`Error::Price`]; there is no older price to fall back to.
    pub async fn sol_usd(&self, now: i64) -> Result<SolUsd, Error> {
        match self {
            Self::Hermes(hermes) => Ok(hermes.sol_usd(now).await?),
            Self::Fixed(nano_usd_per_sol) => Ok(SolUsd {
                nano_usd_per_sol: *nano_usd_per_sol,
                confidence_nano_usd: 0,
                published_at: now,
            }),
        }
    }
}
