//! The cluster's side of base staking: a validator on the vault's list, epochs that pass, and the
//! rewards they bring. What is delegated, harvested and brought back is the keeper's business.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use primis_vault_interface::instructions::{AddValidator, SetPoolLimits};
use primis_vault_interface::{stake_address, validator_address};
use solana_address::Address;
use solana_keypair::Keypair;
use solana_signer::Signer as _;
use tokio::sync::watch;
use tokio::time::sleep;

use crate::chain::{Chain, VaultAddresses};
use crate::lst::{Lst, put};
use crate::money::sol;
use crate::voice::Voice;

/// The vote program, which owns vote accounts.
const VOTE_PROGRAM: Address =
    Address::from_str_const("Vote111111111111111111111111111111111111111");
/// Bytes of a vote account, and what keeps it alive.
const VOTE_LENGTH: usize = 3_762;
const VOTE_LAMPORTS: u64 = 30_000_000;
/// Tenths of an interval that a simulated epoch takes.
const EPOCH_TENTHS: u32 = 10;
/// Rewards of base staking a year, basis points of the stake.
const YEARLY_REWARD_BPS: u64 = 633;
/// Rewards of an epoch are those of two days, as a real one takes.
const EPOCH_SECONDS: u64 = 2 * 86_400;
/// Seconds of a year of 365.25 days.
const YEAR_SECONDS: u64 = 31_557_600;

/// A cluster with one validator, which is on the list of a vault's SOL pool.
pub struct Cluster {
    addresses: VaultAddresses,
    /// Its vote account.
    pub vote: Address,
    /// Its place on the list.
    pub validator: Address,
}

impl Cluster {
    /// Makes a validator and puts it on the list. Before anybody stakes it is open at once.
    ///
    /// # Errors
    /// The program refuses or the transaction does not land; so for every method here.
    pub async fn listed(
        chain: &Chain,
        addresses: VaultAddresses,
        authority: &Keypair,
    ) -> Result<Self> {
        let vote = Keypair::new().pubkey();
        chain
            .set_account(&vote, VOTE_LAMPORTS, vote_state(&vote)?, &VOTE_PROGRAM)
            .await?;
        let pool = addresses.pool;
        let validator = validator_address(&pool, &vote);
        let add = AddValidator {
            authority: authority.pubkey(),
            vault: addresses.vault,
            pool,
            vote,
            validator,
        };
        chain
            .send(&[add.instruction(u64::MAX)], &[authority])
            .await?;
        Ok(Self {
            addresses,
            vote,
            validator,
        })
    }

    /// Keeps this part of the pool's principal from being delegated.
    ///
    /// # Errors
    /// See [`Cluster::listed`].
    pub async fn set_buffer(
        &self,
        chain: &Chain,
        authority: &Keypair,
        buffer_bps: u64,
    ) -> Result<()> {
        let pool = chain.vault(&self.addresses).await?.pool;
        let set = SetPoolLimits {
            authority: authority.pubkey(),
            vault: self.addresses.vault,
            pool: self.addresses.pool,
        };
        let set = set.instruction(pool.cap_lamports, buffer_bps);
        chain.send(&[set], &[authority]).await?;
        Ok(())
    }

    /// Rewards a stake account out of nothing, as a cluster does at the end of an epoch.
    ///
    /// # Errors
    /// The chain does not answer.
    pub async fn reward(&self, chain: &Chain, stake: &Address, lamports: u64) -> Result<()> {
        let held = chain.rpc.get_balance(stake).await?;
        let held = held.checked_add(lamports).context("overflow")?;
        chain.set_balance(stake, held).await
    }

    /// Ends the epoch: stake that was active in it earns, and the next one begins, in which what was
    /// delegated earns and what was deactivated can be withdrawn. Returns the rewards, lamports.
    ///
    /// # Errors
    /// The chain does not answer.
    pub async fn end_epoch(&self, chain: &Chain) -> Result<u64> {
        let epoch = chain.clock().await?.epoch;
        let mut rewards = 0u64;
        for number in 0..chain.vault(&self.addresses).await?.pool.delegation_next {
            let stake = stake_address(&self.addresses.pool, number);
            // Nobody can withdraw it before the epoch ends, so nothing comes between.
            let Some(earning) = chain.stake_earning_in(&stake, epoch).await? else {
                continue;
            };
            let reward = epoch_reward(earning)?;
            self.reward(chain, &stake, reward).await?;
            rewards = rewards.saturating_add(reward);
        }
        chain.next_epoch().await?;
        Ok(rewards)
    }

    /// Lets epochs pass until `stop` says so, each as long as ten `tenth`s; the issuers of liquid
    /// staking tokens bring their accounts up to date at once.
    ///
    /// # Errors
    /// The chain does not answer.
    pub async fn run(
        self: Arc<Self>,
        chain: Arc<Chain>,
        tokens: Arc<Vec<Lst>>,
        voice: Arc<Voice>,
        tenth: Duration,
        mut stop: watch::Receiver<bool>,
    ) -> Result<()> {
        loop {
            tokio::select! {
                () = sleep(tenth.saturating_mul(EPOCH_TENTHS)) => {}
                _ = stop.wait_for(|stop| *stop) => return Ok(()),
            }
            let rewards = self.end_epoch(&chain).await?;
            for token in tokens.iter() {
                token.keep_current(&chain).await?;
            }
            if rewards > 0 {
                voice.say(&format!(
                    "an epoch ends (two days, simulated): the validator rewards the stake with {}",
                    sol(rewards)
                ));
            }
        }
    }
}

/// Rewards of an epoch on a stake, lamports, rounded down.
fn epoch_reward(stake_lamports: u64) -> Result<u64> {
    let yearly = u128::from(stake_lamports) * u128::from(YEARLY_REWARD_BPS) / 10_000;
    Ok(u64::try_from(
        yearly * u128::from(EPOCH_SECONDS) / u128::from(YEAR_SECONDS),
    )?)
}

/// A vote account of version 3 (`VoteStateVersions::V3`, bincode) that has not voted yet: version,
/// node, withdrawer, commission, votes, root, one authorised voter, the ring of prior voters, credits.
fn vote_state(vote: &Address) -> Result<Vec<u8>> {
    let mut data = vec![0; VOTE_LENGTH];
    put(&mut data, 0, &[2])?;
    put(&mut data, 4, vote.as_ref())?;
    put(&mut data, 36, vote.as_ref())?;
    // After commission (1), no votes (8) and no root (1): one voter, from epoch 0.
    let voters = 36 + 32 + 1 + 8 + 1;
    put(&mut data, voters, &[1])?;
    put(&mut data, voters + 16, vote.as_ref())?;
    // The ring: 32 entries of 48 bytes, the last index, and that it is empty.
    let ring_end = voters + 16 + 32 + 32 * 48;
    put(&mut data, ring_end, &[31])?;
    put(&mut data, ring_end + 8, &[1])?;
    Ok(data)
}
