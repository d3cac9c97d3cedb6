//! What is decided on: the vault, its pools, the keeper's wallet and the cluster's clock, read in
//! one request, so that they are of one slot.

use base64::{Engine, prelude::BASE64_STANDARD};
use primis_vault_interface::{
    ID, Layout, NATIVE_MINT, Source,
    accounts::{Pool, Vault},
    math::value_lamports,
    pool_address,
};
use serde::Deserialize;
use serde_json::{Value, json};
use solana_address::Address;
use solana_rpc_client_api::request::RpcRequest;

use super::Rpc;
use crate::{error::Error, plan::Facts};

/// The account of the cluster's clock.
const CLOCK: Address = Address::from_str_const("SysvarC1ock11111111111111111111111111111111");
/// Where the Unix time begins in the clock's data: after slot, epoch start, epoch and leader
/// schedule epoch, eight bytes each.
const CLOCK_UNIX_TIMESTAMP_OFFSET: usize = 32;
/// Pause flag of distributions.
const PAUSED_DISTRIBUTIONS: u8 = 2;

/// The chain at one slot.
#[derive(Clone, Debug)]
pub struct ChainState {
    /// The slot.
    pub slot: u64,
    /// The cluster's clock, Unix seconds.
    pub now: i64,
    /// The vault's address.
    pub vault_address: Address,
    /// The vault.
    pub vault: Vault,
    /// Its pools in the order of their index.
    pub pools: Vec<(Address, Pool)>,
    /// Lamports in the keeper's wallet; 0 where it does not exist.
    pub wallet_lamports: u64,
}

impl ChainState {
    /// Reads the state; never one older than a state read before.
    ///
    /// # Errors
    /// [`Error::Rpc`], [`Error::NoVault`] or [`Error::WrongAccount`].
    pub async fn read(rpc: &Rpc, vault_address: Address, wallet: Address) -> Result<Self, Error> {
        Self::read_since(rpc, vault_address, wallet, 0).await
    }

    /// The same, at `least_slot` or later.
    ///
    /// # Errors
    /// As [`ChainState::read`].
    pub async fn read_since(
        rpc: &Rpc,
        vault_address: Address,
        wallet: Address,
        least_slot: u64,
    ) -> Result<Self, Error> {
        let native_pool = pool_address(&vault_address, &NATIVE_MINT);
        let keys = [vault_address, CLOCK, wallet, native_pool].map(|key| key.to_string());
        let commitment = rpc.commitment().commitment;
        let params = |least| json!([keys, {"encoding": "base64", "commitment": commitment, "minContextSlot": least}]);
        let (slot, accounts) = rpc
            .read_since::<Vec<Option<FoundAccount>>>(
                RpcRequest::GetMultipleAccounts,
                "getMultipleAccounts",
                least_slot,
                params,
            )
            .await?;
        let [vault, clock, wallet, pool] =
            <[_; 4]>::try_from(accounts).map_err(|_| nonsense("another number of accounts"))?;
        let vault = vault.map(FoundAccount::decoded).transpose()?;
        let clock = clock.map(FoundAccount::decoded).transpose()?;
        let pool = pool.map(FoundAccount::decoded).transpose()?;
        let vault = vault.ok_or_else(|| Error::NoVault(vault_address.to_string()))?;
        let vault: Vault = parse(&vault_address, &vault.0, &vault.1)?;
        let now = clock
            .as_ref()
            .and_then(|(_, data)| unix_timestamp(data))
            .ok_or_else(|| nonsense("no clock of the cluster"))?;
        let pools = match (vault.pool_count, pool) {
            (0, _) => Vec::new(),
            (1, Some((owner, data))) => vec![(native_pool, parse(&native_pool, &owner, &data)?)],
            _ => read_pools(rpc, &vault_address, slot).await?,
        };
        if pools.len() != usize::from(vault.pool_count) {
            let cause = format!(
                "it has {} pools, the RPC knows {}",
                vault.pool_count,
                pools.len()
            );
            return Err(Error::WrongAccount {
                address: vault_address.to_string(),
                cause,
            });
        }
        let wallet_lamports = wallet.map_or(0, |wallet| wallet.lamports);
        Ok(Self {
            slot,
            now,
            vault_address,
            vault,
            pools,
            wallet_lamports,
        })
    }

