//! A vault of many stakers in the store, and an indexer that takes in a little each second.

use std::time::Duration;

use anyhow::{Context as _, Result};
use bytemuck::Zeroable as _;
use primis_app_api::store::{
    AccountKind, AccountRow, Batch, DistributionRow, EventRow, Place, PositionRow, Progress,
    StakePointRow, Store, TransactionRow,
};
use primis_vault_interface::{
    Layout as _, NATIVE_MINT, U128Le,
    accounts::{Pool, Position, Vault},
    events, math, pool_address,
    types::Split,
    vault_address,
};
use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use solana_address::Address;
use tokio_util::sync::CancellationToken;

const SOL: u64 = 1_000_000_000;
/// When the vault was created, Unix seconds.
const BORN: i64 = 1_700_000_000;
/// Between two distributions, seconds, and how many there were.
const INTERVAL: i64 = 600;
const DISTRIBUTIONS: u64 = 5_000;
/// What stakers got of each.
const GIVEN: u64 = 63_400_000;
/// Positions written at once.
const CHUNK: usize = 10_000;
/// Positions that a change touches.
const TOUCHED: usize = 10;
/// Between two changes.
const PAUSE: Duration = Duration::from_secs(1);
/// Every so many changes there is a distribution.
const DISTRIBUTES: u64 = 5;

/// What the store holds.
pub struct Chain {
    address: Address,
    vault: Vault,
    pools: Vec<(Address, Pool)>,
    positions: Vec<(Address, Position)>,
    version: u64,
    clock: i64,
    random: StdRng,
}

fn address(random: &mut StdRng) -> Address {
    Address::new_from_array(random.random())
}

impl Chain {
    /// Fills an empty store.
    pub async fn fill(store: &Store, positions: u32) -> Result<Self> {
        let mut random = StdRng::seed_from_u64(1);
        let at = vault_address(1);
        let mut vault = Vault {
            id: 1,
            pool_count: 3,
            ..Vault::zeroed()
        };
        vault.config.compute_split = Split {
            stakers_bps: 5_000,
            subsidy_bps: 0,
            reserve_bps: 0,
            treasury_bps: 5_000,
        };
        let mints = [NATIVE_MINT, address(&mut random), address(&mut random)];
        let pools = (0u8..).zip(mints).map(|(index, mint)| {
            let pool = Pool {
                vault: at,
                mint,
                index,
                kind: u8::from(index > 0),
                decimals: 9,
                price: math::PRICE_SCALE + u64::from(index) * 100_000_000,
                acc: U128Le::from(1 << 56),
                last_update: BORN,
                ..Pool::zeroed()
            };
            (pool_address(&at, &mint), pool)
        });
        let mut chain = Self {
            address: at,
            vault,
            pools: pools.collect(),
            positions: Vec::new(),
            version: 0,
            clock: BORN,
            random,
        };
        for _ in 0..positions {
            chain.open_position();
        }
        let rows: Vec<PositionRow> = chain.positions.iter().map(row).collect();
        for chunk in rows.chunks(CHUNK) {
            chain.commit(store, chunk.to_vec(), Vec::new()).await?;
        }
        let history = (0..DISTRIBUTIONS).map(|_| chain.distribute()).collect();
        chain.commit(store, Vec::new(), history).await?;
        Ok(chain)
    }

    fn open_position(&mut self) {
        let second = self.random.random_range(0..self.pools.len());
        let units = self.random.random_range(SOL..100 * SOL);
        let (address, owner) = (address(&mut self.random), address(&mut self.random));
        let Some((pool_address, pool)) = self.pools.get_mut(second) else {
            return;
        };
        pool.total_units += units;
        pool.position_count += 1;
        let position = Position {
            pool: *pool_address,
            owner,
            units,
            opened_at: BORN,
            ..Position::zeroed()
        };
        self.positions.push((address, position));
    }

