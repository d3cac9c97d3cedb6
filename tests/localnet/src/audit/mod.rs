//! Holding a vault to account, to the lamport, from what the chain itself shows.

pub mod answers;
mod books;
mod history;
pub mod platform;
mod replay;
mod staking;
pub mod windows;

use anyhow::{Context as _, Result};
pub use books::{Books, Moved};
pub use history::Landed;
use primis_vault_interface::NATIVE_MINT;
use primis_vault_interface::accounts::{Pool, Position};
use primis_vault_interface::events::Event;
use primis_vault_math::value_lamports;
pub use replay::Replay;
use serde::Serialize;
pub use staking::StakingCounts;

use crate::chain::{Chain, PoolView, StakeView, VaultAddresses, VaultView};

/// Where the lamports of a vault's yield are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Yield {
    /// Left the funders' wallets, in all.
    pub funded_lamports: u64,
    /// Rewards of base staking that reached the vault.
    pub harvested_lamports: u64,
    /// In the vault, funded and not distributed.
    pub undistributed_lamports: u64,
    /// In the vault, in the subsidy, reserve and treasury buckets.
    pub bucket_lamports: u64,
    /// Paid from the buckets.
    pub swept_lamports: u64,
    /// In the vault, earned by stakers and not yet taken.
    pub owed_lamports: u64,
    /// Taken by stakers, paid out or compounded.
    pub claimed_lamports: u64,
    /// In the vault, still streaming to stakers.
    pub streaming_lamports: u64,
    /// In the vault, waiting for the first staker.
    pub carried_lamports: u64,
    /// In the vault, given up by emergency withdrawals.
    pub forfeited_lamports: u64,
    /// In the vault, what rounding left over.
    pub dust_lamports: i128,
}

/// An audited vault.
#[derive(Clone, Debug)]
pub struct Audit {
    /// All transactions.
    pub history: Vec<Landed>,
    /// The books from balances.
    pub books: Books,
    /// The vault and its pool at the time of the audit.
    pub view: VaultView,
    /// All its pools, in order of index.
    pub pools: Vec<PoolView>,
    /// Its stake accounts.
    pub stakes: Vec<StakeView>,
    /// Open positions of all pools.
    pub positions: Vec<Position>,
    /// Where the yield is.
    pub yields: Yield,
    /// What does not add up, in words. Empty: every lamport is where it should be.
    pub faults: Vec<String>,
}

impl Audit {
    /// Reads the chain and checks it. The vault should be quiet: what lands meanwhile may be
    /// reported as a fault.
    ///
    /// # Errors
    /// The chain does not answer.
    pub async fn of(chain: &Chain, addresses: &VaultAddresses) -> Result<Self> {
        let history = chain.history(addresses).await?;
        let pools = chain.pools(addresses).await?;
        let books = Books::of(addresses, &pools, &history);
        let view = chain.vault(addresses).await?;
        let positions = chain.positions(&pools).await?;
        let accounts: Vec<_> = books.stakes.keys().copied().collect();
        let stakes = chain.stakes(&accounts).await?;
        let mut faults = Vec::new();

        let (mut forfeited_lamports, mut roundings) = (0u64, 0u64);
        for pool in &pools {
            let events = history.iter().flat_map(|landed| &landed.events);
            match replayed(pool, events, &positions) {
                Ok(replay) => {
                    forfeited_lamports =
                        forfeited_lamports.saturating_add(replay.forfeited_lamports);
                    roundings = roundings.saturating_add(replay.roundings);
                }
                Err(error) => faults.push(format!("pool {}: {error:#}", pool.address)),
            }
        }
        let yields = yields(&books, &view, &pools, &positions, forfeited_lamports)?;
        balances(&books, &view, &stakes, &positions, &mut faults);
        tokens(&books, &pools, &positions, &mut faults);
        // A settlement drops less than one lamport of the pool and one of the position, a folding
        // less than one; each open position was valued once more just now.
        let most_dust = i128::from(roundings) * 3 + i128::try_from(positions.len())? + 2;
        check(
            &mut faults,
            (0..=most_dust).contains(&yields.dust_lamports),
            || {
                format!(
                    "{} lamports of the vault belong to nobody; rounding explains 0 to {most_dust}",
                    yields.dust_lamports
                )
            },
        );
        Ok(Self {
            history,
            books,
            view,
            pools,
            stakes,
            positions,
            yields,
            faults,
        })
    }

