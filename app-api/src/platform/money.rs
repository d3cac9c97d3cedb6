//! Amounts for people.

use crate::platform::plans::NANO_USD_PER_CENT;

/// Dollars with at least two decimals, and as many more as the amount has: `$174.00`, `-$0.0005`.
pub fn usd(nano_usd: i64) -> String {
    let sign = if nano_usd < 0 { "-" } else { "" };
    let nano = nano_usd.unsigned_abs();
    let per_usd = NANO_USD_PER_CENT.unsigned_abs().saturating_mul(100);
    let whole = nano.checked_div(per_usd).unwrap_or_default();
    let rest = nano.checked_rem(per_usd).unwrap_or_default();
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

#[cfg(test)]
mod tests {
    use super::*;

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
}
