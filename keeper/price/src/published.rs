//! A price as Pyth publishes it, from whichever way it came, and the checks that make a [`SolUsd`]
//! of it.

use crate::{PriceError, SolUsd};

/// Decimal places of the unit prices are kept in (nano-USD).
const NANO_DECIMALS: i32 = 9;
/// Basis points in one.
const BPS_DENOMINATOR: u128 = 10_000;
/// How far ahead of the clock a price may be dated, seconds. The clock is the cluster's, a
/// stake-weighted median that follows real time a few seconds late; Pyth dates by real time.
pub(crate) const MAX_AHEAD_SECONDS: i64 = 30;

/// The bounds a price must keep.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Oldest price taken, seconds.
    pub max_age_seconds: u64,
    /// Widest price taken: confidence over price, basis points.
    pub max_confidence_bps: u64,
}

/// A published price: `price × 10^exponent` dollars for one SOL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Published {
    pub(crate) price: i64,
    /// Confidence interval, in the same unit.
    pub(crate) conf: u64,
    pub(crate) exponent: i32,
    /// When, Unix seconds.
    pub(crate) publish_time: i64,
}

impl Published {
    /// The price, if it is positive, fresh and narrow at `now_unix` (Unix seconds; the cluster's
    /// clock).
    ///
    /// # Errors
    /// See [`PriceError`].
    pub(crate) fn checked(&self, bounds: Bounds, now_unix: i64) -> Result<SolUsd, PriceError> {
        self.check_time(bounds.max_age_seconds, now_unix)?;
        let price = u64::try_from(self.price).map_err(|_| PriceError::NotPositive)?;
        if price == 0 {
            return Err(PriceError::NotPositive);
        }
        self.check_confidence(price, bounds.max_confidence_bps)?;
        // The price is rounded down and its confidence up: neither looks better than it is.
        let nano_usd_per_sol = scale(price, self.exponent, Rounding::Down)?;
        let confidence_nano_usd = scale(self.conf, self.exponent, Rounding::Up)?;
        if nano_usd_per_sol == 0 {
            return Err(PriceError::NotPositive);
        }
        Ok(SolUsd {
            nano_usd_per_sol,
            confidence_nano_usd,
            published_at: self.publish_time,
        })
    }

    fn check_time(&self, max_age_seconds: u64, now_unix: i64) -> Result<(), PriceError> {
        let age = i128::from(now_unix) - i128::from(self.publish_time);
        if age < -i128::from(MAX_AHEAD_SECONDS) {
            return Err(PriceError::FutureDated {
                ahead_seconds: u64::try_from(-age).unwrap_or(u64::MAX),
            });
        }
        let age_seconds = u64::try_from(age.max(0)).unwrap_or(u64::MAX);
        if age_seconds > max_age_seconds {
            return Err(PriceError::Stale {
                age_seconds,
                max_age_seconds,
            });
        }
        Ok(())
    }

    fn check_confidence(&self, price: u64, max_confidence_bps: u64) -> Result<(), PriceError> {
        // Rounded up, so that a price exactly at the bound passes and one above it never does.
        let bps = (u128::from(self.conf) * BPS_DENOMINATOR).div_ceil(u128::from(price));
        if bps > u128::from(max_confidence_bps) {
            let confidence_bps = u64::try_from(bps).unwrap_or(u64::MAX);
            return Err(PriceError::TooWide {
                confidence_bps,
                max_confidence_bps,
            });
        }
        Ok(())
    }
}

#[derive(Clone, Copy)]
enum Rounding {
    Down,
    Up,
}