    /// The pool a position is in.
    ///
    /// # Errors
    /// There is none.
    pub fn pool_of(&self, position: &Position) -> Result<&Pool> {
        pool_of(&self.pools, position)
    }

    /// Value of a position by its pool's price, lamports.
    ///
    /// # Errors
    /// The position has no pool.
    pub fn value_lamports(&self, position: &Position) -> Result<u64> {
        value_lamports(position.units, self.pool_of(position)?.price).context("overflow")
    }
}

fn pool_of<'a>(pools: &'a [PoolView], position: &Position) -> Result<&'a Pool> {
    pools
        .iter()
        .find(|view| view.address == position.pool)
        .map(|view| &view.pool)
        .context("a position belongs to no pool")
}

/// Replays a pool's events and holds its accounts against them.
fn replayed<'a>(
    view: &PoolView,
    events: impl Iterator<Item = &'a Event>,
    positions: &[Position],
) -> Result<Replay> {
    let replay =
        Replay::of(view.address, events).context("the events do not follow from each other")?;
    let held: Vec<_> = positions
        .iter()
        .filter(|position| position.pool == view.address)
        .copied()
        .collect();
    replay
        .agrees_with(&view.pool, &held)
        .context("the accounts are not what the events make them")?;
    Ok(replay)
}

/// Where the yield is at the time of the clock in `view`.
fn yields(
    books: &Books,
    view: &VaultView,
    pools: &[PoolView],
    positions: &[Position],
    forfeited_lamports: u64,
) -> Result<Yield> {
    let now = view.clock.unix_timestamp;
    let vault = &view.vault;
    let mut owed_lamports = 0u64;
    for position in positions {
        let owed = position.owed_lamports_at(pool_of(pools, position)?, now);
        owed_lamports = owed
            .and_then(|owed| owed.checked_add(owed_lamports))
            .context("a position and its pool do not fit together")?;
    }
    let mut yields = Yield {
        funded_lamports: u64::try_from(books.funded_lamports)?,
        harvested_lamports: u64::try_from(books.harvested_lamports)?,
        undistributed_lamports: vault
            .staking
            .funded_lamports
            .saturating_add(vault.compute.funded_lamports),
        bucket_lamports: vault
            .subsidy_lamports
            .saturating_add(vault.reserve_lamports)
            .saturating_add(vault.treasury_lamports),
        swept_lamports: u64::try_from(books.swept_lamports)?,
        owed_lamports,
        claimed_lamports: u64::try_from(books.claimed_lamports + books.compounded_lamports)?,
        streaming_lamports: streaming_lamports(pools, now)?,
        carried_lamports: vault.carried_lamports,
        forfeited_lamports,
        dust_lamports: 0,
    };
    let named = [
        yields.undistributed_lamports,
        yields.bucket_lamports,
        yields.owed_lamports,
        yields.streaming_lamports,
        yields.carried_lamports,
        yields.forfeited_lamports,
    ];
    let held = i128::from(view.vault_lamports) - books.vault_rent_lamports;
    yields.dust_lamports = held - named.into_iter().map(i128::from).sum::<i128>();
    Ok(yields)
}

/// What streams in all pools at `now`, each rounded down.
pub(super) fn streaming_lamports(pools: &[PoolView], now: i64) -> Result<u64> {
    pools
        .iter()
        .try_fold(0u64, |sum, PoolView { pool, .. }| {
            let stream = pool.stream().settle(pool.total_units, now)?;
            sum.checked_add(stream.remaining_lamports()?)
        })
        .context("overflow")
}

