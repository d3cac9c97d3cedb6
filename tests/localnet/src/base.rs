//! Base staking on the local network: a validator on the vault's list, SOL delegated to it, rewards
//! that come by cheat code at simulated epochs, and their harvest and distribution.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use primis_vault_interface::instructions::{AddValidator, Delegate, DistributeYield, Harvest};
use primis_vault_interface::{Source, delegation_address, stake_address, validator_address};
use solana_address::Address;
use solana_instruction::AccountMeta;
use solana_keypair::Keypair;
use solana_signer::Signer as _;
use tokio::sync::watch;
use tokio::time::sleep;

use crate::chain::{Chain, VaultAddresses};
use crate::lst::put;
use crate::money::sol;
use crate::roles::SOL;
use crate::voice::Voice;

/// The vote program, which owns vote accounts.
const VOTE_PROGRAM: Address =
    Address::from_str_const("Vote111111111111111111111111111111111111111");
/// Bytes of a vote account, and what keeps it alive.
const VOTE_LENGTH: usize = 3_762;
const VOTE_LAMPORTS: u64 = 30_000_000;
/// Tenths of an interval from the start after which SOL is delegated: the first stakers are in.
const DELEGATE_TENTHS: u32 = 12;
/// Tenths of an interval that a simulated epoch takes.
const EPOCH_TENTHS: u32 = 10;
/// What is delegated: under half of what the story's stakers leave in, so that nobody waits.
pub const DELEGATED_LAMPORTS: u64 = 4 * SOL;
/// Rewards of base staking a year, basis points of the stake.
const YEARLY_REWARD_BPS: u64 = 633;
/// Rewards of an epoch are those of two days, as a real one takes.
const EPOCH_SECONDS: u64 = 2 * 86_400;
/// Seconds of a year of 365.25 days.
const YEAR_SECONDS: u64 = 31_557_600;

/// A validator on the list of a vault's SOL pool, and the keeper that delegates to it.
pub struct BaseStaking {
    addresses: VaultAddresses,
    keeper: Keypair,
    vote: Address,
    validator: Address,
}

/// A delegation.
#[derive(Clone, Copy, Debug)]
pub struct Delegated {
    delegation: Address,
    /// Its stake account.
    pub stake: Address,
}

impl BaseStaking {
    /// Makes a validator and puts it on the list. Before anybody stakes it is open at once.
    ///
    /// # Errors
    /// The program refuses or the transaction does not land; so for every method here.
    pub async fn listed(
        chain: &Chain,
        addresses: VaultAddresses,
        authority: &Keypair,
        keeper: &Keypair,
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
            keeper: keeper.insecure_clone(),
            vote,
            validator,
        })
    }

    /// Delegates free SOL of the pool.
    ///
    /// # Errors
    /// See [`BaseStaking::listed`].
    pub async fn delegate(&self, chain: &Chain, lamports: u64) -> Result<Delegated> {
        let VaultAddresses { vault, pool } = self.addresses;
        let number = chain.vault(&self.addresses).await?.pool.delegation_next;
        let delegated = Delegated {
            delegation: delegation_address(&pool, number),
            stake: stake_address(&pool, number),
        };
        let delegate = Delegate {
            keeper: self.keeper.pubkey(),
            vault,
            pool,
            validator: self.validator,
            vote: self.vote,
            delegation: delegated.delegation,
            stake: delegated.stake,
        };
        chain
            .send(&[delegate.instruction(lamports)], &[&self.keeper])
            .await?;
        Ok(delegated)
    }

    /// Rewards the stake out of nothing, as a cluster does at the end of an epoch.
    ///
    /// # Errors
    /// The chain does not answer.
    pub async fn reward(&self, chain: &Chain, stake: &Delegated, lamports: u64) -> Result<()> {
        let held = chain.rpc.get_balance(&stake.stake).await?;
        let held = held.checked_add(lamports).context("overflow")?;
        chain.set_balance(&stake.stake, held).await
    }

    /// Makes the rewards yield of base staking.
    ///
    /// # Errors
    /// See [`BaseStaking::listed`].
    pub async fn harvest(&self, chain: &Chain, stake: &Delegated) -> Result<()> {
        let harvest = Harvest {
            vault: self.addresses.vault,
            pool: self.addresses.pool,
            delegation: stake.delegation,
            stake: stake.stake,
        };
        chain
            .send(&[harvest.instruction()], &[&self.keeper])
            .await?;
        Ok(())
    }

    /// Distributes all harvested yield for the time from the last such distribution to
    /// `interval_id` (Unix seconds); returns how much.
    ///
    /// # Errors
    /// See [`BaseStaking::listed`].
    pub async fn distribute(&self, chain: &Chain, interval_id: i64) -> Result<u64> {
        let view = chain.vault(&self.addresses).await?;
        let lamports = view.vault.staking.funded_lamports;
        let mut distribute = DistributeYield {
            keeper: self.keeper.pubkey(),
            vault: self.addresses.vault,
        }
        .instruction(
            Source::Staking as u8,
            view.vault.staking.last_interval_id,
            interval_id,
            lamports,
        );
        let pools = chain.pools(&self.addresses).await?;
        let metas = pools
            .iter()
            .map(|view| AccountMeta::new(view.address, false));
        distribute.accounts.extend(metas);
        chain.send(&[distribute], &[&self.keeper]).await?;
        Ok(lamports)
    }

    /// Delegates once and then lives from epoch to epoch until `stop` says so. An epoch takes as
    /// long as ten `tenth`s, and no less than the vault wants between two distributions.
    ///
    /// # Errors
    /// See [`BaseStaking::listed`].
    pub async fn run(
        self,
        chain: Arc<Chain>,
        voice: Arc<Voice>,
        tenth: Duration,
        mut stop: watch::Receiver<bool>,
    ) -> Result<()> {
        let spacing_seconds = chain
            .vault(&self.addresses)
            .await?
            .vault
            .config
            .min_spacing_seconds;
        // The chain's clock counts whole seconds, and may run a little behind.
        let spacing = Duration::from_secs(spacing_seconds.saturating_add(2));
        let length = tenth.saturating_mul(EPOCH_TENTHS).max(spacing);
        let mut pause = tenth.saturating_mul(DELEGATE_TENTHS);
        let mut delegated = None;
        for epoch in 0u32.. {
            tokio::select! {
                () = sleep(pause) => {}
                _ = stop.wait_for(|stop| *stop) => return Ok(()),
            }
            pause = length;
            let Some(stake) = &delegated else {
                delegated = Some(self.delegate(&chain, DELEGATED_LAMPORTS).await?);
                voice.say(&format!(
                    "the keeper delegates {} of the pool to a validator; who leaves is paid from the rest",
                    sol(DELEGATED_LAMPORTS)
                ));
                continue;
            };
            let reward = epoch_reward(DELEGATED_LAMPORTS)?;
            self.reward(&chain, stake, reward).await?;
            self.harvest(&chain, stake).await?;
            let before = chain.vault(&self.addresses).await?.vault.staking;
            let now = chain.clock().await?.unix_timestamp;
            let distributed = self.distribute(&chain, now).await?;
            let after = chain.vault(&self.addresses).await?.vault.staking;
            let stakers = after
                .stakers_total_lamports
                .saturating_sub(before.stakers_total_lamports);
            voice.say(&format!(
                "epoch {epoch} (two days, simulated) rewards the stake with {}; harvested and distributed {}: {} \
                 streams to the stakers of SOL, the rest to subsidy and reserve",
                sol(reward),
                sol(distributed),
                sol(stakers),
            ));
        }
        Ok(())
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
