//! Looking what is due, and doing it: one transaction each, simulated before it is signed.

use solana_address::Address;
use solana_signature::Signature;
use tokio_util::sync::CancellationToken;

use super::{
    duty::Duty,
    facts::StakingFacts,
    instructions::instruction,
    plan::{StakingRules, plan_staking},
    prices::old_prices,
};
use crate::{
    chain::{Ending, Refresh, StakingState, Terms, error_from_runtime, land, sign},
    config::{Config, StakingConfig},
    error::Error,
    keeper::Decider,
};

/// Who looks after base staking. It remembers nothing.
#[derive(Clone, Debug)]
pub struct Duties {
    decider: Decider,
    config: StakingConfig,
    rules: StakingRules,
}

/// What was read and what is due by it.
#[derive(Clone, Debug)]
pub(super) struct Look {
    pub(super) state: StakingState,
    pub(super) facts: StakingFacts,
    pub(super) due: Vec<Duty>,
    refreshes: Vec<Refresh>,
}

/// How doing a duty ended.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Performed {
    /// It is on chain.
    Done(Signature),
    /// It is not certain; the chain will tell.
    InFlight(Signature),
}

impl Duties {
    /// With the keys and endpoints of `decider`.
    pub fn new(decider: Decider, config: &Config) -> Self {
        Self {
            decider,
            config: config.staking,
            rules: rules(config),
        }
    }

    /// The settings of base staking.
    pub(super) fn config(&self) -> &StakingConfig {
        &self.config
    }

    /// What is due now, the most pressing first; nothing where base staking is switched off.
    ///
    /// # Errors
    /// As [`StakingState::read`].
    pub async fn due(&self) -> Result<Vec<Duty>, Error> {
        if !self.config.enabled {
            return Ok(Vec::new());
        }
        Ok(self.look().await?.due)
    }

    /// Reads the chain and plans.
    pub(super) async fn look(&self) -> Result<Look, Error> {
        let keeper = self.decider.address();
        let state = StakingState::read(&self.decider.rpc, self.decider.vault, keeper).await?;
        let mut facts = state.facts(&keeper);
        let (prices, refreshes) = old_prices(
            &state.chain.pools,
            &self.decider.price_accounts,
            facts.now,
            self.config.refresh_at_percent,
        )
        .into_iter()
        .unzip();
        facts.old_prices = prices;
        let due = plan_staking(&facts, &self.rules);
        Ok(Look {
            state,
            facts,
            due,
            refreshes,
        })
    }

    /// Does a duty of this look.
    pub(super) async fn perform(
        &self,
        duty: &Duty,
        look: &Look,
        stop: &CancellationToken,
    ) -> Result<Performed, Error> {
        let Decider { rpc, keypair, .. } = &self.decider;
        let instruction = instruction(duty, &look.state, &look.refreshes, self.decider.address())
            .ok_or_else(|| Error::System {
            what: format!("planning to {duty}"),
            cause: "its accounts were not read".into(),
        })?;
        let writable: Vec<Address> = instruction
            .accounts
            .iter()
            .filter(|meta| meta.is_writable && !meta.is_signer)
            .map(|meta| meta.pubkey)
            .collect();
        let (blockhash, price) = tokio::join!(
            rpc.latest_blockhash(),
            rpc.compute_unit_price(&writable, &self.decider.fees)
        );
        let blockhash = blockhash?;
        let instructions = [instruction];
        let simulation = rpc
            .simulate_instructions(keypair, &instructions, blockhash)
            .await?;
        let terms = Terms {
            compute_unit_limit: simulation.compute_unit_limit(),
            compute_unit_price: price,
            blockhash: blockhash.hash,
        };
        let transaction = sign(keypair, &instructions, terms)?;
        tracing::info!(%duty, signature = %transaction.signature, compute_units = simulation.units, "sending");
        let ending = land(
            rpc,
            &transaction.signature,
            &transaction.bytes,
            blockhash.last_valid_block_height,
            stop,
            async || {},
        )
        .await;
        match ending {
            Ending::Executed => Ok(Performed::Done(transaction.signature)),
            Ending::Failed(error) => Err(error_from_runtime(&error, Vec::new())),
            Ending::Expired => Err(Error::Rpc {
                method: "sendTransaction",
                cause: "the transaction did not land in time and never will".into(),
            }),
            Ending::Unfinished => Ok(Performed::InFlight(transaction.signature)),
        }
    }
}

/// The plan's rules from the configuration.
fn rules(config: &Config) -> StakingRules {
    let staking = &config.staking;
    StakingRules {
        interval_seconds: i64::from(config.schedule.interval_seconds),
        wallet_reserve_lamports: staking
            .wallet_reserve_lamports
            .max(config.fees.wallet_reserve_lamports),
        min_serve_lamports: staking.min_serve_lamports,
        min_delegation_lamports: staking.min_delegation_lamports,
        max_stake_account_lamports: staking.max_stake_account_lamports,
        max_stake_accounts: u64::from(staking.max_stake_accounts),
        max_commission_percent: staking.max_commission_percent,
        refill_below_percent: staking.refill_below_percent,
        harvest_delay_seconds: i64::from(staking.harvest_delay_seconds),
        min_harvest_lamports: staking.min_harvest_lamports,
        min_distribution_lamports: staking.min_distribution_lamports,
    }
}
