//! Realised yield: what stakers were given over a window, for the stake that lay there.

use primis_vault_interface::{NATIVE_MINT, Source, accounts::Pool};

use super::{YEAR_SECONDS, chain::Chain, rate::Rate};
use crate::store::{Given, Store, StoreError};

/// Yield of one source over the part of a window that distributions cover.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Realised {
    /// Begin of that part, Unix seconds.
    pub(super) from: i64,
    /// Its end.
    pub(super) to: i64,
    /// Given to stakers in it.
    pub(super) stakers_lamports: u64,
    /// Time times the stake that it was given to.
    pub(super) lamport_seconds: u128,
}

impl Realised {
    /// The simple yearly rate: yield over time-weighted stake, scaled to a year. The length of the
    /// window cancels out: yield ÷ (integral ÷ seconds) × (year ÷ seconds). `None` with no stake.
    pub(super) fn rate(&self) -> Option<Rate> {
        let yearly = u128::from(self.stakers_lamports).checked_mul(u128::from(YEAR_SECONDS))?;
        Rate::of(yearly, self.lamport_seconds)
    }

    /// The stake that lay there on average, lamports, rounded down.
    pub(super) fn average_stake_lamports(&self) -> Option<u128> {
        self.lamport_seconds
            .checked_div(u128::from(self.to.abs_diff(self.from)))
    }
}

/// What `source` realised between `from` and `to`, Unix seconds; `None` if no distribution covers
/// any of it.
pub(super) async fn realised(
    store: &Store,
    chain: &Chain,
    source: Source,
    from: i64,
    to: i64,
) -> Result<Option<Realised>, StoreError> {
    let id = u64::from(source as u8);
    let Some(first) = store.first_distribution(&chain.address, id).await? else {
        return Ok(None);
    };
    let newest = store
        .distribution_around(&chain.address, id, i64::MAX)
        .await?;
    let from = from.max(first.interval_from);
    let to = to.min(newest.map_or(from, |row| row.interval_to));
    if to <= from {
        return Ok(None);
    }
    let begin = store.distribution_around(&chain.address, id, from).await?;
    let end = store.distribution_around(&chain.address, id, to).await?;
    let (Some(given_before), Some(given)) = (
        begin.and_then(|row| given_until(&row.into(), from)),
        end.and_then(|row| given_until(&row.into(), to)),
    ) else {
        return Ok(None);
    };
    let stakers_lamports = given.saturating_sub(given_before);
    let mut lamport_seconds: u128 = 0;
    for (pool, _) in chain.pools.iter().filter(|(_, pool)| shares(source, pool)) {
        let area = integral(store, &chain.address, pool, to).await?;
        let before = integral(store, &chain.address, pool, from).await?;
        lamport_seconds = lamport_seconds.saturating_add(area.saturating_sub(before));
    }
    Ok(Some(Realised {
        from,
        to,
        stakers_lamports,
        lamport_seconds,
    }))
}

/// Whether a pool has a part in the yield of a source. Compute revenue goes to all by value; rewards
/// of base staking go to the SOL pool, whose stake earned them: a liquid staking token earns its own
/// in its price.
fn shares(source: Source, pool: &Pool) -> bool {
    source == Source::Compute || pool.mint == NATIVE_MINT
}

/// Lamports given to stakers up to `at`, where `row` is the first distribution that ends later, or
/// the newest. Within its interval yield is taken as even; rounded down.
pub(super) fn given_until(row: &Given, at: i64) -> Option<u64> {
    if at >= row.interval_to {
        return Some(row.cumulative_stakers_lamports);
    }
    let before = row
        .cumulative_stakers_lamports
        .checked_sub(row.stakers_lamports)?;
    if at <= row.interval_from {
        return Some(before);
    }
    let passed = u128::from(at.abs_diff(row.interval_from));
    let whole = u128::from(row.interval_to.abs_diff(row.interval_from));
    let part = u128::from(row.stakers_lamports)
        .checked_mul(passed)?
        .checked_div(whole)?;
    before.checked_add(u64::try_from(part).ok()?)
}

/// Stake of a pool times the time that it took part in yield, up to `at`, lamport-seconds.
async fn integral(store: &Store, vault: &str, pool: &str, at: i64) -> Result<u128, StoreError> {
    let Some(point) = store.stake_point_at(vault, pool, at).await? else {
        return Ok(0);
    };
    Ok(point.earning_until(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_gives_evenly() {
        let row = Given {
            interval_from: 1_000,
            interval_to: 1_600,
            stakers_lamports: 601,
            cumulative_stakers_lamports: 1_601,
            ..Given::default()
        };
        let given = |at| given_until(&row, at).unwrap();
        assert_eq!(
            [
                given(0),
                given(1_000),
                given(1_300),
                given(1_599),
                given(1_600),
                given(9_999)
            ],
            [1_000, 1_000, 1_300, 1_599, 1_601, 1_601]
        );
    }

    #[test]
    fn a_year_of_even_yield_is_its_rate() {
        let year = i64::try_from(YEAR_SECONDS).unwrap();
        let r = Realised {
            from: 0,
            to: year,
            stakers_lamports: 45,
            lamport_seconds: 1_000 * u128::from(YEAR_SECONDS),
        };
        assert_eq!(r.rate().unwrap().apr_percent(), Some(4.5));
        assert_eq!(r.average_stake_lamports(), Some(1_000));
        let none = Realised {
            lamport_seconds: 0,
            ..r
        };
        assert_eq!(none.rate(), None);
    }
}
