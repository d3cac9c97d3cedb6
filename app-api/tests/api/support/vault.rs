//! A vault with one SOL pool, moved by the rules of the program: accounts and events change
//! together, as transactions of a [`Cluster`].

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

use super::cluster::{Cluster, Transaction};

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
        vault.config.staking_split = Split { stakers_bps: 7_000, subsidy_bps: 2_000, reserve_bps: 1_000, treasury_bps: 0 };
        vault.config.compute_split = Split { stakers_bps: 5_000, subsidy_bps: 0, reserve_bps: 0, treasury_bps: 5_000 };
        vault.staking.last_interval_id = BORN;
        vault.compute.last_interval_id = BORN;
        vault.pool_count = 1;
        let mut pool = Pool::zeroed();
        pool.vault = address;
        pool.mint = NATIVE_MINT;
        pool.price = math::PRICE_SCALE;
        pool.last_update = BORN;
        let mut world = Self { cluster, address, pool_address, vault, pool, next: 0 };
        let created = events::VaultCreated { id: 1, at: BORN, vault: address, authority: owner(99) };
        world.submit(&[address], &[created.to_bytes()]);
        let added = events::PoolAdded {
            cap_units: u64::MAX, min_deposit_units: 1, at: BORN, index: 0, vault: address, pool: pool_address, mint: NATIVE_MINT,
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
        self.cluster.with(|c| c.accounts.get(&name).map(|bytes| Position::parse(bytes).unwrap()))
    }

    fn put(&self, address: &Address, bytes: Vec<u8>) {
        self.cluster.with(|c| c.accounts.insert(address.to_string(), bytes));
    }

    /// A transaction in the present slot that names `names` and logs `events`; with the accounts
    /// as they are now.
    pub fn submit(&mut self, names: &[Address], events: &[Vec<u8>]) -> String {
        self.put(&self.address.clone(), self.vault.to_bytes());
        self.put(&self.pool_address.clone(), self.pool.to_bytes());
        let mut log = vec![format!("Program {ID} invoke [1]")];
        log.extend(events.iter().map(|bytes| format!("Program data: {}", STANDARD.encode(bytes))));
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
            let slot = c.slot;
            let names = names.to_vec();
            c.transactions.push(Transaction { signature: signature.clone(), slot, failed: false, log, names, hidden: false });
        });
        signature
    }

    fn settle(&mut self) {
        let stream = self.pool.stream().settle(self.pool.total_units, self.now()).unwrap();
        self.set_stream(stream);
    }

    fn set_stream(&mut self, stream: math::Stream) {
        self.pool.acc = stream.acc.into();
        self.pool.rate = stream.rate.into();
        self.pool.stream_end = stream.end;
        self.pool.last_update = stream.last_update;
    }

    fn settled_position(&mut self, owner: &Address) -> Position {
        self.settle();
        let mut position = self.position(owner).unwrap_or_else(|| {
            self.pool.position_count += 1;
            Position { pool: self.pool_address, owner: *owner, acc: self.pool.acc, opened_at: self.now(), ..Position::zeroed() }
        });
        position.owed_lamports += math::owed_lamports(position.units, position.acc.get(), self.pool.acc.get()).unwrap();
        position.acc = self.pool.acc;
        position
    }

    fn put_position(&self, owner: &Address, position: &Position) {
        self.put(&position_address(&self.pool_address, owner), position.to_bytes());
    }

    pub fn deposit(&mut self, owner: &Address, lamports: u64) -> String {
        let new = self.position(owner).is_none();
        let mut position = self.settled_position(owner);
        position.units += lamports;
        self.pool.total_units += lamports;
        self.put_position(owner, &position);
        let (at, pool, owner) = (self.now(), self.pool_address, *owner);
        let opened = events::PositionOpened {
            at, position_count: self.pool.position_count, pool, position: position_address(&pool, &owner), owner,
        };
        let deposited = events::Deposited {
            amount_units: lamports, position_units: position.units, total_units: self.pool.total_units,
            owed_lamports: position.owed_lamports, at, pool, owner,
        };
        let mut logged = vec![deposited.to_bytes()];
        if new {
            logged.insert(0, opened.to_bytes());
        }
        self.submit(&[owner, self.address, pool], &logged)
    }

    /// Names the pool and not the vault, as the program's instruction does.
    pub fn withdraw(&mut self, owner: &Address, lamports: u64) -> String {
        let mut position = self.settled_position(owner);
        position.units -= lamports;
        self.pool.total_units -= lamports;
        self.put_position(owner, &position);
        let (at, pool, owner) = (self.now(), self.pool_address, *owner);
        let withdrawn = events::Withdrawn {
            amount_units: lamports, position_units: position.units, total_units: self.pool.total_units,
            owed_lamports: position.owed_lamports, at, emergency: 0, pool, owner,
        };
        self.submit(&[owner, pool], &[withdrawn.to_bytes()])
    }

    pub fn claim(&mut self, owner: &Address) -> u64 {
        let mut position = self.settled_position(owner);
        let lamports = std::mem::take(&mut position.owed_lamports);
        position.claimed_total_lamports += lamports;
        self.pool.claimed_total_lamports += lamports;
        self.vault.claimed_total_lamports += lamports;
        self.vault.stakers_lamports -= lamports;
        self.put_position(owner, &position);
        let (at, pool, owner) = (self.now(), self.pool_address, *owner);
        let claimed = events::Claimed {
            amount_lamports: lamports, position_claimed_lamports: position.claimed_total_lamports, at, pool, owner,
        };
        self.submit(&[owner, self.address, pool], &[claimed.to_bytes()]);
        lamports
    }

    pub fn close(&mut self, owner: &Address) -> String {
        self.settle();
        self.pool.position_count -= 1;
        let position = position_address(&self.pool_address, owner);
        self.cluster.with(|c| c.accounts.remove(&position.to_string()));
        let (at, pool, owner) = (self.now(), self.pool_address, *owner);
        let closed = events::PositionClosed { at, position_count: self.pool.position_count, pool, position, owner };
        self.submit(&[owner, self.address, pool], &[closed.to_bytes()])
    }

    /// Funds and distributes compute revenue for the time since the last distribution.
    pub fn distribute(&mut self, lamports: u64) -> String {
        self.settle();
        let (at, vault) = (self.now(), self.address);
        let split = self.vault.config.compute_split;
        let bps = [split.stakers_bps, split.subsidy_bps, split.reserve_bps, split.treasury_bps];
        let [stakers, subsidy, reserve, treasury] = math::split(lamports, bps).unwrap();
        let carried_in = self.vault.carried_lamports;
        let total_value = self.pool.total_units;
        let funded = events::Funded { amount_lamports: lamports, funded_lamports: lamports, source: 1, at, vault, funder: owner(98) };
        let mut logged = vec![funded.to_bytes()];
        let streamed = if total_value > 0 { stakers + carried_in } else { 0 };
        if streamed > 0 {
            let stream = self.pool.stream().fold(streamed, STREAM_SECONDS, at).unwrap();
            self.set_stream(stream);
            self.pool.streamed_total_lamports += streamed;
            let folded = events::PoolStreamed {
                amount_lamports: streamed, value_lamports: total_value, total_units: total_value,
                stream_end: self.pool.stream_end, at, rate: self.pool.rate, acc: self.pool.acc, pool: self.pool_address,
            };
            logged.push(folded.to_bytes());
        }
        let v = &mut self.vault;
        v.stakers_lamports += streamed;
        v.carried_lamports = stakers + carried_in - streamed;
        v.subsidy_lamports += subsidy;
        v.reserve_lamports += reserve;
        v.treasury_lamports += treasury;
        let previous_interval_id = v.compute.last_interval_id;
        v.compute.last_interval_id = at;
        v.compute.last_distributed_at = at;
        v.compute.funded_total_lamports += lamports;
        v.compute.distributed_total_lamports += lamports;
        v.compute.stakers_total_lamports += stakers;
        v.compute.distribution_count += 1;
        let distributed = events::YieldDistributed {
            previous_interval_id, interval_id: at, amount_lamports: lamports, stakers_lamports: stakers,
            subsidy_lamports: subsidy, reserve_lamports: reserve, treasury_lamports: treasury,
            carried_in_lamports: carried_in, carried_out_lamports: v.carried_lamports,
            total_value_lamports: total_value, source: 1, at, vault,
        };
        logged.push(distributed.to_bytes());
        self.submit(&[vault, self.pool_address], &logged)
    }
}
