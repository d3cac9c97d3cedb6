//! What events add to the history. Pure: rows in, rows out.

use std::collections::{BTreeMap, HashSet};

use primis_vault_interface::{
    NATIVE_MINT,
    events::{Event, PoolStreamed, YieldDistributed},
    math::{PRICE_SCALE, value_lamports},
    position_address,
};
use solana_address::Address;

use super::{IndexerError, totals};
use crate::store::{DistributionRow, EventRow, PoolYieldRow, StakePoint, StakePointRow, Totals};

/// Number of the rules below: raised with every change of what they derive, so that a store that was
/// written by others is derived again.
pub(super) const DERIVATION: u64 = 2;

/// The running sums, and the rows that were added to them.
#[derive(Clone, Debug, Default)]
pub(super) struct History {
    vault: Address,
    /// Distributed so far, by source.
    given: BTreeMap<u64, Given>,
    /// Given to the stakers of a pool so far, by source.
    pool_given: BTreeMap<(String, u64), Given>,
    /// Parts of pools whose distribution, in the same transaction, is still to come.
    streamed: Vec<(EventRow, PoolStreamed)>,
    /// The newest point of each pool.
    stake: BTreeMap<String, StakePoint>,
    /// What the chain's own counters must equal.
    pub(super) totals: Totals,
    pub(super) distributions: Vec<DistributionRow>,
    pub(super) stake_points: Vec<StakePointRow>,
    pub(super) pool_yields: Vec<PoolYieldRow>,
}

/// The program's `PoolStatus::RETIRED`.
const RETIRED: u64 = 2;

/// What distributions add up to.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Given {
    pub(super) stakers_lamports: u64,
    pub(super) amount_lamports: u64,
    pub(super) count: u64,
}

impl Given {
    fn add(&mut self, stakers_lamports: u64, amount_lamports: u64) -> Result<Self, IndexerError> {
        let sum = |a: u64, b: u64| a.checked_add(b).ok_or(IndexerError::Overflow);
        *self = Self {
            stakers_lamports: sum(self.stakers_lamports, stakers_lamports)?,
            amount_lamports: sum(self.amount_lamports, amount_lamports)?,
            count: sum(self.count, 1)?,
        };
        Ok(*self)
    }
}

impl History {
    /// Of a vault, from its beginning.
    pub(super) fn of(vault: Address) -> Self {
        Self {
            vault,
            ..Self::default()
        }
    }

    /// Continues after a source's newest distribution.
    pub(super) fn given(&mut self, source: u64, given: Given) {
        self.given.insert(source, given);
    }

    /// Continues after a pool's newest part of a distribution of a source.
    pub(super) fn pool_given(&mut self, pool: String, source: u64, given: Given) {
        self.pool_given.insert((pool, source), given);
    }

    /// Continues after a pool's newest point.
    pub(super) fn staked(&mut self, pool: String, point: StakePoint) {
        self.stake.insert(pool, point);
    }

