//! What a run costs. Whole numbers; each rounding is up, so that no run is sold below its price.

/// Of a run, nano-USD: the base, and its share of the price of a thousand steps. `None`: beyond 63 bits.
pub(super) fn nano_usd(base: u64, thousand_steps: u64, steps: u64) -> Option<i64> {
    let variable = u128::from(thousand_steps)
        .checked_mul(u128::from(steps))?
        .div_ceil(1_000);
    i64::try_from(u128::from(base).checked_add(variable)?).ok()
}

/// A price in the smallest units of an asset that is worth a dollar, rounded up, and what they are worth.
/// `None`: beyond 63 bits.
pub(super) fn units(nano_usd: i64, decimals: u8) -> Option<(i64, i64)> {
    let unit_nano_usd = 10_i64.checked_pow(9_u32.checked_sub(decimals.into())?)?;
    let units = u64::try_from(nano_usd)
        .ok()?
        .div_ceil(unit_nano_usd.unsigned_abs());
    let units = i64::try_from(units).ok()?;
    Some((units, units.checked_mul(unit_nano_usd)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_defaults() {
        // A cent, and a tenth of one for each thousand steps.
        assert_eq!(nano_usd(10_000_000, 1_000_000, 10), Some(10_010_000));
        assert_eq!(units(10_010_000, 6), Some((10_010, 10_010_000)));
        assert_eq!(nano_usd(1, 1, 1), Some(2));
        assert_eq!(units(2, 6), Some((1, 1_000)));
    }

    proptest! {
        #[test]
        fn no_run_is_sold_below_its_price(base in 0..=u64::MAX, per in 0..=u64::MAX, steps in 0..=10_000_000_u64) {
            if let Some(price) = nano_usd(base, per, steps) {
                let exact = u128::from(base) * 1_000 + u128::from(per) * u128::from(steps);
                let price = u128::from(price.unsigned_abs()) * 1_000;
                prop_assert!(price >= exact && price - exact < 1_000);
            }
        }

        #[test]
        fn units_are_rounded_up_by_less_than_one(nano in 0..=i64::MAX, decimals in 0..=9_u8) {
            let unit = 10_i64.pow(9 - u32::from(decimals));
            if let Some((units, worth)) = units(nano, decimals) {
                prop_assert_eq!(i128::from(units) * i128::from(unit), i128::from(worth));
                prop_assert!(worth >= nano && worth - nano < unit);
            }
        }
    }
}
