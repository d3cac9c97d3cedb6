//! Pools of liquid staking tokens beside the SOL pool.

use bytemuck::Zeroable as _;
use primis_vault_interface::{
    Layout as _,
    accounts::{Pool, Position},
    events, math, pool_address, position_address,
};
use solana_address::Address;

use super::World;

/// What the program calls a pool of tokens.
const KIND_TOKEN: u8 = 1;
/// And one that takes no part in distributions.
const RETIRED: u8 = 2;

impl World {
    /// Adds a pool for `mint`, which has no price yet; returns its place among the token pools.
    pub fn add_token_pool(&mut self, mint: Address) -> usize {
        let (at, vault) = (self.now(), self.address);
        let address = pool_address(&vault, &mint);
        let index = self.vault.pool_count;
        self.vault.pool_count += 1;
        self.tokens.push((
            address,
            Pool {
                vault,
                mint,
                kind: KIND_TOKEN,
                index,
                decimals: 9,
                last_update: at,
                ..Pool::zeroed()
            },
        ));
        let added = events::PoolAdded {
            cap_units: u64::MAX,
            min_deposit_units: 1,
            at,
            index: u64::from(index),
            vault,
            pool: address,
            mint,
        };
        self.submit(&[vault, address], &[added.to_bytes()]);
        self.tokens.len() - 1
    }

    /// Reads a new price, lamports for 1,000,000,000 units.
    pub fn refresh_price(&mut self, token: usize, price: u64) -> String {
        let at = self.now();
        let (address, pool) = &mut self.tokens[token];
        let refreshed = events::PriceRefreshed {
            price_before: pool.price,
            price,
            as_of: at,
            at,
            pool: *address,
        };
        (pool.price, pool.price_updated_at) = (price, at);
        let address = *address;
        self.submit(&[address], &[refreshed.to_bytes()])
    }

    /// Retires a pool: later distributions pass it by.
    pub fn retire(&mut self, token: usize) -> String {
        let vault = self.address;
        let (address, pool) = &mut self.tokens[token];
        pool.status = RETIRED;
        let updated = events::PoolUpdated {
            cap_units: u64::MAX,
            min_deposit_units: 1,
            status: u64::from(RETIRED),
            pool: *address,
        };
        let address = *address;
        self.submit(&[vault, address], &[updated.to_bytes()])
    }

    /// Opens a position in a token pool with `units` in it.
    pub fn deposit_tokens(&mut self, token: usize, owner: &Address, units: u64) -> String {
        let (at, vault, owner) = (self.now(), self.address, *owner);
        let (pool, state) = &mut self.tokens[token];
        let pool = *pool;
        let stream = state.stream().settle(state.total_units, at).unwrap();
        state.acc = stream.acc.into();
        state.rate = stream.rate.into();
        state.stream_end = stream.end;
        state.last_update = stream.last_update;
        state.total_units += units;
        state.position_count += 1;
        let address = position_address(&pool, &owner);
        let opened = events::PositionOpened {
            at,
            position_count: state.position_count,
            pool,
            position: address,
            owner,
        };
        let deposited = events::Deposited {
            amount_units: units,
            position_units: units,
            total_units: state.total_units,
            owed_lamports: 0,
            at,
            pool,
            owner,
        };
        let position = Position {
            pool,
            owner,
            units,
            acc: state.acc,
            opened_at: at,
            ..Position::zeroed()
        };
        self.put(&address, position.to_bytes());
        self.submit(
            &[owner, vault, pool],
            &[opened.to_bytes(), deposited.to_bytes()],
        )
    }

    /// Value of all token pools, lamports.
    pub(super) fn token_value(&self) -> u64 {
        let value = |(_, pool): &(Address, Pool)| {
            math::value_lamports(pool.total_units, pool.price).unwrap()
        };
        self.tokens.iter().map(value).sum()
    }

    /// Streams each token pool its part of `left` lamports, where `value_left` is the value of the
    /// pools that still get something; returns what was logged.
    pub(super) fn stream_to_tokens(&mut self, mut left: u64, mut value_left: u64) -> Vec<Vec<u8>> {
        let at = self.now();
        let mut logged = Vec::new();
        for (address, pool) in &mut self.tokens {
            let value = math::value_lamports(pool.total_units, pool.price).unwrap();
            let part = math::apportion(left, value, value_left).unwrap();
            (left, value_left) = (left - part, value_left - value);
            let stream = pool.stream().settle(pool.total_units, at).unwrap();
            let stream = stream.fold(part, super::STREAM_SECONDS, at).unwrap();
            pool.acc = stream.acc.into();
            pool.rate = stream.rate.into();
            pool.stream_end = stream.end;
            pool.last_update = stream.last_update;
            if part == 0 {
                continue;
            }
            pool.streamed_total_lamports += part;
            let folded = events::PoolStreamed {
                amount_lamports: part,
                value_lamports: value,
                total_units: pool.total_units,
                stream_end: pool.stream_end,
                at,
                rate: pool.rate,
                acc: pool.acc,
                pool: *address,
            };
            logged.push(folded.to_bytes());
        }
        logged
    }
}
