//! Prices that are refreshed before a distribution needs them, so that deposits, statistics and the
//! distribution itself find them fresh.

use primis_vault_interface::accounts::Pool;
use solana_address::Address;

use super::facts::PriceFacts;
use crate::{
    chain::{LANDING_SECONDS, Refresh, due_refreshes},
    config::PriceAccountConfig,
};

/// Prices older than `percent` of the age the vault takes, at `now` (Unix seconds), with the accounts
/// they are read from. A price whose account is not named is left out: the distribution, which cannot
/// do without it, says so.
pub(super) fn old_prices(
    pools: &[(Address, Pool)],
    named: &[PriceAccountConfig],
    now: i64,
    percent: u8,
) -> Vec<(PriceFacts, Refresh)> {
    let old = |keyed: &(Address, Pool)| {
        let (address, pool) = keyed;
        let max_age = i64::try_from(pool.price_source.max_age_seconds).unwrap_or(i64::MAX);
        let wanted_age = max_age.saturating_mul(i64::from(percent)) / 100;
        // What is due before a distribution is too old a little later: asked for the second at which
        // a price of this age would just be.
        let at = now
            .saturating_sub(LANDING_SECONDS)
            .saturating_add(max_age)
            .saturating_sub(wanted_age);
        let refresh = due_refreshes(std::slice::from_ref(keyed), named, at)
            .ok()?
            .into_iter()
            .next()?;
        let price = PriceFacts {
            pool: *address,
            mint: pool.mint,
            age_seconds: now.saturating_sub(pool.price_updated_at),
        };
        Some((price, refresh))
    };
    pools.iter().filter_map(old).collect()
}

#[cfg(test)]
mod tests {
    use primis_vault_interface::Layout as _;

    use super::*;

    const NOW: i64 = 1_700_000_000;

    fn token(age: i64) -> Pool {
        let mut pool = Pool::parse(&[&Pool::DISCRIMINATOR[..], &[0; 4_096]].concat()).unwrap();
        pool.kind = 1;
        pool.total_units = 5;
        pool.price = 1_100_000_000;
        pool.price_updated_at = NOW - age;
        pool.price_source.kind = 4;
        pool.price_source.max_age_seconds = 600;
        pool
    }

    #[test]
    fn a_price_is_old_beyond_its_part_of_the_largest_age() {
        for (percent, age, old) in [
            (50, 300, 0),
            (50, 301, 1),
            (100, 600, 0),
            (100, 601, 1),
            (0, 1, 1),
        ] {
            let pools = [(Address::default(), token(age))];
            assert_eq!(
                old_prices(&pools, &[], NOW, percent).len(),
                old,
                "{percent} % at {age} s"
            );
        }
    }

    #[test]
    fn a_price_without_a_named_account_is_left_to_the_distribution() {
        let mut pyth = token(1_000);
        pyth.price_source.kind = 1;
        assert!(old_prices(&[(Address::default(), pyth)], &[], NOW, 50).is_empty());
    }
}