/// `number × 10^expo` dollars in nano-USD.
fn scale(number: u64, expo: i32, rounding: Rounding) -> Result<u64, PriceError> {
    let out_of_range = || PriceError::OutOfRange(format!("{number} with exponent {expo}"));
    let shift = expo.checked_add(NANO_DECIMALS).ok_or_else(out_of_range)?;
    let factor = 10_u128
        .checked_pow(shift.unsigned_abs())
        .ok_or_else(out_of_range)?;
    let number = u128::from(number);
    let scaled = match (shift >= 0, rounding) {
        (true, _) => number.checked_mul(factor).ok_or_else(out_of_range)?,
        (false, Rounding::Down) => number / factor,
        (false, Rounding::Up) => number.div_ceil(factor),
    };
    u64::try_from(scaled).map_err(|_| out_of_range())
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: Bounds = Bounds {
        max_age_seconds: 60,
        max_confidence_bps: 100,
    };
    const NOW: i64 = 1_700_000_000;

    fn price(price: i64, conf: u64, expo: i32, publish_time: i64) -> Published {
        Published {
            price,
            conf,
            exponent: expo,
            publish_time,
        }
    }

    #[test]
    fn a_good_price_is_in_nano_usd() {
        let got = price(15_000_000_000, 5_000_000, -8, NOW)
            .checked(BOUNDS, NOW)
            .unwrap();
        assert_eq!(
            got,
            SolUsd {
                nano_usd_per_sol: 150_000_000_000,
                confidence_nano_usd: 50_000_000,
                published_at: NOW
            }
        );
    }

    #[test]
    fn exponents_on_both_sides_scale_and_round() {
        assert_eq!(
            price(150, 0, 0, NOW)
                .checked(BOUNDS, NOW)
                .unwrap()
                .nano_usd_per_sol,
            150_000_000_000
        );
        let fine = price(1_500_000_000_019, 11, -10, NOW)
            .checked(BOUNDS, NOW)
            .unwrap();
        assert_eq!(
            (fine.nano_usd_per_sol, fine.confidence_nano_usd),
            (150_000_000_001, 2)
        );
        assert!(matches!(
            price(1, 0, -10, NOW).checked(BOUNDS, NOW),
            Err(PriceError::NotPositive)
        ));
        for expo in [i32::MIN, -60, 11, i32::MAX] {
            assert!(
                matches!(
                    price(1_000, 0, expo, NOW).checked(BOUNDS, NOW),
                    Err(PriceError::OutOfRange(_))
                ),
                "{expo}"
            );
        }
    }

    #[test]
    fn age_has_a_bound_on_both_sides() {
        let at =
            |publish_time, now| price(15_000_000_000, 0, -8, publish_time).checked(BOUNDS, now);
        assert!(at(NOW - 60, NOW).is_ok());
        assert!(matches!(
            at(NOW - 61, NOW),
            Err(PriceError::Stale {
                age_seconds: 61,
                max_age_seconds: 60
            })
        ));
        assert!(at(NOW + MAX_AHEAD_SECONDS, NOW).is_ok());
        assert!(matches!(
            at(NOW + MAX_AHEAD_SECONDS + 1, NOW),
            Err(PriceError::FutureDated { ahead_seconds: 31 })
        ));
        assert!(matches!(
            at(i64::MAX, i64::MIN),
            Err(PriceError::FutureDated { .. })
        ));
        assert!(matches!(
            at(i64::MIN, i64::MAX),
            Err(PriceError::Stale { .. })
        ));
    }

    #[test]
    fn not_positive_is_refused() {
        for bad in [0, -1, i64::MIN] {
            assert!(matches!(
                price(bad, 0, -8, NOW).checked(BOUNDS, NOW),
                Err(PriceError::NotPositive)
            ));
        }
    }

    #[test]
    fn confidence_has_a_bound() {
        assert!(price(10_000, 100, -2, NOW).checked(BOUNDS, NOW).is_ok());
        assert!(matches!(
            price(10_000, 101, -2, NOW).checked(BOUNDS, NOW),
            Err(PriceError::TooWide {
                confidence_bps: 101,
                max_confidence_bps: 100
            })
        ));
        assert!(matches!(
            price(1, u64::MAX, -2, NOW).checked(BOUNDS, NOW),
            Err(PriceError::TooWide { .. })
        ));
    }
}
