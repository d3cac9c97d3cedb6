//! Which prices of liquid staking tokens are brought up to date before a distribution: a pure
//! decision, and its instructions. The program refuses to distribute by an old price.

use primis_vault_interface::{accounts::Pool, instructions::RefreshPrice};
use solana_address::Address;
use solana_instruction::Instruction;

use crate::{config::PriceAccountConfig, error::Error};

/// A pool that holds a token; SOL, the other kind, needs no price.
const KIND_TOKEN: u8 = 1;
/// A pool that takes no part in distributions, and needs no price.
const STATUS_RETIRED: u8 = 2;
/// Kinds of price source: Pyth's redemption rate, Pyth in USD, an SPL stake pool, Marinade.
const PYTH_RATE: u8 = 1;
const PYTH_USD: u8 = 2;
const STAKE_POOL: u8 = 3;
const MARINADE: u8 = 4;
/// Seconds a price must stay fresh from now on: two minutes, more than a transaction lives, so that
/// it is still fresh wherever the transaction lands.
pub const LANDING_SECONDS: i64 = 120;

/// One price to be brought up to date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refresh {
    /// The pool.
    pub pool: Address,
    /// Its token's mint.
    pub mint: Address,
    /// The account its price is read from.
    pub source: Address,
    /// The account of SOL in USD, or `source` again.
    pub quote: Address,
}

impl Refresh {
    /// The instruction.
    pub fn instruction(&self) -> Instruction {
        RefreshPrice {
            pool: self.pool,
            source: self.source,
            quote: self.quote,
        }
        .instruction()
    }
}

/// Prices that a distribution at `now` (Unix seconds, the cluster's clock) has to bring up to date
/// first, in the order of `pools`.
///
/// # Errors
/// [`Error::PriceAccount`] where a price account is not configured.
pub fn due_refreshes(
    pools: &[(Address, Pool)],
    named: &[PriceAccountConfig],
    now: i64,
) -> Result<Vec<Refresh>, Error> {
    pools
        .iter()
        .filter(|(_, pool)| is_due(pool, now))
        .map(|(address, pool)| refresh(*address, pool, named))
        .collect()
}

/// Whether a distribution goes by the pool's price, and it would be too old when that lands.
fn is_due(pool: &Pool, now: i64) -> bool {
    if pool.kind != KIND_TOKEN || pool.status == STATUS_RETIRED || pool.total_units == 0 {
        return false;
    }
    let age = now
        .saturating_add(LANDING_SECONDS)
        .saturating_sub(pool.price_updated_at);
    pool.price == 0 || age > i64::try_from(pool.price_source.max_age_seconds).unwrap_or(i64::MAX)
}

/// Where the price of a pool is read from.
fn refresh(address: Address, pool: &Pool, named: &[PriceAccountConfig]) -> Result<Refresh, Error> {
    let missing = |cause: String| Error::PriceAccount {
        mint: pool.mint.to_string(),
        cause,
    };
    let of_pyth = || {
        named
            .iter()
            .find(|named| named.mint == pool.mint)
            .ok_or_else(|| {
                missing("its price comes from Pyth: name its account in [[price_accounts]]".into())
            })
    };
    let (source, quote) = match pool.price_source.kind {
        STAKE_POOL | MARINADE => (pool.price_source.account, pool.price_source.account),
        PYTH_RATE => {
            let named = of_pyth()?;
            (named.account, named.account)
        }
        PYTH_USD => {
            let named = of_pyth()?;
            let quote = named.quote_account.ok_or_else(|| {
                missing(
                    "its price is in USD: name quote_account, Pyth's SOL/USD, in [[price_accounts]]"
                        .into(),
                )
            })?;
            (named.account, quote)
        }
        other => {
            return Err(missing(format!(
                "the vault reads its price by kind {other}, which this keeper does not know: update the keeper"
            )));
        }
    };
    Ok(Refresh {
        pool: address,
        mint: pool.mint,
        source,
        quote,
    })
}

