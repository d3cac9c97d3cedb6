//! What calls above a plan cost, exactly.

use super::{NANO_USD_PER_CENT, Terms};

/// Why there is no price for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OverageError {
    /// The plan has no calls above what it includes.
    #[error("the plan has no calls above those it includes: choose a larger one")]
    NotOffered,
    /// The amount exceeds 63 bits.
    #[error("the overage does not fit 63 bits of nano-USD")]
    OutOfRange,
}

/// What `calls` in one month cost above the fee, nano-USD.
///
/// Rounded down to the whole cent, in the customer's favour: a card is charged in cents, and what is on the
/// invoice must be what is paid. Once a month, so nothing is rounded twice.
///
/// # Errors
/// See [`OverageError`].
pub fn overage_nano_usd(terms: &Terms, calls: u64) -> Result<i64, OverageError> {
    let included = u64::try_from(terms.included_calls).unwrap_or(0);
    let above = u128::from(calls.saturating_sub(included));
    if above == 0 {
        return Ok(0);
    }
    let per_thousand = terms
        .overage_per_thousand_nano_usd
        .ok_or(OverageError::NotOffered)?;
    let per_thousand = u128::try_from(per_thousand).map_err(|_| OverageError::OutOfRange)?;
    let cent = u128::from(NANO_USD_PER_CENT.unsigned_abs());
    // 64 and 50 bits multiplied stay within 128.
    let cents = above
        .checked_mul(per_thousand)
        .and_then(|n| n.checked_div(1_000))
        .and_then(|n| n.checked_div(cent))
        .ok_or(OverageError::OutOfRange)?;
    let nano_usd = cents.checked_mul(cent).ok_or(OverageError::OutOfRange)?;
    i64::try_from(nano_usd).map_err(|_| OverageError::OutOfRange)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn terms(price_cents: i64, included_calls: i64, per_thousand: Option<i64>) -> Terms {
        Terms {
            catalogue: "metered".into(),
            name: "PRO".into(),
            price_cents,
            systems: None,
            included_calls,
            overage_per_thousand_nano_usd: per_thousand,
            history_days: 30,
            features: Vec::new(),
            requests_per_minute: 100,
            requests_per_hour: 6_000,
            requests_per_day: 100_000,
            sandbox: None,
            offered: true,
        }
    }

    #[test]
    fn the_golden_months() {
        let pro = terms(9_900, 100_000, Some(500_000_000));
        let enterprise = terms(49_900, 10_000_000, Some(100_000_000));
        let month =
            |terms: &Terms, calls| terms.price_nano_usd() + overage_nano_usd(terms, calls).unwrap();
        assert_eq!(overage_nano_usd(&pro, 250_000), Ok(75_000_000_000));
        assert_eq!(month(&pro, 250_000), 174_000_000_000);
        assert_eq!(
            overage_nano_usd(&enterprise, 12_000_000),
            Ok(200_000_000_000)
        );
        assert_eq!(month(&enterprise, 12_000_000), 699_000_000_000);
        assert_eq!(overage_nano_usd(&pro, 100_000), Ok(0));
        // Nineteen calls make 0.95 cents, twenty a whole one.
        assert_eq!(overage_nano_usd(&pro, 100_019), Ok(0));
        assert_eq!(overage_nano_usd(&pro, 100_020), Ok(NANO_USD_PER_CENT));
    }

    #[test]
    fn a_plan_without_a_price_for_more_has_no_more() {
        let free = terms(0, 1_000, None);
        assert_eq!(overage_nano_usd(&free, 1_000), Ok(0));
        assert_eq!(
            overage_nano_usd(&free, 1_001),
            Err(OverageError::NotOffered)
        );
    }

    proptest! {
        /// The floor of the exact amount in cents, never less for more calls, and nothing within the plan.
        #[test]
        fn the_exact_floor(calls: u64, included in 0i64.., per_thousand in 0i64..1_000_000_000_000_000) {
            let terms = terms(0, included, Some(per_thousand));
            let above = u128::from(calls.saturating_sub(included.unsigned_abs()));
            let exact_thousandths = above * u128::try_from(per_thousand).unwrap();
            match overage_nano_usd(&terms, calls) {
                Ok(charged) => {
                    let charged = u128::try_from(charged).unwrap();
                    prop_assert_eq!(charged % 10_000_000, 0);
                    prop_assert!(charged * 1_000 <= exact_thousandths);
                    prop_assert!((charged + 10_000_000) * 1_000 > exact_thousandths);
                    let fewer = overage_nano_usd(&terms, calls.saturating_sub(1)).unwrap();
                    prop_assert!(u128::try_from(fewer).unwrap() <= charged);
                }
                Err(e) => {
                    prop_assert_eq!(e, OverageError::OutOfRange);
                    prop_assert!(exact_thousandths / 1_000 > u128::from(i64::MAX.unsigned_abs()) - 10_000_000);
                }
            }
        }
    }
}
