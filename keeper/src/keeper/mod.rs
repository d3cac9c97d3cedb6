//! The keeper at work: reads the chain, asks the plan, does what it says, and remembers what is
//! in flight.

mod distribute;
mod outcome;
mod prepare;
mod watch;

use std::{sync::Arc, time::Instant};

use primis_vault_interface::Source;
use solana_address::Address;
use solana_keypair::Keypair;
use solana_signer::Signer;

pub use self::{
    outcome::{Interval, Outcome},
    prepare::Prepared,
};
use crate::{
    chain::{ChainState, Rpc},
    config::{Config, FeesConfig, PriceAccountConfig, read_keypair},
    error::Error,
    memory::Memory,
    ops::metrics,
    plan::{Action, Known, Rules, plan},
    price::PriceSource,
    revenue::{self, RevenueSource, Stretch},
};

/// The source this keeper serves.
pub const SOURCE: Source = Source::Compute;
/// Most questions of one plan: bisection over the windows of a century of seconds asks fewer.
const MAX_QUESTIONS: usize = 100;

/// Who reads and decides: everything but the memory, so that a dry run writes nothing.
#[derive(Clone, Debug)]
pub struct Decider {
    /// The chain.
    pub rpc: Rpc,
    /// The keeper's key.
    pub keypair: Arc<Keypair>,
    /// The vault.
    pub vault: Address,
    /// Where revenue is measured.
    pub revenue: Arc<dyn RevenueSource>,
    /// What a SOL costs.
    pub price: PriceSource,
    /// Where Pyth's prices of tokens lie on chain.
    pub price_accounts: Vec<PriceAccountConfig>,
    /// The operator's rules.
    pub rules: Rules,
    /// What may be paid for a transaction.
    pub fees: FeesConfig,
}

/// What was read, learnt and decided.
#[derive(Clone, Debug)]
pub struct Decision {
    /// The chain it is based on.
    pub state: ChainState,
    /// Answers to the plan's questions.
    pub known: Known,
    /// What to do; never a question.
    pub action: Action,
}

impl Decider {
    /// Reads keys and secrets; sends nothing.
    ///
    /// # Errors
    /// [`Error::Config`] or [`Error::Price`] where a setting is missing or wrong.
    pub fn from_config(config: &Config) -> Result<Self, Error> {
        let rpc = Rpc::new(&config.chain.rpc_urls, config.chain.commitment.config());
        Ok(Self {
            keypair: Arc::new(read_keypair(
                &config.chain.keypair_path,
                "chain.keypair_path",
            )?),
            vault: config.vault()?,
            revenue: Arc::from(revenue::from_config(config.revenue.as_ref())?),
            price: PriceSource::from_config(config.price.as_ref(), &rpc)?,
            rpc,
            price_accounts: config.price_accounts.clone(),
            rules: rules(config),
            fees: config.fees,
        })
    }

    /// The keeper's address.
    pub fn address(&self) -> Address {
        self.keypair.pubkey()
    }

    /// Reads the chain.
    ///
    /// # Errors
    /// As [`ChainState::read`].
    pub async fn read(&self) -> Result<ChainState, Error> {
        self.read_since(0).await
    }

    /// Reads the chain at this slot or later.
    ///
    /// # Errors
    /// As [`ChainState::read`].
    pub async fn read_since(&self, least_slot: u64) -> Result<ChainState, Error> {
        let state =
            ChainState::read_since(&self.rpc, self.vault, self.address(), least_slot).await?;
        metrics::chain(&state);
        Ok(state)
    }

    /// Reads the chain and plans, answering the plan's questions. A price is read at most once, so
    /// that all of a stretch is converted at the same one.
    ///
    /// # Errors
    /// Whatever reading, measuring or pricing fails with.
    pub async fn decide(&self) -> Result<Decision, Error> {
        let read_at = Instant::now();
        let state = self.read().await?;
        let facts = state.facts(SOURCE, &self.address());
        let mut known = Known::default();
        for _ in 0..MAX_QUESTIONS {
            match plan(&facts, &known, &self.rules) {
                Action::AskRevenue { from, to } => {
                    let stretch = Stretch {
                        from,
                        to,
                        total_value_lamports: state.total_value_lamports().unwrap_or(u64::MAX),
                        stakers_bps: state.vault.config.compute_split.stakers_bps,
                    };
                    revenue::learn(self.revenue.as_ref(), stretch, &mut known).await?;
                    metrics::revenue();
                }
                Action::AskPrice => {
                    // Measuring can take minutes, in which the cluster's clock went on.
                    let now = facts
                        .now
                        .saturating_add_unsigned(read_at.elapsed().as_secs());
                    let price = self.price.sol_usd(now).await?;
                    metrics::price(
                        price.nano_usd_per_sol,
                        now.saturating_sub(price.published_at),
                    );
                    known.price = Some(price);
                }
                action => {
                    return Ok(Decision {
                        state,
                        known,
                        action,
                    });
                }
            }
        }
        Err(Error::System {
            what: "planning".into(),
            cause: "the plan does not come to an end".into(),
        })
    }
}

/// The keeper with its memory.
#[derive(Clone, Debug)]
pub struct Keeper {
    /// Reads and decides.
    pub decider: Decider,
    /// What is in flight.
    pub memory: Memory,
    /// Whether it waits where the vault names another keeper; else a person is needed.
    pub may_stand_by: bool,
}

impl Keeper {
    /// Reads keys and secrets, opens the memory, and sees that all endpoints are of one cluster;
    /// sends nothing. A damaged memory is set aside.
    ///
    /// # Errors
    /// As [`Decider::from_config`], [`Rpc::check_cluster`] and [`Memory::open_or_set_aside`].
    pub async fn from_config(config: &Config) -> Result<Self, Error> {
        let decider = Decider::from_config(config)?;
        decider.rpc.check_cluster().await?;
        // Who lags is known before anything is read.
        decider.rpc.probe().await;
        Ok(Self {
            decider,
            memory: Memory::open_or_set_aside(&config.memory.path).await?,
            may_stand_by: false,
        })
    }

    /// The same keeper with other safe settings: endpoints, fees, prices, delays. The key, the
    /// vault, the revenue and the memory stay.
    ///
    /// # Errors
    /// [`Error::Config`] or [`Error::Price`] where a setting is wrong; then nothing changes.
    pub async fn with_settings(&self, config: &Config) -> Result<Self, Error> {
        let old = &self.decider;
        let rpc = old.rpc.with_urls(&config.chain.rpc_urls).await?;
        let decider = Decider {
            price: PriceSource::from_config(config.price.as_ref(), &rpc)?,
            rpc,
            price_accounts: config.price_accounts.clone(),
            rules: rules(config),
            fees: config.fees,
            ..old.clone()
        };
        Ok(Self {
            decider,
            ..self.clone()
        })
    }
}

/// The plan's rules from the configuration.
pub fn rules(config: &Config) -> Rules {
    Rules {
        interval_seconds: i64::from(config.schedule.interval_seconds),
        // A backup takes every window for settled later: by then the primary has distributed it.
        settle_grace_seconds: i64::from(config.schedule.settle_grace_seconds)
            .saturating_add(i64::from(config.schedule.backup_delay_seconds)),
        min_distribution_lamports: config.schedule.min_distribution_lamports,
        wallet_reserve_lamports: config.fees.wallet_reserve_lamports,
    }
}
