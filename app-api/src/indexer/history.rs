//! What events add to the history. Pure: rows in, rows out.

use std::collections::{BTreeMap, HashSet};

use primis_vault_interface::{
    NATIVE_MINT,
    events::Event,
    math::{PRICE_SCALE, value_lamports},
    position_address,
};
use solana_address::Address;

use super::{IndexerError, totals};
use crate::store::{DistributionRow, EventRow, StakePoint, StakePointRow, Totals};

/// Number of the rules below: raised with every change of what they derive, so that a store that was
/// written by others is derived again.
pub(super) const DERIVATION: u64 = 1;

/// The running sums, and the rows that were added to them.
#[derive(Clone, Debug, Default)]
pub(super) struct History {
    vault: Address,
    /// Given to stakers so far, by source.
    given_lamports: BTreeMap<u64, u64>,
    /// The newest point of each pool.
    stake: BTreeMap<String, StakePoint>,
    /// What the chain's own counters must equal.
    pub(super) totals: Totals,
    pub(super) distributions: Vec<DistributionRow>,
    pub(super) stake_points: Vec<StakePointRow>,
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
    pub(super) fn given(&mut self, source: u64, lamports: u64) {
        self.given_lamports.insert(source, lamports);
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
                let sum = self.given_lamports.entry(e.source).or_default();
                *sum = sum
                    .checked_add(e.stakers_lamports)
                    .ok_or(IndexerError::Overflow)?;
                self.distributions.push(DistributionRow {
                    signature: row.signature.clone(),
                    place: row.place,
                    source: e.source,
                    interval_from: e.previous_interval_id,
                    interval_to: e.interval_id,
                    stakers_lamports: e.stakers_lamports,
                    cumulative_stakers_lamports: *sum,
                    data: row.data.clone(),
                });
                Ok(())
            }
            // A token is worth nothing before its price was read.
            Event::PoolAdded(e) if e.mint != NATIVE_MINT => {
                self.stake_is(row, &e.pool, e.at, Some(0), Some(0))
            }
            Event::Deposited(e) => self.stake_is(row, &e.pool, e.at, Some(e.total_units), None),
            Event::Withdrawn(e) => self.stake_is(row, &e.pool, e.at, Some(e.total_units), None),
            Event::Compounded(e) => self.stake_is(row, &e.pool, e.at, Some(e.total_units), None),
            Event::PoolStreamed(e) => self.stake_is(row, &e.pool, e.at, Some(e.total_units), None),
            Event::PriceRefreshed(e) => self.stake_is(row, &e.pool, e.at, None, Some(e.price)),
            Event::LossRecognised(e) => self.stake_is(row, &e.pool, e.at, None, Some(e.price)),
            _ => Ok(()),
        }
    }

    /// From `at` on a pool has these units, at this price; what is not given stays as it was.
    fn stake_is(
        &mut self,
        row: &EventRow,
        pool: &Address,
        at: i64,
        units: Option<u64>,
        price: Option<u64>,
    ) -> Result<(), IndexerError> {
        let pool = pool.to_string();
        let last = self.stake.get(&pool).copied();
        let units = units.unwrap_or(last.map_or(0, |last| last.units));
        // The SOL pool is the one that says nothing of a price when it is added.
        let price = price.unwrap_or(last.map_or(PRICE_SCALE, |last| last.price));
        if last.is_some_and(|last| (last.units, last.price) == (units, price)) {
            return Ok(());
        }
        let value_lamports = value_lamports(units, price).ok_or(IndexerError::Overflow)?;
        // The cluster's clock can step back; the integral cannot.
        let at = last.map_or(at, |last| at.max(last.at));
        let cumulative = match last {
            None => 0,
            Some(last) => u128::from(last.value_lamports)
                .checked_mul(u128::from(at.abs_diff(last.at)))
                .and_then(|area| area.checked_add(last.cumulative))
                .ok_or(IndexerError::Overflow)?,
        };
        self.stake.insert(
            pool.clone(),
            StakePoint {
                at,
                units,
                price,
                value_lamports,
                cumulative,
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
        });
        Ok(())
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
