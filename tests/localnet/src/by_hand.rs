//! Base staking by hand, as a keeper does it, for tests in which none runs.

use anyhow::Result;
use primis_vault_interface::instructions::{Delegate, DistributeYield, Harvest};
use primis_vault_interface::{Source, delegation_address, stake_address};
use solana_address::Address;
use solana_instruction::AccountMeta;
use solana_keypair::Keypair;
use solana_signer::Signer as _;

use crate::base::Cluster;
use crate::chain::{Chain, VaultAddresses};

/// A delegation.
#[derive(Clone, Copy, Debug)]
pub struct Delegated {
    delegation: Address,
    /// Its stake account.
    pub stake: Address,
}

/// The vault's keeper, by hand.
pub struct HandKeeper {
    addresses: VaultAddresses,
    keeper: Keypair,
}

impl HandKeeper {
    /// With the vault's keeper key.
    pub fn new(addresses: VaultAddresses, keeper: &Keypair) -> Self {
        Self {
            addresses,
            keeper: keeper.insecure_clone(),
        }
    }

    /// Delegates free SOL of the pool to the cluster's validator.
    ///
    /// # Errors
    /// The program refuses or the transaction does not land; so for every method here.
    pub async fn delegate(
        &self,
        chain: &Chain,
        cluster: &Cluster,
        lamports: u64,
    ) -> Result<Delegated> {
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
            validator: cluster.validator,
            vote: cluster.vote,
            delegation: delegated.delegation,
            stake: delegated.stake,
        };
        chain
            .send(&[delegate.instruction(lamports)], &[&self.keeper])
            .await?;
        Ok(delegated)
    }

    /// Makes the rewards yield of base staking.
    ///
    /// # Errors
    /// See [`HandKeeper::delegate`].
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
    /// See [`HandKeeper::delegate`].
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
}
