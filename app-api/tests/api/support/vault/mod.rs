//! A vault with a SOL pool, and token pools where a test wants them, moved by the rules of the program: accounts and events change
//! together, as transactions of a [`Cluster`].

mod fork;
mod moves;
mod tokens;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytemuck::Zeroable as _;
use primis_vault_interface::{
    ID, Layout, NATIVE_MINT,
    accounts::{Pool, Position, Vault},
    events, math, pool_address, position_address,
    types::Split,
    vault_address,
};
use solana_address::Address;
use solana_signature::Signature;

use crate::support::cluster::{Cluster, Transaction};

pub const SOL: u64 = 1_000_000_000;
/// When the vault was created.
pub const BORN: i64 = 1_700_000_000;
pub const STREAM_SECONDS: u64 = 600;

/// The vault, its pool, and the cluster they live on.
pub struct World {
    pub cluster: Cluster,
    pub address: Address,
    pub pool_address: Address,
    pub vault: Vault,
    pub pool: Pool,
    /// Its other pools.
    pub tokens: Vec<(Address, Pool)>,
    next: u64,
}

pub fn owner(n: u8) -> Address {
    Address::new_from_array([n; 32])
}

impl World {
    pub async fn new() -> Self {
        let cluster = Cluster::start().await;
        let address = vault_address(1);
        let pool_address = pool_address(&address, &NATIVE_MINT);
        let mut vault = Vault::zeroed();
        vault.id = 1;
        vault.config.stream_seconds = STREAM_SECONDS;
        vault.config.staking_split = Split {
            stakers_bps: 7_000,
            subsidy_bps: 2_000,
            reserve_bps: 1_000,
            treasury_bps: 0,
        };
        vault.config.compute_split = Split {
            stakers_bps: 5_000,
            subsidy_bps: 0,
            reserve_bps: 0,
            treasury_bps: 5_000,
        };
        vault.staking.last_interval_id = BORN;
        vault.compute.last_interval_id = BORN;
        vault.pool_count = 1;
        let mut pool = Pool::zeroed();
        pool.vault = address;
        pool.mint = NATIVE_MINT;
        pool.price = math::PRICE_SCALE;
        pool.last_update = BORN;
        let mut world = Self {
            cluster,
            address,
            pool_address,
            vault,
            pool,
            tokens: Vec::new(),
            next: 0,
        };
        let created = events::VaultCreated {
            id: 1,
            at: BORN,
            vault: address,
            authority: owner(99),
        };
        world.submit(&[address], &[created.to_bytes()]);
        let added = events::PoolAdded {
            cap_units: u64::MAX,
            min_deposit_units: 1,
            at: BORN,
            index: 0,
            vault: address,
            pool: pool_address,
            mint: NATIVE_MINT,
        };
        world.submit(&[address, pool_address], &[added.to_bytes()]);
        world
    }

    pub fn name(&self) -> String {
        self.address.to_string()
    }

    /// The cluster's clock.
    pub fn now(&self) -> i64 {
        self.cluster.with(|c| c.clock_unix)
    }

    /// Lets time pass: `seconds` of clock and two slots a second.
    pub fn pass(&self, seconds: u64) {
        self.cluster.with(|c| {
            c.clock_unix += i64::try_from(seconds).unwrap();
            c.slot += (seconds * 2).max(1);
        });
    }

    pub fn position(&self, owner: &Address) -> Option<Position> {
        let name = position_address(&self.pool_address, owner).to_string();
        self.cluster.with(|c| {
            c.accounts
                .get(&name)
                .map(|bytes| Position::parse(bytes).unwrap())
        })
    }

    fn put(&self, address: &Address, bytes: Vec<u8>) {
        self.cluster
            .with(|c| c.accounts.insert(address.to_string(), bytes));
    }

    /// A transaction in the present slot that names `names` and logs `events`; with the accounts
    /// as they are now.
    pub fn submit(&mut self, names: &[Address], events: &[Vec<u8>]) -> String {
        self.refresh_accounts();
        let mut log = vec![format!("Program {ID} invoke [1]")];
        log.extend(
            events
                .iter()
                .map(|bytes| format!("Program data: {}", STANDARD.encode(bytes))),
        );
        log.push(format!("Program {ID} success"));
        self.submit_log(names, log)
    }

    pub fn submit_log(&mut self, names: &[Address], log: Vec<String>) -> String {
        self.next += 1;
        let mut bytes = [0u8; 64];
        bytes[..8].copy_from_slice(&self.next.to_le_bytes());
        bytes[63] = 1;
        let signature = Signature::from(bytes).to_string();
        self.cluster.with(|c| {
            let (slot, block_time) = (c.slot, c.clock_unix);
            let names = names.to_vec();
            c.transactions.push(Transaction {
                signature: signature.clone(),
                slot,
                block_time,
                failed: false,
                log,
                names,
                hidden: false,
            });
        });
        signature
    }

    /// Writes the accounts as they are, without a transaction.
    pub fn refresh_accounts(&self) {
        self.put(&self.address, self.vault.to_bytes());
        self.put(&self.pool_address, self.pool.to_bytes());
        for (address, pool) in &self.tokens {
            self.put(address, pool.to_bytes());
        }
    }

    fn settle(&mut self) {
        let stream = self
            .pool
            .stream()
            .settle(self.pool.total_units, self.now())
            .unwrap();
        self.set_stream(stream);
    }

    fn set_stream(&mut self, stream: math::Stream) {
        self.pool.acc = stream.acc.into();
        self.pool.rate = stream.rate.into();
        self.pool.stream_end = stream.end;
        self.pool.last_update = stream.last_update;
    }
}
