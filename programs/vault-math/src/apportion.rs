//! Splitting a distribution over the buckets, and the stakers' part over the pools.

/// Basis points that make the whole.
pub const BPS_DENOMINATOR: u64 = 10_000;
/// Buckets a source is split over: stakers, subsidy, reserve, treasury.
pub const BUCKETS: usize = 4;
/// A price is lamports per this many units (base units of the asset).
pub const PRICE_SCALE: u64 = 1_000_000_000;

/// `amount × numerator ÷ denominator`, rounded down. `None` where the denominator is zero or the
/// result does not fit.
pub fn share_of(amount: u64, numerator: u64, denominator: u64) -> Option<u64> {
    // A product that fits 64 bits, the common case on chain, is spared the 128-bit division.
    if let Some(product) = amount.checked_mul(numerator) {
        return product.checked_div(denominator);
    }
    wide_share_of(amount, numerator, denominator)
}

/// [`share_of`] where the product needs 128 bits; kept out of the common way on chain.
#[cold]
#[inline(never)]
fn wide_share_of(amount: u64, numerator: u64, denominator: u64) -> Option<u64> {
    let product = u128::from(amount).checked_mul(u128::from(numerator))?;
    u64::try_from(product.checked_div(u128::from(denominator))?).ok()
}

/// Splits `amount_lamports` over the four buckets by basis points.
///
/// Subsidy, reserve and treasury are rounded down; the stakers' bucket is the amount less the
/// others, so the parts sum to the amount and the lamport that does not divide goes to those who
/// trust the vault. `None` unless the basis points sum to 10,000.
pub fn split(amount_lamports: u64, bps: [u16; BUCKETS]) -> Option<[u64; BUCKETS]> {
    let [stakers, subsidy, reserve, treasury] = bps.map(u64::from);
    let sum = stakers
        .checked_add(subsidy)?
        .checked_add(reserve)?
        .checked_add(treasury)?;
    if sum != BPS_DENOMINATOR {
        return None;
    }
    let part = |bps: u64| match bps {
        0 => Some(0),
        bps => share_of(amount_lamports, bps, BPS_DENOMINATOR),
    };
    let (subsidy, reserve, treasury) = (part(subsidy)?, part(reserve)?, part(treasury)?);
    let others = subsidy.checked_add(reserve)?.checked_add(treasury)?;
    Some([
        amount_lamports.checked_sub(others)?,
        subsidy,
        reserve,
        treasury,
    ])
}

/// Value of `units` in lamports at `price` lamports per [`PRICE_SCALE`] units, rounded down.
pub fn value_lamports(units: u64, price: u64) -> Option<u64> {
    if price == PRICE_SCALE {
        return Some(units);
    }
    share_of(units, price, PRICE_SCALE)
}

/// Units that `lamports` buy at `price` lamports per [`PRICE_SCALE`] units, rounded down. `None`
/// where the price is zero or the result does not fit.
pub fn units_for(lamports: u64, price: u64) -> Option<u64> {
    if price == PRICE_SCALE {
        return Some(lamports);
    }
    share_of(lamports, PRICE_SCALE, price)
}

/// One pool's part of `amount_lamports`: by its `value` of the `value_left` of all pools not yet
/// served, of the `amount_left`.
///
/// Serving the pools one after the other with what is left gives the last pool with value the
/// exact rest, so nothing is lost; each other pool is rounded down. `None` where `value` exceeds
/// `value_left`.
pub fn apportion(amount_left: u64, value: u64, value_left: u64) -> Option<u64> {
    if value > value_left {
        return None;
    }
    if value == value_left {
        return Some(if value == 0 { 0 } else { amount_left });
    }
    share_of(amount_left, value, value_left)
}

#[cfg(test)]
#[allow(
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a test that overflows fails"
)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn default_splits() {
        assert_eq!(
            split(126_800_000, [5_000, 0, 0, 5_000]),
            Some([63_400_000, 0, 0, 63_400_000])
        );
        assert_eq!(
            split(1_000, [7_000, 2_000, 1_000, 0]),
            Some([700, 200, 100, 0])
        );
    }

    #[test]
    fn the_odd_lamport_goes_to_the_stakers() {
        assert_eq!(split(1, [5_000, 0, 0, 5_000]), Some([1, 0, 0, 0]));
        assert_eq!(split(3, [1, 3_333, 3_333, 3_333]), Some([3, 0, 0, 0]));
    }

    #[test]
    fn splits_that_do_not_sum_are_refused() {
        assert_eq!(split(1, [5_000, 0, 0, 4_999]), None);
        assert_eq!(split(1, [u16::MAX; 4]), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn a_split_conserves(amount: u64, a in 0u16..=10_000, b in 0u16..=10_000, c in 0u16..=10_000) {
            let mut cuts = [a, b, c];
            cuts.sort_unstable();
            let bps = [cuts[0], cuts[1] - cuts[0], cuts[2] - cuts[1], 10_000 - cuts[2]];
            let parts = split(amount, bps).unwrap();
            prop_assert_eq!(parts.iter().map(|p| u128::from(*p)).sum::<u128>(), u128::from(amount));
            for i in 1..BUCKETS {
                let exact = u128::from(amount) * u128::from(bps[i]) / 10_000;
                prop_assert_eq!(u128::from(parts[i]), exact);
            }
            let stakers = u128::from(amount) * u128::from(bps[0]) / 10_000;
            prop_assert!(u128::from(parts[0]) >= stakers && u128::from(parts[0]) - stakers <= 3);
        }

        #[test]
        fn share_is_the_exact_floor(amount: u64, n: u64, d: u64) {
            let exact = u128::from(amount) * u128::from(n);
            let expected = exact.checked_div(u128::from(d)).and_then(|q| u64::try_from(q).ok());
            prop_assert_eq!(share_of(amount, n, d), expected);
        }

        #[test]
        fn apportioning_gives_all_and_only_what_is_there(
            amount: u64,
            values in prop::collection::vec(0u64..1 << 59, 1..16),
        ) {
            let total: u64 = values.iter().sum();
            let (mut left, mut value_left, mut given) = (amount, total, 0u64);
            for v in &values {
                let part = apportion(left, *v, value_left).unwrap();
                prop_assert!(*v != 0 || part == 0);
                // Each pool's part lies within the pool count of the exact share.
                if total > 0 {
                    let exact = u128::from(amount) * u128::from(*v) / u128::from(total);
                    prop_assert!(u128::from(part).abs_diff(exact) <= values.len() as u128);
                }
                left -= part;
                value_left -= v;
                given += part;
            }
            prop_assert_eq!(given, if total == 0 { 0 } else { amount });
        }

        #[test]
        fn a_round_trip_never_gains(lamports: u64, price in 1u64..=u64::MAX) {
            if let Some(units) = units_for(lamports, price) {
                let back = value_lamports(units, price);
                prop_assert!(back.is_some_and(|back| back <= lamports));
            }
        }

        #[test]
        fn no_input_panics(a: u64, b: u64, c: u64) {
            let _ = (apportion(a, b, c), value_lamports(a, b), units_for(a, b));
        }
    }
}
