//! Prices of liquid staking tokens: lamports per [`PRICE_SCALE`] units, rounded down, from what
//! their issuers and Pyth publish.

use crate::{BPS_DENOMINATOR, PRICE_SCALE};

/// One, as Marinade writes its price of mSOL in SOL: 32 bits of fraction.
pub const MARINADE_PRICE_ONE: u64 = 1 << 32;
/// Decimals of a lamport amount of one SOL, and of a price's units: 9 + 9.
const PRICE_DECIMALS: i32 = 18;

/// `value × 10^exponent`, rounded down.
fn scale_by_ten(value: u128, exponent: i32) -> Option<u128> {
    let power = 10u128.checked_pow(exponent.unsigned_abs());
    if exponent >= 0 {
        value.checked_mul(power?)
    } else {
        // A power beyond 128 bits leaves nothing.
        Some(power.map_or(0, |power| value.checked_div(power).unwrap_or(0)))
    }
}

/// A price of zero is none.
fn positive(price: u128) -> Option<u64> {
    u64::try_from(price).ok().filter(|price| *price > 0)
}

/// From what an issuer holds and has issued, both in base units: `lamports ÷ units`.
pub fn price_from_ratio(lamports: u64, units: u64) -> Option<u64> {
    let scaled = u128::from(lamports).checked_mul(u128::from(PRICE_SCALE))?;
    positive(scaled.checked_div(u128::from(units))?)
}

/// From Marinade's `msol_price`, SOL per mSOL with 32 bits of fraction.
pub fn price_from_marinade(msol_price: u64) -> Option<u64> {
    price_from_ratio(msol_price, MARINADE_PRICE_ONE)
}

/// From a published rate of `price × 10^exponent` SOL for one token of `decimals`.
pub fn price_from_rate(price: i64, exponent: i32, decimals: u8) -> Option<u64> {
    let price = u128::try_from(price).ok()?;
    let exponent = exponent.checked_add(PRICE_DECIMALS.checked_sub(i32::from(decimals))?)?;
    positive(scale_by_ten(price, exponent)?)
}

/// From two published prices in USD, each `price × 10^exponent`: of one token of `decimals`, and of
/// one SOL.
pub fn price_from_usd(token: (i64, i32), sol: (i64, i32), decimals: u8) -> Option<u64> {
    let (token_price, sol_price) = (
        u128::try_from(token.0).ok()?,
        u128::try_from(sol.0).ok().filter(|price| *price > 0)?,
    );
    let exponent = token
        .1
        .checked_sub(sol.1)?
        .checked_add(PRICE_DECIMALS.checked_sub(i32::from(decimals))?)?;
    // Multiplying first keeps every digit; dividing first is right where the power is negative.
    let price = if exponent >= 0 {
        scale_by_ten(token_price, exponent)?.checked_div(sol_price)?
    } else {
        scale_by_ten(token_price.checked_div(sol_price)?, exponent)?
    };
    positive(price)
}

/// Whether a confidence interval is at most `max_bps` of its price.
pub fn confidence_within(price: i64, confidence: u64, max_bps: u64) -> bool {
    let Ok(price) = u128::try_from(price) else {
        return false;
    };
    let wide = u128::from(confidence).saturating_mul(u128::from(BPS_DENOMINATOR));
    price > 0 && wide <= price.saturating_mul(u128::from(max_bps))
}

/// Whether `price` lies within `max_bps` of `reference`, up or down.
pub fn moved_within(price: u64, reference: u64, max_bps: u64) -> bool {
    let moved = u128::from(price.abs_diff(reference)).saturating_mul(u128::from(BPS_DENOMINATOR));
    moved <= u128::from(reference).saturating_mul(u128::from(max_bps))
}

#[cfg(test)]
#[allow(
    clippy::arithmetic_side_effects,
    reason = "a test that overflows fails"
)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn issuers_prices() {
        // jitoSOL at 1.25 SOL; mSOL at 1.375.
        assert_eq!(price_from_ratio(1_250_000, 1_000_000), Some(1_250_000_000));
        assert_eq!(price_from_marinade(11 << 29), Some(1_375_000_000));
        assert_eq!(price_from_ratio(1, 0), None);
        assert_eq!(price_from_ratio(0, 1), None);
    }

    #[test]
    fn published_rates() {
        assert_eq!(price_from_rate(125_000_000, -8, 9), Some(1_250_000_000));
        // A token of six decimals: a base unit is worth a thousand times as much.
        assert_eq!(price_from_rate(125_000_000, -8, 6), Some(1_250_000_000_000));
        assert_eq!(price_from_rate(-1, -8, 9), None);
        assert_eq!(price_from_rate(0, -8, 9), None);
        assert_eq!(price_from_rate(1, -300, 9), None);
        assert_eq!(price_from_rate(1, 300, 9), None);
        assert_eq!(price_from_rate(1, i32::MAX, 0), None);
        assert_eq!(price_from_rate(1, i32::MIN, 255), None);
    }

    #[test]
    fn published_dollars() {
        let (msol, sol) = ((18_750_000_000, -8), (15_000_000_000, -8));
        assert_eq!(price_from_usd(msol, sol, 9), Some(1_250_000_000));
        assert_eq!(price_from_usd((187_500, -3), sol, 9), Some(1_250_000_000));
        assert_eq!(price_from_usd(msol, (0, -8), 9), None);
        assert_eq!(price_from_usd((-1, -8), sol, 9), None);
    }

    #[test]
    fn bounds_are_inclusive() {
        assert!(confidence_within(10_000, 100, 100));
        assert!(!confidence_within(10_000, 101, 100));
        assert!(!confidence_within(0, 0, 100));
        assert!(!confidence_within(-5, 0, 100));
        assert!(moved_within(1_010, 1_000, 100) && moved_within(990, 1_000, 100));
        assert!(!moved_within(1_011, 1_000, 100) && !moved_within(989, 1_000, 100));
    }

    proptest! {
        #[test]
        fn a_ratio_is_the_exact_floor(lamports: u64, units in 1u64..) {
            let exact = u128::from(lamports) * u128::from(PRICE_SCALE) / u128::from(units);
            prop_assert_eq!(price_from_ratio(lamports, units), positive(exact));
        }

        #[test]
        fn no_input_panics(a: i64, b: i32, c: i64, d: i32, decimals: u8, e: u64, f: u64) {
            let _ = (price_from_rate(a, b, decimals), price_from_usd((a, b), (c, d), decimals));
            let _ = (confidence_within(a, e, f), moved_within(e, f, e), price_from_marinade(e));
        }
    }
}
