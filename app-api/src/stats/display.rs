//! The last step: an exact fraction becomes a number to look at.

/// Decimals of an amount of SOL: all of them.
const SOL_DECIMALS: u32 = 9;
/// A display number has at least this many decimals,
const MIN_DECIMALS: u32 = 2;
/// and as many as it takes to show four significant digits (the least number that has them, as
/// scaled by its decimals), so that small shares do not become zero,
const FOUR_DIGITS: u128 = 1_000;
/// but no more than this.
const MAX_DECIMALS: u32 = 12;

/// `numerator ÷ denominator`, rounded half up to two decimals or four significant digits,
/// whichever is finer. `None`: the denominator is zero or the number exceeds what can be shown.
pub(super) fn number(numerator: u128, denominator: u128) -> Option<f64> {
    let mut shown = None;
    for decimals in MIN_DECIMALS..=MAX_DECIMALS {
        let Some(scaled) = rounded(numerator, denominator, decimals) else {
            break;
        };
        shown = Some((scaled, decimals));
        if scaled == 0 && numerator == 0 || scaled >= FOUR_DIGITS {
            break;
        }
    }
    let (scaled, decimals) = shown?;
    decimal(scaled, decimals)
}

/// As [`number`], times a hundred.
pub(super) fn percent(numerator: u128, denominator: u128) -> Option<f64> {
    number(numerator.checked_mul(100)?, denominator)
}

/// Nano-USD as USD.
pub(super) fn usd(nano_usd: u128) -> Option<f64> {
    number(nano_usd, 1_000_000_000)
}

/// Lamports as SOL, all nine decimals.
pub(super) fn sol(lamports: u64) -> Option<f64> {
    decimal(u128::from(lamports), SOL_DECIMALS)
}

fn rounded(numerator: u128, denominator: u128, decimals: u32) -> Option<u128> {
    let twice = numerator
        .checked_mul(10u128.checked_pow(decimals)?)?
        .checked_mul(2)?;
    twice
        .checked_add(denominator)?
        .checked_div(denominator.checked_mul(2)?)
}

/// The double nearest to `scaled ÷ 10^decimals`: what a reader of the decimal would get.
fn decimal(scaled: u128, decimals: u32) -> Option<f64> {
    format!("{scaled}e-{decimals}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_two_decimals_or_four_digits() {
        assert_eq!(percent(10_000, 11_310), Some(88.42));
        assert_eq!(percent(100, 1_000), Some(10.0));
        assert_eq!(percent(1, 30), Some(3.333));
        assert_eq!(percent(4_431, 100_000), Some(4.431));
        assert_eq!(percent(1, 1_000_000_000), Some(0.0000001));
        assert_eq!(number(29_472_443_266, 1_000_000), Some(29_472.44));
        assert_eq!(number(0, 5), Some(0.0));
        assert_eq!(number(5, 0), None);
        assert_eq!(usd(442_086_648_983_200), Some(442_086.65));
        assert_eq!(sol(11_310_000_001), Some(11.310000001));
    }
}