#[cfg(test)]
mod tests {
    use primis_vault_interface::{Layout as _, NATIVE_MINT};

    use super::*;
    use crate::error::Exit;

    const NOW: i64 = 1_700_000_000;
    const MAX_AGE: u64 = 600;

    fn address(n: u8) -> Address {
        Address::new_from_array([n; 32])
    }

    /// A pool with units whose price is `age` seconds old.
    fn pool(kind: u8, age: i64) -> Pool {
        let mut pool = Pool::parse(&[&Pool::DISCRIMINATOR[..], &[0; 4_096]].concat()).unwrap();
        pool.kind = KIND_TOKEN;
        pool.mint = address(1);
        pool.total_units = 5;
        pool.price = 1_100_000_000;
        pool.price_updated_at = NOW - age;
        pool.price_source.kind = kind;
        pool.price_source.account = address(2);
        pool.price_source.max_age_seconds = MAX_AGE;
        pool
    }

    fn due(pool: Pool, named: &[PriceAccountConfig]) -> Result<Vec<Refresh>, Error> {
        due_refreshes(&[(address(9), pool)], named, NOW)
    }

    fn named(quote_account: Option<Address>) -> [PriceAccountConfig; 1] {
        [PriceAccountConfig {
            mint: address(1),
            account: address(3),
            quote_account,
        }]
    }

    #[test]
    fn only_prices_that_would_be_too_old_are_refreshed() {
        for (age, refreshed) in [(0, 0), (480, 0), (481, 1), (600, 1), (100_000, 1)] {
            assert_eq!(
                due(pool(MARINADE, age), &[]).unwrap().len(),
                refreshed,
                "{age}"
            );
        }
        let mut unread = pool(MARINADE, 0);
        unread.price = 0;
        assert_eq!(due(unread, &[]).unwrap().len(), 1);
        let mut short = pool(MARINADE, 0);
        short.price_source.max_age_seconds = 60;
        assert_eq!(due(short, &[]).unwrap().len(), 1);
    }

    #[test]
    fn what_takes_no_part_needs_no_price() {
        let old = || pool(PYTH_RATE, 100_000);
        let (mut empty, mut retired, mut sol) = (old(), old(), old());
        empty.total_units = 0;
        retired.status = STATUS_RETIRED;
        sol.kind = 0;
        sol.mint = NATIVE_MINT;
        for pool in [empty, retired, sol] {
            assert_eq!(due(pool, &[]).unwrap(), []);
        }
    }

    #[test]
    fn each_kind_reads_its_own_accounts() {
        let refresh = |source, quote| Refresh {
            pool: address(9),
            mint: address(1),
            source,
            quote,
        };
        for kind in [STAKE_POOL, MARINADE] {
            let found = due(pool(kind, 1_000), &named(None)).unwrap();
            assert_eq!(found, [refresh(address(2), address(2))]);
        }
        let rate = due(pool(PYTH_RATE, 1_000), &named(None)).unwrap();
        assert_eq!(rate, [refresh(address(3), address(3))]);
        let usd = due(pool(PYTH_USD, 1_000), &named(Some(address(4)))).unwrap();
        assert_eq!(usd, [refresh(address(3), address(4))]);
    }

    #[test]
    fn a_price_account_that_is_not_named_needs_a_person() {
        for (kind, named, told) in [
            (PYTH_RATE, &[][..], "[[price_accounts]]"),
            (PYTH_USD, &named(None)[..], "quote_account"),
            (77, &[][..], "kind 77"),
        ] {
            let error = due(pool(kind, 1_000), named).unwrap_err();
            assert_eq!(error.exit(), Exit::NeedsPerson);
            let text = error.to_string();
            assert!(
                text.contains(told) && text.contains(&address(1).to_string()),
                "{text}"
            );
        }
    }
}
