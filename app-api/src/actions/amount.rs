//! Amounts as people write them, and the whole numbers they stand for. Never through a float.

use super::refusal::invalid_amount;
use crate::http::ApiError;

/// Decimals of SOL.
pub(super) const SOL_DECIMALS: u8 = 9;
/// Longest text taken for a number: the largest u64 with a point and decimals fits.
const LONGEST: usize = 64;

/// A decimal number such as `1.5` as units of which one has `decimals`.
///
/// # Errors
/// If it is no positive number, has more decimals than the asset, or is larger than any amount.
pub(super) fn parse(text: &str, decimals: u8) -> Result<u64, ApiError> {
    let not_a_number = || {
        invalid_amount("the amount must be a number such as 1.5, with a point and without signs")
    };
    if text.len() > LONGEST {
        return Err(not_a_number());
    }
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) || (whole.is_empty() && fraction.is_empty()) {
        return Err(not_a_number());
    }
    let fraction = fraction.trim_end_matches('0');
    let places = usize::from(decimals);
    if fraction.len() > places {
        let text = format!("the amount has more decimals than the asset: at most {decimals}");
        return Err(invalid_amount(&text));
    }
    let too_large = || invalid_amount("the amount is larger than there can be of the asset");
    let all = format!("{whole}{fraction:0<places$}");
    let all = all.trim_start_matches('0');
    if all.is_empty() {
        return Err(invalid_amount("the amount must be more than zero"));
    }
    all.parse().map_err(|_| too_large())
}

/// Units of which one has `decimals`, as people read them: no zeros at the end.
pub(super) fn format(units: u64, decimals: u8) -> String {
    let places = usize::from(decimals);
    let digits = format!("{units:0>width$}", width = places.saturating_add(1));
    let (whole, fraction) = digits.split_at(digits.len().saturating_sub(places));
    let fraction = fraction.trim_end_matches('0');
    if fraction.is_empty() {
        whole.to_owned()
    } else {
        format!("{whole}.{fraction}")
    }
}

/// Lamports as SOL.
pub(super) fn sol(lamports: u64) -> String {
    format(lamports, SOL_DECIMALS)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_are_read_to_the_last_unit() {
        for (text, decimals, units) in [
            ("1.5", 9, 1_500_000_000),
            (".5", 1, 5),
            ("5.", 0, 5),
            ("0.000000001", 9, 1),
            ("1.50", 1, 15),
            ("007", 2, 700),
            ("18446744073.709551615", 9, u64::MAX),
            ("1", 0, 1),
        ] {
            assert_eq!(parse(text, decimals).unwrap(), units, "{text}");
        }
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        for (text, part) in [
            ("", "number"),
            (".", "number"),
            ("-1", "number"),
            ("+1", "number"),
            ("1e9", "number"),
            ("1,5", "number"),
            ("1.2.3", "number"),
            (" 1", "number"),
            ("all", "number"),
            ("١", "number"),
            ("0", "more than zero"),
            ("0.000", "more than zero"),
            ("0.0000000001", "more decimals"),
            ("18446744073.709551616", "larger"),
            (&"9".repeat(65), "number"),
        ] {
            let told = format!("{:?}", parse(text, 9).unwrap_err());
            assert!(
                told.contains(part) && told.contains("invalid_amount"),
                "{text}: {told}"
            );
        }
    }

    #[test]
    fn numbers_are_written_without_idle_zeros() {
        assert_eq!(sol(1_500_000_000), "1.5");
        assert_eq!(sol(1), "0.000000001");
        assert_eq!(sol(0), "0");
        assert_eq!(format(700, 0), "700");
        assert_eq!(format(10, 1), "1");
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(units in 1_u64.., decimals in 0_u8..19) {
            prop_assert_eq!(parse(&format(units, decimals), decimals).unwrap(), units);
        }
    }
}
