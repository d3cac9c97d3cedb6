//! Amounts for people, and shares of amounts.

use primis_vault_interface::math::BPS_DENOMINATOR;

/// Of a dollar.
const NANO: u64 = 1_000_000_000;

/// Dollars with at least two decimals, and as many more as the amount has: `$174.00`, `-$0.0005`.
pub(super) fn usd(nano_usd: i64) -> String {
    let sign = if nano_usd < 0 { "-" } else { "" };
    let nano = nano_usd.unsigned_abs();
    let (whole, rest) = (nano / NANO, nano % NANO);
    let digits = format!("{rest:09}");
    let more = digits.trim_end_matches('0');
    let shown = if more.len() < 2 {
        digits.get(..2).unwrap_or_default()
    } else {
        more
    };
    format!("{sign}${}.{shown}", grouped(whole))
}

/// A whole number in groups of three digits.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len().saturating_mul(2));
    for (n, digit) in digits.chars().enumerate() {
        let left = digits.len().saturating_sub(n);
        if n > 0 && left.is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Basis points of an amount, nano-USD, rounded down: whoever pays the amount pays no more than all of it.
/// `None` beyond 63 bits.
pub(super) fn share(nano_usd: i64, bps: u64) -> Option<i64> {
    let share = i128::from(nano_usd)
        .checked_mul(i128::from(bps))?
        .div_euclid(i128::from(BPS_DENOMINATOR));
    i64::try_from(share).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn amounts_show_what_they_have() {
        for (nano, text) in [
            (174_000_000_000, "$174.00"),
            (0, "$0.00"),
            (500_000, "$0.0005"),
            (-500_000, "-$0.0005"),
            (1, "$0.000000001"),
            (7_680_000_000, "$7.68"),
            (1_234_567_100_000_000, "$1,234,567.10"),
            (i64::MIN, "-$9,223,372,036.854775808"),
        ] {
            assert_eq!(usd(nano), text);
        }
    }

    proptest! {
        #[test]
        fn a_share_is_the_floor(amount: i64, bps in 0u64..=10_000) {
            let whole = i128::from(amount) * i128::from(bps);
            let share = i128::from(share(amount, bps).unwrap());
            prop_assert!(share * 10_000 <= whole && (share + 1) * 10_000 > whole);
        }
    }

    #[test]
    fn a_share_beyond_63_bits_is_none() {
        assert_eq!(share(i64::MAX, 10_001), None);
        assert_eq!(share(i64::MIN, u64::MAX), None);
    }
}
