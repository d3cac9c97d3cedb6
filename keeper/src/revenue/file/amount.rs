//! Decimal dollars as integers.

/// Decimal places of a nano-USD.
const DECIMALS: usize = 9;
/// Nano-USD in a dollar.
const NANO_USD_PER_USD: i64 = 1_000_000_000;

/// Nano-USD of a decimal number such as `12.50`; exact, or an error.
///
/// # Errors
/// What is wrong with it.
pub(super) fn nano_usd(text: &str) -> Result<i64, String> {
    let bad = |why: &str| {
        Err(format!(
            "amount_usd {text:?} {why}: write a decimal number such as 12.50"
        ))
    };
    if text.starts_with('-') {
        return Err(format!(
            "amount_usd {text:?} is negative: write it without the sign, as a refund or a cost"
        ));
    }
    let (whole, fraction) = match text.split_once('.') {
        Some((_, "")) => return bad("ends in a point"),
        Some(parts) => parts,
        None => (text, ""),
    };
    if whole.is_empty()
        || !whole
            .bytes()
            .chain(fraction.bytes())
            .all(|b| b.is_ascii_digit())
    {
        return bad("is not one");
    }
    if fraction.len() > DECIMALS {
        return bad("has more than nine decimal places");
    }
    let Ok(dollars) = whole.parse::<i64>() else {
        return bad("is out of range");
    };
    let nano = format!("{fraction:0<DECIMALS$}").parse::<i64>();
    let amount = nano
        .ok()
        .and_then(|nano| dollars.checked_mul(NANO_USD_PER_USD)?.checked_add(nano));
    amount.map_or_else(|| bad("is out of range"), Ok)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn decimals_are_exact() {
        for (text, expected) in [
            ("0", 0),
            ("1", 1_000_000_000),
            ("12.50", 12_500_000_000),
            ("0.000000001", 1),
            ("007.1", 7_100_000_000),
            ("9223372036.854775807", i64::MAX),
        ] {
            assert_eq!(nano_usd(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_decimal_is_refused() {
        for (text, named) in [
            ("", "is not one"),
            (".5", "is not one"),
            ("5.", "point"),
            ("1e3", "is not one"),
            ("1,000", "is not one"),
            ("+1", "is not one"),
            ("-1", "negative"),
            ("1.2.3", "is not one"),
            ("NaN", "is not one"),
            ("١", "is not one"),
            ("0.0000000001", "nine"),
            ("9223372036.854775808", "out of range"),
            ("99999999999999999999", "out of range"),
        ] {
            let error = nano_usd(text).unwrap_err();
            assert!(error.contains(named), "{text}: {error}");
        }
    }

    proptest! {
        #[test]
        fn every_amount_comes_back(nano: u32, dollars in 0..9_000_000_000_i64) {
            let nano = i64::from(nano) % NANO_USD_PER_USD;
            prop_assert_eq!(nano_usd(&format!("{dollars}.{nano:09}")), Ok(dollars * NANO_USD_PER_USD + nano));
        }

        #[test]
        fn no_text_panics(text: String) {
            let _ = nano_usd(&text);
        }
    }
}
