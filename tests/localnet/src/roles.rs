//! The people and rules of a vault, and creating one by hand where no keeper is wanted.

use anyhow::Result;
use primis_vault_interface::Source;
use primis_vault_interface::instructions::{AddPool, CreateVault, DistributeYield, Fund};
use primis_vault_interface::types::{Config, Split};
use solana_address::Address;
use solana_instruction::{AccountMeta, Instruction};
use solana_keypair::Keypair;
use solana_signer::Signer as _;

use crate::chain::{Chain, VaultAddresses};

/// Lamports of one SOL.
pub const SOL: u64 = 1_000_000_000;
/// What every role's wallet starts with.
const START_LAMPORTS: u64 = 10_000 * SOL;
/// Shortest time lock the program takes, seconds.
const TIMELOCK_SECONDS: u64 = 3_600;

/// Who runs a vault, and where its buckets go.
pub struct Roles {
    /// Governs.
    pub authority: Keypair,
    /// Measures, funds, distributes.
    pub keeper: Keypair,
    /// May pause.
    pub guardian: Keypair,
    /// Receives the subsidy, reserve and treasury buckets when they are swept.
    pub treasury: Keypair,
}

impl Roles {
    /// New wallets; authority and keeper with SOL in them.
    ///
    /// # Errors
    /// The chain does not answer.
    pub async fn funded(chain: &Chain) -> Result<Self> {
        let roles = Self {
            authority: Keypair::new(),
            keeper: Keypair::new(),
            guardian: Keypair::new(),
            treasury: Keypair::new(),
        };
        for wallet in [&roles.authority, &roles.keeper] {
            chain.set_balance(&wallet.pubkey(), START_LAMPORTS).await?;
        }
        Ok(roles)
    }

    /// Creates a vault with the default splits and its SOL pool.
    ///
    /// # Errors
    /// The program refuses, or the transaction does not land.
    pub async fn create_vault(
        &self,
        chain: &Chain,
        id: u64,
        stream_seconds: u64,
    ) -> Result<VaultAddresses> {
        let addresses = VaultAddresses::of_id(id);
        let VaultAddresses { vault, pool } = addresses;
        let (authority, treasury) = (self.authority.pubkey(), self.treasury.pubkey());
        let config = Config {
            stream_seconds,
            min_spacing_seconds: 0,
            max_distribution_lamports: START_LAMPORTS,
            staking_split: Split {
                stakers_bps: 7_000,
                subsidy_bps: 2_000,
                reserve_bps: 1_000,
                treasury_bps: 0,
            },
            compute_split: Split {
                stakers_bps: 5_000,
                subsidy_bps: 0,
                reserve_bps: 0,
                treasury_bps: 5_000,
            },
            subsidy_address: treasury,
            reserve_address: treasury,
            treasury_address: treasury,
        };
        let create = CreateVault { authority, vault }.instruction(
            id,
            self.keeper.pubkey(),
            self.guardian.pubkey(),
            TIMELOCK_SECONDS,
            config,
        );
        let add = AddPool {
            authority,
            vault,
            pool,
        }
        .instruction(u64::MAX, 1);
        chain.send(&[create, add], &[&self.authority]).await?;
        Ok(addresses)
    }

    /// Funds and distributes compute revenue for the stretch from the last distribution to
    /// `interval_id`, as the keeper does.
    ///
    /// # Errors
    /// The chain does not answer.
    pub async fn distribution(
        &self,
        chain: &Chain,
        addresses: &VaultAddresses,
        interval_id: i64,
        lamports: u64,
    ) -> Result<[Instruction; 2]> {
        let previous = chain.vault(addresses).await?.vault.compute.last_interval_id;
        let (keeper, vault, source) =
            (self.keeper.pubkey(), addresses.vault, Source::Compute as u8);
        let fund = Fund {
            funder: keeper,
            vault,
        }
        .instruction(source, lamports);
        let mut distribute =
            DistributeYield { keeper, vault }.instruction(source, previous, interval_id, lamports);
        let pools = chain.pools(addresses).await?;
        let metas = pools
            .iter()
            .map(|view| AccountMeta::new(view.address, false));
        distribute.accounts.extend(metas);
        Ok([fund, distribute])
    }

    /// Addresses, to be written into a configuration: keeper, guardian, treasury.
    pub fn addresses(&self) -> [Address; 3] {
        [
            self.keeper.pubkey(),
            self.guardian.pubkey(),
            self.treasury.pubkey(),
        ]
    }
}