/// Tokens read from the chain against movements read from transactions.
fn tokens(books: &Books, pools: &[PoolView], positions: &[Position], faults: &mut Vec<String>) {
    check(faults, books.token_faults == 0, || {
        format!(
            "tokens appeared or vanished in {} transactions",
            books.token_faults
        )
    });
    for view in pools.iter().filter(|view| view.pool.mint != NATIVE_MINT) {
        let held = i128::from(view.tokens);
        let moved = books.tokens.get(&view.address).copied().unwrap_or_default();
        check(faults, held == moved, || {
            format!(
                "the tokens of pool {}: it holds {held}, its transactions make {moved}",
                view.address
            )
        });
        let of_pool = positions.iter().filter(|p| p.pool == view.address);
        let units: i128 = of_pool.map(|position| i128::from(position.units)).sum();
        check(faults, held == units, || {
            format!(
                "the tokens of pool {}: it holds {held}, its positions are owed {units}",
                view.address
            )
        });
        check(faults, view.lamports == view.pool.rent_lamports, || {
            format!("pool {} holds lamports beside its rent", view.address)
        });
    }
}

/// Balances read from the chain against movements read from transactions.
fn balances(
    books: &Books,
    view: &VaultView,
    stakes: &[StakeView],
    positions: &[Position],
    faults: &mut Vec<String>,
) {
    let vault = i128::from(view.vault_lamports);
    let pool = i128::from(view.pool_lamports);
    let mut same = |what: &str, left: i128, right: i128| {
        check(faults, left == right, || {
            format!("{what}: {left} is not {right} lamports")
        });
    };
    same(
        "the vault's balance against all its transactions",
        vault,
        books.vault_lamports,
    );
    same(
        "the pool's balance against all its transactions",
        pool,
        books.pool_lamports,
    );
    same(
        "what left the funders against what reached the vault",
        books.funded_lamports,
        books.received_lamports,
    );
    let staked: i128 = stakes.iter().map(|stake| i128::from(stake.lamports)).sum();
    // Rewards come out of nothing: no transaction brings them.
    let rewards = staked - books.stakes.values().sum::<i128>();
    let unharvested = rewards - books.harvested_lamports;
    let went = books.claimed_lamports + books.compounded_lamports + books.swept_lamports;
    same(
        "what was funded and harvested against what is left and what went",
        books.funded_lamports + books.harvested_lamports,
        vault - books.vault_rent_lamports + went,
    );
    let principal = books.deposited_lamports - books.withdrawn_lamports + books.compounded_lamports;
    same(
        "the pool's principal against what stakers put in",
        pool - books.pool_rent_lamports + staked - books.stake_rent_lamports - unharvested,
        principal,
    );
    let units = positions
        .iter()
        .filter(|position| position.pool == view.pool_address)
        .map(|position| i128::from(position.units))
        .sum();
    same(
        "the pool's principal against its positions",
        principal,
        units,
    );
    same(
        "the vault's rent",
        books.vault_rent_lamports,
        i128::from(view.vault.rent_lamports),
    );
    same(
        "the pool's rent",
        books.pool_rent_lamports,
        i128::from(view.pool.rent_lamports),
    );
    check(faults, unharvested >= 0, || {
        format!("more was harvested than stake accounts earned: {unharvested} lamports")
    });
    for (wallet, moved) in &books.wallets {
        // The authority's outlay is the rent of vault and pool, no movement of a staker.
        let stakes = moved.deposited_lamports != 0 || moved.funded_lamports != 0;
        check(faults, !stakes || moved.adds_up(), || {
            format!("wallet {wallet} lost or gained more than it moved: {moved:?}")
        });
    }
}

fn check(faults: &mut Vec<String>, holds: bool, fault: impl FnOnce() -> String) {
    if !holds {
        faults.push(fault());
    }
}
