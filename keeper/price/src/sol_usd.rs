//! A checked price and the two conversions it is for.

/// Lamports in one SOL.
const LAMPORTS_PER_SOL: u128 = 1_000_000_000;

/// What one SOL costs, already checked for age and confidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SolUsd {
    /// Nano-USD (10⁻⁹ dollars) for one SOL; positive. $150 is 150,000,000,000.
    pub nano_usd_per_sol: u64,
    /// How far off it may be, nano-USD, rounded up.
    pub confidence_nano_usd: u64,
    /// When it was published, Unix seconds.
    pub published_at: i64,
}

impl SolUsd {
    /// Lamports that `nano_usd` buy, rounded down: revenue never funds more than it is worth.
    /// `None` if the result does not fit, or the price is zero.
    pub fn lamports_for(&self, nano_usd: u64) -> Option<u64> {
        let scaled = u128::from(nano_usd).checked_mul(LAMPORTS_PER_SOL)?;
        u64::try_from(scaled.checked_div(u128::from(self.nano_usd_per_sol))?).ok()
    }

    /// Nano-USD that `lamports` are worth, rounded down: nothing is shown as worth more than it
    /// is. `None` if the result does not fit.
    pub fn nano_usd_for(&self, lamports: u64) -> Option<u64> {
        let scaled = u128::from(lamports).checked_mul(u128::from(self.nano_usd_per_sol))?;
        u64::try_from(scaled.checked_div(LAMPORTS_PER_SOL)?).ok()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(nano_usd_per_sol: u64) -> SolUsd {
        SolUsd {
            nano_usd_per_sol,
            confidence_nano_usd: 0,
            published_at: 0,
        }
    }

    #[test]
    fn the_golden_interval_converts_rounded_down() {
        // $1,000,000 a year over 52,560 intervals is $19.0258... an interval; at $150 a SOL.
        assert_eq!(
            at(150_000_000_000).lamports_for(19_025_875_190),
            Some(126_839_167)
        );
        assert_eq!(
            at(150_000_000_000).nano_usd_for(1_000_000_000),
            Some(150_000_000_000)
        );
    }

    #[test]
    fn what_does_not_fit_is_none() {
        assert_eq!(at(1).lamports_for(u64::MAX), None);
        assert_eq!(at(0).lamports_for(1), None);
        assert_eq!(at(u64::MAX).nano_usd_for(u64::MAX), None);
    }

    proptest! {
        #[test]
        fn a_round_trip_never_gains(price in 1..=u64::MAX, nano_usd: u64) {
            if let Some(lamports) = at(price).lamports_for(nano_usd) {
                prop_assert!(at(price).nano_usd_for(lamports).is_some_and(|back| back <= nano_usd));
            }
        }

        #[test]
        fn parts_never_buy_more_than_the_whole(price in 1_000_000_000..=u64::MAX, a in 0..=u64::MAX / 2, b in 0..=u64::MAX / 2) {
            let parts = at(price).lamports_for(a).zip(at(price).lamports_for(b)).and_then(|(a, b)| a.checked_add(b));
            prop_assert!(parts <= at(price).lamports_for(a + b));
        }
    }
}