    /// What the plan for `source` needs to know.
    pub fn facts(&self, source: Source, keeper: &Address) -> Facts {
        let state = self.vault.source(source);
        Facts {
            now: self.now,
            last_interval_id: state.last_interval_id,
            last_distributed_at: state.last_distributed_at,
            min_spacing_seconds: self.vault.config.min_spacing_seconds,
            cap_lamports: self.vault.config.max_distribution_lamports,
            funded_lamports: state.funded_lamports,
            is_keeper: self.vault.keeper == *keeper,
            is_paused: self.vault.paused & PAUSED_DISTRIBUTIONS != 0,
            wallet_lamports: self.wallet_lamports,
        }
    }

    /// Value of all that is staked, lamports, each pool rounded down. `None`: out of range.
    pub fn total_value_lamports(&self) -> Option<u64> {
        self.pools.iter().try_fold(0_u64, |sum, (_, pool)| {
            sum.checked_add(value_lamports(pool.total_units, pool.price)?)
        })
    }

    /// Addresses of the pools in the order of their index.
    pub fn pool_addresses(&self) -> Vec<Address> {
        self.pools.iter().map(|(address, _)| *address).collect()
    }
}

/// The pools of a vault with more than the SOL pool, found by the vault's address in them.
async fn read_pools(
    rpc: &Rpc,
    vault: &Address,
    least_slot: u64,
) -> Result<Vec<(Address, Pool)>, Error> {
    let vault_offset = size_of_val(&Pool::DISCRIMINATOR) + std::mem::offset_of!(Pool, vault);
    let filters = json!([
        {"memcmp": {"offset": 0, "encoding": "base64", "bytes": BASE64_STANDARD.encode(Pool::DISCRIMINATOR)}},
        {"memcmp": {"offset": vault_offset, "encoding": "base64", "bytes": BASE64_STANDARD.encode(vault.as_ref())}},
    ]);
    let commitment = rpc.commitment().commitment;
    let params = |least| json!([ID.to_string(), {"encoding": "base64", "commitment": commitment, "filters": filters, "withContext": true, "minContextSlot": least}]);
    let (_, found) = rpc
        .read_since::<Vec<Value>>(
            RpcRequest::GetProgramAccounts,
            "getProgramAccounts",
            least_slot,
            params,
        )
        .await?;
    let mut pools = found
        .iter()
        .map(keyed_pool)
        .collect::<Result<Vec<_>, _>>()?;
    pools.sort_by_key(|(_, pool)| pool.index);
    Ok(pools)
}

/// An account as the RPC shows it.
#[derive(Deserialize)]
struct FoundAccount {
    lamports: u64,
    owner: String,
    /// The bytes and their encoding.
    data: (String, String),
}

impl FoundAccount {
    /// Owner and data.
    fn decoded(self) -> Result<(Address, Vec<u8>), Error> {
        let owner = self.owner.parse().ok();
        let data = BASE64_STANDARD.decode(self.data.0).ok();
        owner
            .zip(data)
            .ok_or_else(|| nonsense("an account that cannot be read"))
    }
}

fn nonsense(what: &str) -> Error {
    Error::Rpc {
        method: "getMultipleAccounts",
        cause: format!("the answer has {what}"),
    }
}

fn keyed_pool(keyed: &Value) -> Result<(Address, Pool), Error> {
    let nonsense = || Error::Rpc {
        method: "getProgramAccounts",
        cause: "the answer cannot be read".into(),
    };
    let address: Address = keyed
        .get("pubkey")
        .and_then(Value::as_str)
        .and_then(|text| text.parse().ok())
        .ok_or_else(nonsense)?;
    let data = keyed
        .pointer("/account/data/0")
        .and_then(Value::as_str)
        .and_then(|text| BASE64_STANDARD.decode(text).ok())
        .ok_or_else(nonsense)?;
    Ok((address, parse(&address, &ID, &data)?))
}

fn parse<T: Layout>(address: &Address, owner: &Address, data: &[u8]) -> Result<T, Error> {
    let wrong = |cause: String| Error::WrongAccount {
        address: address.to_string(),
        cause,
    };
    if *owner != ID {
        return Err(wrong(
            "it does not belong to the staking vault program: check chain.vault".into(),
        ));
    }
    T::parse(data).map_err(|e| wrong(e.to_string()))
}

fn unix_timestamp(clock: &[u8]) -> Option<i64> {
    let bytes = clock
        .get(CLOCK_UNIX_TIMESTAMP_OFFSET..)?
        .first_chunk::<8>()?;
    Some(i64::from_le_bytes(*bytes))
}
