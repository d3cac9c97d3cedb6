//! Reading prices of liquid staking tokens: from Pyth, or from the issuer's own state.

mod marinade;
mod pyth;
mod stake_pool;

use anchor_lang::{address_eq, prelude::*};

use crate::{
    errors::{AccountError, RuleError},
    state::{Pool, PriceKind},
};

/// A price as it was read.
pub struct Read {
    /// Lamports for 1,000,000,000 units.
    pub price: u64,
    /// As of when, Unix seconds.
    pub as_of: i64,
}

/// Reads the pool's price from `source`, and from `quote` where its kind needs a second account.
pub fn read(pool: &Pool, source: &AccountView, quote: &AccountView, clock: &Clock) -> Result<Read> {
    let rules = &pool.price_source;
    let now = clock.unix_timestamp;
    let issuers = |price: Option<u64>| -> Result<Read> {
        Ok(Read {
            price: price.ok_or(RuleError::NoPrice)?,
            as_of: now,
        })
    };
    match rules.kind {
        PriceKind::PYTH_RATE => {
            let rate = pyth::read(source, &rules.feed, rules, now)?;
            Ok(Read {
                price: primis_vault_math::price_from_rate(rate.price, rate.exponent, pool.decimals)
                    .ok_or(RuleError::NoPrice)?,
                as_of: rate.publish_time,
            })
        }
        PriceKind::PYTH_USD => {
            let token = pyth::read(source, &rules.feed, rules, now)?;
            let sol = pyth::read(quote, &rules.quote_feed, rules, now)?;
            let (token_usd, sol_usd) = ((token.price, token.exponent), (sol.price, sol.exponent));
            Ok(Read {
                price: primis_vault_math::price_from_usd(token_usd, sol_usd, pool.decimals)
                    .ok_or(RuleError::NoPrice)?,
                as_of: token.publish_time.min(sol.publish_time),
            })
        }
        PriceKind::STAKE_POOL => {
            require_named(pool, source)?;
            issuers(stake_pool::read(source, &pool.mint, clock.epoch)?)
        }
        PriceKind::MARINADE => {
            require_named(pool, source)?;
            issuers(marinade::read(source, &pool.mint)?)
        }
        _ => Err(AccountError::WrongPriceAccount.into()),
    }
}

/// An issuer's state is the one account the pool names.
fn require_named(pool: &Pool, source: &AccountView) -> Result<()> {
    require!(
        address_eq(source.address(), &pool.price_source.account),
        AccountError::WrongPriceAccount
    );
    Ok(())
}
