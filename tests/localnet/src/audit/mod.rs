//! Holding a vault to account, to the lamport, from what the chain itself shows.

pub mod answers;
mod books;
mod history;
mod replay;
pub mod windows;

use anyhow::{Context as _, Result};
pub use books::{Books, Moved};
pub use history::Landed;
use primis_vault_interface::accounts::Position;
pub use replay::Replay;
use serde::Serialize;

use crate::chain::{Chain, VaultAddresses, VaultView};

/// Where the lamports of a vault's yield are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Yield {
    /// Left the funders' wallets, in all.
    pub funded_lamports: u64,
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
    /// Its open positions.
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
        let books = Books::of(addresses, &history);
        let view = chain.vault(addresses).await?;
        let positions = chain.positions(addresses).await?;
        let mut faults = Vec::new();

        let replay = Replay::of(
            addresses.pool,
            history.iter().flat_map(|landed| &landed.events),
        );
        let (forfeited_lamports, roundings) = match &replay {
            Ok(replay) => (replay.forfeited_lamports, replay.roundings),
            Err(error) => {
                faults.push(format!(
                    "the events do not follow from each other: {error:#}"
                ));
                (0, 0)
            }
        };
        if let Ok(Err(error)) = replay.map(|replay| replay.agrees_with(&view.pool, &positions)) {
            faults.push(format!(
                "the accounts are not what the events make them: {error:#}"
            ));
        }
        let yields = yields(&books, &view, &positions, forfeited_lamports)?;
        balances(&books, &view, &positions, &mut faults);
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
            positions,
            yields,
            faults,
        })
    }
}

/// Where the yield is at the time of the clock in `view`.
fn yields(
    books: &Books,
    view: &VaultView,
    positions: &[Position],
    forfeited_lamports: u64,
) -> Result<Yield> {
    let now = view.clock.unix_timestamp;
    let (vault, pool) = (&view.vault, &view.pool);
    let stream = pool
        .stream()
        .settle(pool.total_units, now)
        .context("overflow")?;
    let owed = positions
        .iter()
        .map(|position| position.owed_lamports_at(pool, now));
    let owed_lamports = owed
        .sum::<Option<u64>>()
        .context("a position and its pool do not fit together")?;
    let mut yields = Yield {
        funded_lamports: u64::try_from(books.funded_lamports)?,
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
        streaming_lamports: stream.remaining_lamports().context("overflow")?,
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

/// Balances read from the chain against movements read from transactions.
fn balances(books: &Books, view: &VaultView, positions: &[Position], faults: &mut Vec<String>) {
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
    let went = books.claimed_lamports + books.compounded_lamports + books.swept_lamports;
    same(
        "what was funded against what is left and what went",
        books.funded_lamports,
        vault - books.vault_rent_lamports + went,
    );
    let principal = books.deposited_lamports - books.withdrawn_lamports + books.compounded_lamports;
    same(
        "the pool's principal against what stakers put in",
        pool - books.pool_rent_lamports,
        principal,
    );
    let units = positions
        .iter()
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
