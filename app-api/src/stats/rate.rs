//! Yearly rates.

use super::display;

/// One, in the unit rates are kept in: 10⁻¹² of a year's principal.
const ONE: u128 = 1_000_000_000_000;
/// Days of the year that an APY compounds over.
const DAYS: f64 = 365.25;

/// A simple yearly rate, parts in 10¹².
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rate(u128);

impl Rate {
    /// `numerator ÷ denominator`, rounded down: a yield is not told higher than it is. `None`: the
    /// denominator is zero, or the rate is beyond any sense.
    pub(super) fn of(numerator: u128, denominator: u128) -> Option<Self> {
        numerator
            .checked_mul(ONE)?
            .checked_div(denominator)
            .map(Self)
    }

    /// The sum of those that are known; `None` if none is.
    pub(super) fn sum(rates: [Option<Self>; 2]) -> Option<Self> {
        rates
            .into_iter()
            .flatten()
            .reduce(|a, b| Self(a.0.saturating_add(b.0)))
    }

    /// As percent a year.
    pub(super) fn apr_percent(self) -> Option<f64> {
        display::percent(self.0, ONE)
    }

    /// As percent a year with the yield of each day staked again the next. `None` where that is
    /// beyond a double.
    pub(super) fn apy_percent(self) -> Option<f64> {
        #[expect(clippy::cast_precision_loss, reason = "a display number")]
        let daily = self.0 as f64 / ONE as f64 / DAYS;
        let percent = (DAYS * daily.ln_1p()).exp_m1() * 100.0;
        // Ten decimals, to round it as every other display number.
        let scaled = percent * 1e10;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "bounded right here, and never negative"
        )]
        (scaled < 1e30)
            .then(|| scaled.round() as u128)
            .and_then(|n| display::number(n, 10_000_000_000))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn simple_and_compounded() {
        // DESIGN §2: 6.33 % of base staking, 70 % of it to stakers; with 4.569 % from compute 9 %.
        let base = Rate::of(633 * 7_000, 10_000 * 10_000).unwrap();
        assert_eq!(base.apr_percent(), Some(4.431));
        let compute = Rate::of(4_569, 100_000);
        assert_eq!(
            Rate::sum([Some(base), compute]).unwrap().apr_percent(),
            Some(9.0)
        );
        assert_eq!(Rate::of(10, 100).unwrap().apy_percent(), Some(10.52));
        assert_eq!(Rate::of(0, 100).unwrap().apy_percent(), Some(0.0));
        assert_eq!(Rate::of(1, 0), None);
        assert_eq!(Rate::sum([None, None]), None);
        // 29,472.44 % simple compounds to a number nobody can use, and not to an error.
        assert!(
            Rate::of(2_947_244, 10_000)
                .unwrap()
                .apy_percent()
                .is_none_or(|p| p > 1e30)
        );
    }
}