    /// Takes in the next event in the chain's order.
    pub(super) fn take(&mut self, row: &EventRow, event: &Event) -> Result<(), IndexerError> {
        totals::count(&mut self.totals, &self.vault, event, 1)?;
        match event {
            Event::YieldDistributed(e) => {
                let given = self.given.entry(e.source).or_default();
                let given = given.add(e.stakers_lamports, e.amount_lamports)?;
                self.distributions.push(DistributionRow {
                    signature: row.signature.clone(),
                    place: row.place,
                    source: e.source,
                    interval_from: e.previous_interval_id,
                    interval_to: e.interval_id,
                    stakers_lamports: e.stakers_lamports,
                    cumulative_stakers_lamports: given.stakers_lamports,
                    amount_lamports: e.amount_lamports,
                    cumulative_amount_lamports: given.amount_lamports,
                    number: given.count,
                    data: row.data.clone(),
                });
                self.give_to_pools(row, e)
            }
            // A token is worth nothing before its price was read.
            Event::PoolAdded(e) if e.mint != NATIVE_MINT => {
                self.stake_is(row, &e.pool, e.at, Change::default().units(0).price(0))
            }
            Event::Deposited(e) => {
                self.stake_is(row, &e.pool, e.at, Change::default().units(e.total_units))
            }
            Event::Withdrawn(e) => {
                self.stake_is(row, &e.pool, e.at, Change::default().units(e.total_units))
            }
            Event::Compounded(e) => {
                self.stake_is(row, &e.pool, e.at, Change::default().units(e.total_units))
            }
            Event::PoolStreamed(e) => {
                self.streamed.push((row.clone(), *e));
                self.stake_is(row, &e.pool, e.at, Change::default().units(e.total_units))
            }
            Event::PriceRefreshed(e) => {
                self.stake_is(row, &e.pool, e.at, Change::default().price(e.price))
            }
            Event::LossRecognised(e) => {
                self.stake_is(row, &e.pool, e.at, Change::default().price(e.price))
            }
            Event::PoolUpdated(e) => {
                // The event does not say when; its block's time is the cluster's clock in it.
                let last = self.stake.get(&e.pool.to_string()).map(|last| last.at);
                match row.block_time.or(last) {
                    Some(at) => {
                        let retired = e.status == RETIRED;
                        self.stake_is(row, &e.pool, at, Change::default().retired(retired))
                    }
                    None => Ok(()),
                }
            }
            _ => Ok(()),
        }
    }

    /// The parts that were streamed right before a distribution are of it.
    fn give_to_pools(&mut self, row: &EventRow, e: &YieldDistributed) -> Result<(), IndexerError> {
        for (part, streamed) in std::mem::take(&mut self.streamed) {
            if part.signature != row.signature {
                continue;
            }
            let pool = streamed.pool.to_string();
            let given = self.pool_given.entry((pool.clone(), e.source)).or_default();
            let given = given.add(streamed.amount_lamports, 0)?;
            self.pool_yields.push(PoolYieldRow {
                pool,
                place: part.place,
                source: e.source,
                interval_from: e.previous_interval_id,
                interval_to: e.interval_id,
                stakers_lamports: streamed.amount_lamports,
                cumulative_stakers_lamports: given.stakers_lamports,
                number: given.count,
            });
        }
        Ok(())
    }

    /// From `at` on a pool is as `change` leaves it.
    fn stake_is(
        &mut self,
        row: &EventRow,
        pool: &Address,
        at: i64,
        change: Change,
    ) -> Result<(), IndexerError> {
        let pool = pool.to_string();
        let last = self.stake.get(&pool).copied();
        let units = change.units.unwrap_or(last.map_or(0, |last| last.units));
        // The SOL pool is the one that says nothing of a price when it is added.
        let price = change
            .price
            .unwrap_or(last.map_or(PRICE_SCALE, |last| last.price));
        let retired = change
            .retired
            .unwrap_or(last.is_some_and(|last| last.retired));
        if last
            .is_some_and(|last| (last.units, last.price, last.retired) == (units, price, retired))
        {
            return Ok(());
        }
        let value_lamports = value_lamports(units, price).ok_or(IndexerError::Overflow)?;
        // The cluster's clock can step back; the integral cannot.
        let at = last.map_or(at, |last| at.max(last.at));
        let (mut cumulative, mut earning_cumulative) = (0, 0);
        if let Some(last) = last {
            let area = u128::from(last.value_lamports)
                .checked_mul(u128::from(at.abs_diff(last.at)))
                .ok_or(IndexerError::Overflow)?;
            let earned = if last.retired { 0 } else { area };
            let sum = |a: u128, b: u128| a.checked_add(b).ok_or(IndexerError::Overflow);
            cumulative = sum(last.cumulative, area)?;
            earning_cumulative = sum(last.earning_cumulative, earned)?;
        }
        self.stake.insert(
            pool.clone(),
            StakePoint {
                at,
                units,
                price,
                value_lamports,
                cumulative,
                retired,
                earning_cumulative,
            },
        );
        self.stake_points.push(StakePointRow {
            pool,
            place: row.place,
            at,
            units,
            price,
            value_lamports,
            cumulative,
            retired,
            earning_cumulative,
        });
        Ok(())
    }
}

