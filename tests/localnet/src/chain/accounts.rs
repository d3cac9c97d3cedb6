//! Reading the vault's accounts, all of one slot.

use anyhow::{Context as _, Result};
use primis_vault_interface::accounts::{Pool, Position, Vault};
use primis_vault_interface::{
    ID, Layout as _, NATIVE_MINT, pool_address, position_address, vault_address,
};
use solana_address::Address;

use super::Chain;

/// Where the runtime keeps its clock.
const CLOCK: Address = Address::from_str_const("SysvarC1ock11111111111111111111111111111111");

/// The clock programs see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock {
    /// The slot.
    pub slot: u64,
    /// The epoch.
    pub epoch: u64,
    /// Its time, Unix seconds.
    pub unix_timestamp: i64,
}

impl Clock {
    /// Reads the sysvar: slot, start of the epoch, epoch, epoch of the leader schedule, time.
    fn parse(data: &[u8]) -> Option<Self> {
        let word = |index: usize| data.get(index * 8..)?.first_chunk::<8>();
        Some(Self {
            slot: u64::from_le_bytes(*word(0)?),
            epoch: u64::from_le_bytes(*word(2)?),
            unix_timestamp: i64::from_le_bytes(*word(4)?),
        })
    }
}

/// Addresses of a vault, its SOL pool, and everything in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VaultAddresses {
    /// The vault.
    pub vault: Address,
    /// Its SOL pool.
    pub pool: Address,
}

impl VaultAddresses {
    /// Of the vault with this id.
    pub fn of_id(id: u64) -> Self {
        let vault = vault_address(id);
        Self {
            vault,
            pool: pool_address(&vault, &NATIVE_MINT),
        }
    }

    /// The position of an owner in the SOL pool.
    pub fn position(&self, owner: &Address) -> Address {
        position_address(&self.pool, owner)
    }
}

/// A pool and what lies in it.
#[derive(Clone, Debug)]
pub struct PoolView {
    /// Its address.
    pub address: Address,
    /// The pool.
    pub pool: Pool,
    /// Lamports of its account, rent included.
    pub lamports: u64,
    /// Units in its token account; 0 for SOL.
    pub tokens: u64,
}

/// A stake account that the vault delegated.
#[derive(Clone, Copy, Debug)]
pub struct StakeView {
    /// Its address.
    pub address: Address,
    /// What it holds; 0 where it is closed.
    pub lamports: u64,
}

/// Where a token account keeps its balance.
const TOKEN_AMOUNT_OFFSET: usize = 64;

/// A vault and its SOL pool as they are in one slot.
#[derive(Clone, Debug)]
pub struct VaultView {
    /// The vault.
    pub vault: Vault,
    /// Lamports of the vault's account, rent included.
    pub vault_lamports: u64,
    /// Address of the SOL pool.
    pub pool_address: Address,
    /// The SOL pool.
    pub pool: Pool,
    /// Lamports of the pool's account, rent included.
    pub pool_lamports: u64,
    /// The clock.
    pub clock: Clock,
}

impl Chain {
    /// The clock of the open slot.
    ///
    /// # Errors
    /// The chain does not answer.
    pub async fn clock(&self) -> Result<Clock> {
        let data = self.rpc.get_account_data(&CLOCK).await?;
        Clock::parse(&data).context("the clock of the chain is unreadable")
    }

    /// A vault with its pool, of one slot.
    ///
    /// # Errors
    /// The chain does not answer, or the vault or its pool does not exist.
    pub async fn vault(&self, addresses: &VaultAddresses) -> Result<VaultView> {
        let found = self
            .rpc
            .get_multiple_accounts(&[addresses.vault, addresses.pool, CLOCK])
            .await?;
        let mut found = found.into_iter().map(|account| {
            account.context("the vault does not exist yet: run `primis-keeper init-vault`")
        });
        let mut next = || {
            found
                .next()
                .context("the chain answered with too few accounts")?
        };
        let (vault, pool, clock) = (next()?, next()?, next()?);
        Ok(VaultView {
            vault_lamports: vault.lamports,
            vault: Vault::parse(&vault.data)?,
            pool_address: addresses.pool,
            pool_lamports: pool.lamports,
            pool: Pool::parse(&pool.data)?,
            clock: Clock::parse(&clock.data).context("the clock of the chain is unreadable")?,
        })
    }

    /// One owner's position; `None` if there is none.
    ///
    /// # Errors
    /// The chain does not answer, or the account is no position.
    pub async fn position(
        &self,
        addresses: &VaultAddresses,
        owner: &Address,
    ) -> Result<Option<Position>> {
        self.position_at(&addresses.position(owner)).await
    }

    /// The position at an address; `None` if there is none.
    ///
    /// # Errors
    /// The chain does not answer, or the account is no position.
    pub async fn position_at(&self, address: &Address) -> Result<Option<Position>> {
        let found = self
            .rpc
            .get_account_with_commitment(address, self.rpc.commitment())
            .await?
            .value;
        found
            .map(|account| Position::parse(&account.data).map_err(Into::into))
            .transpose()
    }

    /// Units in a token account.
    ///
    /// # Errors
    /// The chain does not answer, or there is no token account.
    pub async fn token_units(&self, account: &Address) -> Result<u64> {
        let data = self.rpc.get_account_data(account).await?;
        let amount = data
            .get(TOKEN_AMOUNT_OFFSET..)
            .and_then(|rest| rest.first_chunk::<8>());
        Ok(u64::from_le_bytes(
            *amount.context("the account holds no tokens")?,
        ))
    }

    /// Every pool of a vault, in order of index.
    ///
    /// # Errors
    /// The chain does not answer.
    pub async fn pools(&self, addresses: &VaultAddresses) -> Result<Vec<PoolView>> {
        let all = self
            .rpc
            .get_program_ui_accounts_with_config(&ID, Default::default())
            .await?;
        let mut pools = Vec::new();
        for (address, account) in all {
            let pool = account.data.decode().map(|data| Pool::parse(&data));
            let Some(Ok(pool)) = pool else { continue };
            if pool.vault != addresses.vault {
                continue;
            }
            let tokens = if pool.mint == NATIVE_MINT {
                0
            } else {
                self.token_units(&pool.token_account).await?
            };
            pools.push(PoolView {
                address,
                pool,
                lamports: account.lamports,
                tokens,
            });
        }
        pools.sort_by_key(|view| view.pool.index);
        Ok(pools)
    }

    /// What stake accounts hold.
    ///
    /// # Errors
    /// The chain does not answer.
    pub async fn stakes(&self, addresses: &[Address]) -> Result<Vec<StakeView>> {
        let found = self.rpc.get_multiple_accounts(addresses).await?;
        Ok(addresses
            .iter()
            .zip(found)
            .map(|(address, account)| StakeView {
                address: *address,
                lamports: account.map_or(0, |account| account.lamports),
            })
            .collect())
    }

    /// Every open position of these pools.
    ///
    /// # Errors
    /// The chain does not answer.
    pub async fn positions(&self, pools: &[PoolView]) -> Result<Vec<Position>> {
        let all = self
            .rpc
            .get_program_ui_accounts_with_config(&ID, Default::default())
            .await?;
        let positions = all
            .into_iter()
            .filter_map(|(_, account)| Position::parse(&account.data.decode()?).ok());
        Ok(positions
            .filter(|position| pools.iter().any(|view| view.address == position.pool))
            .collect())
    }
}