    fn distribute(&mut self) -> DistributionRow {
        let from = self.clock;
        self.clock += INTERVAL;
        let state = &mut self.vault.compute;
        state.distribution_count += 1;
        state.funded_total_lamports += 2 * GIVEN;
        state.distributed_total_lamports += 2 * GIVEN;
        state.stakers_total_lamports += GIVEN;
        state.last_interval_id = self.clock;
        self.vault.stakers_lamports += GIVEN;
        let number = self.vault.compute.distribution_count;
        let told = events::YieldDistributed {
            previous_interval_id: from,
            interval_id: self.clock,
            amount_lamports: 2 * GIVEN,
            stakers_lamports: GIVEN,
            source: 1,
            at: self.clock,
            vault: self.address,
            ..events::YieldDistributed::zeroed()
        };
        DistributionRow {
            signature: format!("distribution{number}"),
            place: Place {
                slot: number,
                ..Place::default()
            },
            source: 1,
            interval_from: from,
            interval_to: self.clock,
            stakers_lamports: GIVEN,
            cumulative_stakers_lamports: GIVEN * number,
            amount_lamports: told.amount_lamports,
            cumulative_amount_lamports: told.amount_lamports * number,
            number,
            data: told.to_bytes(),
        }
    }

    /// Commits the vault and its pools as they are, with these rows.
    async fn commit(
        &mut self,
        store: &Store,
        positions: Vec<PositionRow>,
        distributions: Vec<DistributionRow>,
    ) -> Result<()> {
        let slot = DISTRIBUTIONS + self.version;
        let place = Place {
            slot,
            ..Place::default()
        };
        let signature = format!("step{}", self.version);
        let mut batch = Batch {
            progress: Progress {
                version: self.version,
                slot,
                horizon_slot: slot,
                accounts_slot: slot,
                clock_unix: self.clock,
                polled_at: BORN,
                ..Progress::default()
            },
            transactions: vec![TransactionRow {
                signature: signature.clone(),
                place,
                block_time: Some(self.clock),
                truncated: false,
                finalized: true,
            }],
            events: vec![EventRow {
                signature,
                place,
                block_time: Some(self.clock),
                name: "Deposited".into(),
                owner: None,
                data: events::Deposited::zeroed().to_bytes(),
            }],
            accounts: vec![AccountRow {
                address: self.address.to_string(),
                kind: AccountKind::Vault,
                data: self.vault.to_bytes(),
            }],
            positions,
            distributions,
            ..Batch::default()
        };
        for (address, pool) in &self.pools {
            batch.accounts.push(AccountRow {
                address: address.to_string(),
                kind: AccountKind::Pool,
                data: pool.to_bytes(),
            });
            let value_lamports =
                math::value_lamports(pool.total_units, pool.price).context("too much is staked")?;
            let since = u128::from(self.clock.abs_diff(BORN));
            batch.stake_points.push(StakePointRow {
                pool: address.to_string(),
                place,
                at: self.clock,
                units: pool.total_units,
                price: pool.price,
                value_lamports,
                cumulative: since * u128::from(value_lamports),
                retired: false,
                earning_cumulative: since * u128::from(value_lamports),
            });
        }
        store.commit(&self.address.to_string(), &batch).await?;
        self.version += 1;
        Ok(())
    }

    /// Takes in a change each second until stopped; how many those were.
    pub async fn write(&mut self, store: &Store, stop: CancellationToken) -> Result<u64> {
        let mut steps = 0;
        loop {
            tokio::select! {
                () = stop.cancelled() => return Ok(steps),
                () = tokio::time::sleep(PAUSE) => {}
            }
            let mut touched = Vec::new();
            for _ in 0..TOUCHED {
                let n = self.random.random_range(0..self.positions.len());
                if let Some((address, position)) = self.positions.get_mut(n)
                    && let Some((_, pool)) =
                        self.pools.iter_mut().find(|(at, _)| *at == position.pool)
                {
                    position.units += SOL;
                    pool.total_units += SOL;
                    touched.push(row(&(*address, *position)));
                }
            }
            // One position may have been touched twice.
            touched.reverse();
            touched.sort_by(|a, b| a.address.cmp(&b.address));
            touched.dedup_by(|a, b| a.address == b.address);
            self.clock += 1;
            steps += 1;
            let distributions = if steps % DISTRIBUTES == 0 {
                vec![self.distribute()]
            } else {
                Vec::new()
            };
            self.commit(store, touched, distributions).await?;
        }
    }

    /// The vault's address.
    pub fn name(&self) -> String {
        self.address.to_string()
    }

    /// The stakers.
    pub fn wallets(&self) -> Vec<String> {
        let owners = self.positions.iter().map(|(_, position)| position.owner);
        owners.map(|owner| owner.to_string()).collect()
    }
}

fn row((address, position): &(Address, Position)) -> PositionRow {
    PositionRow {
        address: address.to_string(),
        owner: position.owner.to_string(),
        units: position.units,
        data: position.to_bytes(),
    }
}