/// What an event says of a pool's stake; what it does not say stays as it was.
#[derive(Clone, Copy, Debug, Default)]
struct Change {
    units: Option<u64>,
    price: Option<u64>,
    retired: Option<bool>,
}

impl Change {
    fn units(self, units: u64) -> Self {
        let units = Some(units);
        Self { units, ..self }
    }

    fn price(self, price: u64) -> Self {
        let price = Some(price);
        Self { price, ..self }
    }

    fn retired(self, retired: bool) -> Self {
        let retired = Some(retired);
        Self { retired, ..self }
    }
}

/// Whether an event is of `vault` or one of its `pools`; a pool it adds joins them.
pub(super) fn concerns(event: &Event, vault: &Address, pools: &mut HashSet<Address>) -> bool {
    match event {
        Event::PoolAdded(e) => {
            let ours = e.vault == *vault;
            if ours {
                pools.insert(e.pool);
            }
            ours
        }
        Event::VaultCreated(e) => e.vault == *vault,
        Event::Funded(e) => e.vault == *vault,
        Event::YieldDistributed(e) => e.vault == *vault,
        Event::BucketSwept(e) => e.vault == *vault,
        Event::PauseSet(e) => e.vault == *vault,
        Event::ConfigProposed(e) => e.vault == *vault,
        Event::ConfigApplied(e) => e.vault == *vault,
        Event::ConfigCancelled(e) => e.vault == *vault,
        Event::RoleChanged(e) => e.vault == *vault,
        Event::PoolUpdated(e) => pools.contains(&e.pool),
        Event::PositionOpened(e) => pools.contains(&e.pool),
        Event::PositionClosed(e) => pools.contains(&e.pool),
        Event::Deposited(e) => pools.contains(&e.pool),
        Event::Withdrawn(e) => pools.contains(&e.pool),
        Event::Claimed(e) => pools.contains(&e.pool),
        Event::Compounded(e) => pools.contains(&e.pool),
        Event::PoolStreamed(e) => pools.contains(&e.pool),
        Event::PoolLimitsSet(e) => pools.contains(&e.pool),
        Event::PriceRefreshed(e) => pools.contains(&e.pool),
        Event::PriceSourceProposed(e) => pools.contains(&e.pool),
        Event::PriceSourceApplied(e) => pools.contains(&e.pool),
        Event::ValidatorSet(e) => pools.contains(&e.pool),
        Event::Delegated(e) => pools.contains(&e.pool),
        Event::Deactivated(e) => pools.contains(&e.pool),
        Event::Reclaimed(e) => pools.contains(&e.pool),
        Event::Harvested(e) => pools.contains(&e.pool),
        Event::LossRecognised(e) => pools.contains(&e.pool),
        Event::TicketOpened(e) => pools.contains(&e.pool),
        Event::TicketCancelled(e) => pools.contains(&e.pool),
        Event::TicketServed(e) => pools.contains(&e.pool),
    }
}

/// The position an event changed.
pub(super) fn position_of(event: &Event) -> Option<Address> {
    pool_and_owner(event).map(|(pool, owner)| position_address(&pool, &owner))
}

/// Whose position an event changed.
pub(super) fn owner_of(event: &Event) -> Option<Address> {
    pool_and_owner(event).map(|(_, owner)| owner)
}

fn pool_and_owner(event: &Event) -> Option<(Address, Address)> {
    Some(match event {
        Event::PositionOpened(e) => (e.pool, e.owner),
        Event::PositionClosed(e) => (e.pool, e.owner),
        Event::Deposited(e) => (e.pool, e.owner),
        Event::Withdrawn(e) => (e.pool, e.owner),
        Event::Claimed(e) => (e.pool, e.owner),
        Event::Compounded(e) => (e.pool, e.owner),
        Event::TicketOpened(e) => (e.pool, e.owner),
        Event::TicketCancelled(e) => (e.pool, e.owner),
        Event::TicketServed(e) => (e.pool, e.owner),
        _ => return None,
    })
}
