//! Yield and stake between any two times: the sums of a few points in time are looked up at once, and
//! everything else is subtraction.

use std::collections::{BTreeSet, HashMap};

use primis_vault_interface::{NATIVE_MINT, Source, accounts::Pool};

use super::{
    rate::Rate,
    realised::{Realised, given_until},
};
use crate::store::{Given, PoolAt, StakePoint, Store, StoreError};

/// Both sources, in the order that arrays of this module have them.
pub(super) const SOURCES: [Source; 2] = [Source::Staking, Source::Compute];

/// Whose yield is told: that of all pools, or of the one at an address.
pub(super) type Scope = Option<String>;

/// Sums at the times that were asked for.
pub(super) struct Book {
    /// Addresses, and whether it is the SOL pool.
    pools: Vec<(String, bool)>,
    /// What distributions of each source cover, Unix seconds.
    covered: [Option<(i64, i64)>; 2],
    given: HashMap<(Scope, u64, i64), Given>,
    stake: HashMap<PoolAt, StakePoint>,
}

/// What one source gave in a window.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Part {
    pub(super) realised: Option<Realised>,
}

impl Part {
    pub(super) fn rate(&self) -> Option<Rate> {
        self.realised.as_ref().and_then(Realised::rate)
    }

    pub(super) fn lamports(&self) -> Option<u64> {
        self.realised.map(|r| r.stakers_lamports)
    }
}

impl Book {
    /// Looks up what is needed to tell of windows between any two of `times`, Unix seconds, for each
    /// of `scopes`.
    pub(super) async fn load(
        store: &Store,
        vault: &str,
        pools: &[(String, Pool)],
        scopes: &[Scope],
        times: impl IntoIterator<Item = i64>,
    ) -> Result<Self, StoreError> {
        let mut times: BTreeSet<i64> = times.into_iter().collect();
        let mut covered = [None; 2];
        for (source, covered) in SOURCES.into_iter().zip(&mut covered) {
            let edges = store
                .given_first_and_newest(vault, None, id(source))
                .await?;
            *covered = edges.map(|(first, newest)| (first.interval_from, newest.interval_to));
            // A window is told as far as distributions cover it.
            times.extend(covered.iter().flat_map(|(from, to)| [*from, *to]));
        }
        let mut given = HashMap::new();
        for scope in scopes {
            for source in SOURCES {
                let rows = store
                    .given_around(vault, scope.as_deref(), id(source), &times)
                    .await?;
                given.extend(
                    rows.into_iter()
                        .map(|(at, row)| ((scope.clone(), id(source), at), row)),
                );
            }
        }
        let pools: Vec<(String, bool)> = pools
            .iter()
            .map(|(address, pool)| (address.clone(), pool.mint == NATIVE_MINT))
            .collect();
        let wanted: Vec<String> = pools
            .iter()
            .filter(|(address, _)| scopes.iter().any(|scope| within(scope, address)))
            .map(|(address, _)| address.clone())
            .collect();
        let stake = store.stake_points_at(vault, &wanted, &times).await?;
        Ok(Self {
            pools,
            covered,
            given,
            stake,
        })
    }

    /// What each source gave in a window, as far as distributions cover it.
    pub(super) fn parts(&self, scope: &Scope, from: i64, to: i64) -> [Part; 2] {
        SOURCES.map(|source| Part {
            realised: self.realised(scope, source, from, to),
        })
    }

    fn realised(&self, scope: &Scope, source: Source, from: i64, to: i64) -> Option<Realised> {
        let covered = self.covered_by(source)?;
        let (from, to) = (from.max(covered.0), to.min(covered.1));
        if to <= from || self.sharing(scope, source).next().is_none() {
            return None;
        }
        let given = self.given_at(scope, source, to)?;
        let before = self.given_at(scope, source, from)?;
        let lamport_seconds = self.sharing(scope, source).fold(0u128, |sum, pool| {
            let area = self.earning(pool, to);
            sum.saturating_add(area.saturating_sub(self.earning(pool, from)))
        });
        Some(Realised {
            from,
            to,
            stakers_lamports: given.saturating_sub(before),
            lamport_seconds,
        })
    }

    /// Given to stakers by both sources up to a time; `None` before the first distribution.
    pub(super) fn given_until(&self, scope: &Scope, at: i64) -> Option<u64> {
        SOURCES
            .into_iter()
            .filter(|source| self.covered_by(*source).is_some_and(|(from, _)| at >= from))
            .filter_map(|source| self.given_at(scope, source, at))
            .reduce(u64::saturating_add)
    }

    /// Lamports distributed by both sources in intervals that ended after `from` and not after `to`,
    /// and how many distributions that were.
    pub(super) fn distributed(&self, scope: &Scope, from: i64, to: i64) -> (u64, u64) {
        let ended = |source: Source, at: i64| {
            let row = self.given.get(&(scope.clone(), id(source), at));
            row.map_or((0, 0), |row| {
                let (amount, number) = (row.cumulative_amount_lamports, row.number);
                if at >= row.interval_to {
                    (amount, number)
                } else {
                    (
                        amount.saturating_sub(row.amount_lamports),
                        number.saturating_sub(1),
                    )
                }
            })
        };
        SOURCES.into_iter().fold((0, 0), |sum, source| {
            let (until, before) = (ended(source, to), ended(source, from));
            (
                sum.0.saturating_add(until.0.saturating_sub(before.0)),
                sum.1.saturating_add(until.1.saturating_sub(before.1)),
            )
        })
    }

    /// Value of what was staked at a time, lamports; `None` before there was any pool with stake.
    pub(super) fn staked_at(&self, scope: &Scope, at: i64) -> Option<u64> {
        self.pools
            .iter()
            .filter(|(address, _)| within(scope, address))
            .filter_map(|(address, _)| self.stake.get(&(address.clone(), at)))
            .map(|point| point.value_lamports)
            .reduce(u64::saturating_add)
    }

    fn covered_by(&self, source: Source) -> Option<(i64, i64)> {
        let mut both = SOURCES.into_iter().zip(self.covered);
        both.find_map(|(of, covered)| (of == source).then_some(covered)?)
    }

    /// A pool that was never given anything was given nothing.
    fn given_at(&self, scope: &Scope, source: Source, at: i64) -> Option<u64> {
        match self.given.get(&(scope.clone(), id(source), at)) {
            Some(row) => given_until(row, at),
            None => Some(0),
        }
    }

    /// Pools with a part in the yield of a source. Compute revenue goes to all by value; rewards of
    /// base staking go to the SOL pool.
    fn sharing(&self, scope: &Scope, source: Source) -> impl Iterator<Item = &str> {
        self.pools
            .iter()
            .filter(move |(address, native)| {
                within(scope, address) && (source == Source::Compute || *native)
            })
            .map(|(address, _)| address.as_str())
    }

    fn earning(&self, pool: &str, at: i64) -> u128 {
        self.stake
            .get(&(pool.to_owned(), at))
            .map_or(0, |point| point.earning_until(at))
    }
}

fn id(source: Source) -> u64 {
    u64::from(source as u8)
}

fn within(scope: &Scope, pool: &str) -> bool {
    scope.as_ref().is_none_or(|only| only == pool)
}
