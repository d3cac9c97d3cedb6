//! What a SOL costs: by Hermes, by Pyth's account on chain, or a price that never changes.
//!
//! A price that is old, wide, of another feed or not to be had holds the distribution; there is no
//! other to fall back to. It is counted by its cause.

use std::sync::Arc;

use primis_price::{Bounds, Hermes, HermesConfig, PriceError, SolUsd, feed_id, sol_usd_of_account};
use solana_address::Address;
use solana_rpc_client::nonblocking::rpc_client::RpcClient;

use crate::{
    chain::Rpc,
    config::{AccountPriceConfig, PriceConfig, PriceKind, read_secret},
    error::Error,
    ops::metrics,
};

/// Nano-USD in a cent.
const NANO_USD_PER_CENT: u64 = 10_000_000;

/// Where the price comes from.
#[derive(Clone, Debug)]
pub enum PriceSource {
    /// Pyth's Hermes.
    Hermes(Hermes),
    /// Pyth's account on chain.
    Account(AccountPrice),
    /// Always this many nano-USD for a SOL.
    Fixed(u64),
}

/// An account of Pyth's receiver program.
#[derive(Clone, Debug)]
pub struct AccountPrice {
    rpc: Rpc,
    address: Address,
    receiver_program: Address,
    feed_id: [u8; 32],
    bounds: Bounds,
}

impl PriceSource {
    /// The configured source; an account is read by `rpc`.
    ///
    /// # Errors
    /// [`Error::Config`] or [`Error::Price`] where its section is missing or wrong.
    pub fn from_config(config: Option<&PriceConfig>, rpc: &Rpc) -> Result<Self, Error> {
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
                let hermes = Hermes::new(HermesConfig {
                    url: section.url.clone(),
                    api_key: key.transpose()?,
                    feed_id: section.feed_id.clone(),
                    max_age_seconds: section.max_age_seconds,
                    max_confidence_bps: section.max_confidence_bps,
                })?;
                Ok(Self::Hermes(if section.check_binary {
                    hermes.cross_checking()
                } else {
                    hermes
                }))
            }
            PriceKind::Account => {
                let section = config
                    .account
                    .as_ref()
                    .ok_or_else(|| missing("price.account"))?;
                Ok(Self::Account(AccountPrice::new(section, rpc.clone())?))
            }
        }
    }

    /// The price, checked against `now` (Unix seconds of the cluster's clock).
    ///
    /// # Errors
    /// [`Error::Price`], or [`Error::Rpc`] where an account cannot be read; there is no older price
    /// to fall back to.
    pub async fn sol_usd(&self, now: i64) -> Result<SolUsd, Error> {
        let price = match self {
            Self::Hermes(hermes) => hermes.sol_usd(now).await.map_err(Error::from),
            Self::Account(account) => account.sol_usd(now).await,
            Self::Fixed(nano_usd_per_sol) => Ok(SolUsd {
                nano_usd_per_sol: *nano_usd_per_sol,
                confidence_nano_usd: 0,
                published_at: now,
            }),
        };
        price.inspect_err(|error| {
            let code = match error {
                Error::Price(error) => error.code(),
                _ => "rpc",
            };
            metrics::price_held(code);
        })
    }
}

impl AccountPrice {
    fn new(config: &AccountPriceConfig, rpc: Rpc) -> Result<Self, Error> {
        Ok(Self {
            rpc,
            address: config.address,
            receiver_program: config.receiver_program,
            feed_id: feed_id(&config.feed_id)?,
            bounds: Bounds {
                max_age_seconds: config.max_age_seconds,
                max_confidence_bps: config.max_confidence_bps,
            },
        })
    }

    async fn sol_usd(&self, now: i64) -> Result<SolUsd, Error> {
        let commitment = self.rpc.commitment();
        let ask = |client: Arc<RpcClient>| async move {
            client
                .get_account_with_commitment(&self.address, commitment)
                .await
        };
        let answer = self.rpc.read("getAccountInfo", ask).await?;
        let wrong = |what: &str| PriceError::Account(format!("{} {what}", self.address));
        let account = answer.value.ok_or_else(|| wrong("does not exist"))?;
        if account.owner != self.receiver_program {
            let what = format!(
                "belongs to {}, not to Pyth's receiver {}",
                account.owner, self.receiver_program
            );
            return Err(wrong(&what).into());
        }
        Ok(sol_usd_of_account(
            &account.data,
            &self.feed_id,
            self.bounds,
            now,
        )?)
    }
}
