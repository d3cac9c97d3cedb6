//! A model of revenue, for demonstrations and where no platform is connected yet.

use futures_util::future::{BoxFuture, FutureExt, ready};

use super::{RevenueError, RevenueSource, Stretch};
use crate::{config::SimulatorConfig, plan::Revenue};

/// Seconds over which the yearly volume is spread: 365 days, so that a year has the 52,560
/// intervals of ten minutes the revenue model counts with.
const MODEL_YEAR_SECONDS: u128 = 365 * 86_400;
/// Seconds of the year a rate is given for: 365.25 days, as rates are served by the API.
const RATE_YEAR_SECONDS: u128 = 31_557_600;
/// Nano-USD in a dollar.
const NANO_USD_PER_USD: u128 = 1_000_000_000;
/// Basis points in one.
const BPS_DENOMINATOR: u128 = 10_000;

/// Revenue by a model.
#[derive(Clone, Copy, Debug)]
pub enum Simulator {
    /// Volume times fee, spread evenly.
    Volume {
        /// The platform's fee in 365 days, nano-USD.
        yearly_fee_nano_usd: u128,
    },
    /// What gives stakers a fixed simple rate on what is staked.
    FixedApr {
        /// The rate, basis points.
        apr_bps: u32,
    },
}

impl Simulator {
    /// Reads the model.
    ///
    /// # Errors
    /// [`RevenueError::Config`] where the model earns nothing.
    pub fn new(config: SimulatorConfig) -> Result<Self, RevenueError> {
        let nothing = |key: &str| {
            Err(RevenueError::Config(format!(
                "revenue.simulator.{key} is 0: the model earns nothing"
            )))
        };
        if let Some(apr_bps) = config.fixed_apr_bps {
            return if apr_bps == 0 {
                nothing("fixed_apr_bps")
            } else {
                Ok(Self::FixedApr { apr_bps })
            };
        }
        // At most 2^64 × 10^9 × 2^16: fits a u128. Rounded down, once, for the whole year.
        let yearly_fee_nano_usd = u128::from(config.yearly_compute_volume_usd)
            * NANO_USD_PER_USD
            * u128::from(config.platform_fee_bps)
            / BPS_DENOMINATOR;
        match yearly_fee_nano_usd {
            0 => nothing("yearly_compute_volume_usd or platform_fee_bps"),
            _ => Ok(Self::Volume {
                yearly_fee_nano_usd,
            }),
        }
    }

    /// Revenue of a stretch.
    ///
    /// # Errors
    /// [`RevenueError::Config`] where the stretch, the amount or the split is out of range.
    pub fn revenue(&self, stretch: Stretch) -> Result<Revenue, RevenueError> {
        let out_of_range = || {
            RevenueError::Config(
                "the simulator's revenue is out of range: lower the volume or the rate".into(),
            )
        };
        match *self {
            Self::Volume {
                yearly_fee_nano_usd,
            } => {
                // The difference of two rounded sums: parts of a stretch add up to the whole,
                // whatever the cuts.
                let until = |second: i64| -> Option<u128> {
                    let seconds = u128::try_from(second).ok()?;
                    yearly_fee_nano_usd
                        .checked_mul(seconds)?
                        .checked_div(MODEL_YEAR_SECONDS)
                };
                let revenue = until(stretch.to)
                    .zip(until(stretch.from))
                    .and_then(|(to, from)| to.checked_sub(from));
                let revenue = revenue.and_then(|nano_usd| i64::try_from(nano_usd).ok());
                revenue.map(Revenue::NanoUsd).ok_or_else(out_of_range)
            }
            Self::FixedApr { apr_bps } => {
                if stretch.stakers_bps == 0 {
                    return Err(RevenueError::Config(
                        "stakers have no part of compute revenue: fixed_apr_bps cannot be reached"
                            .into(),
                    ));
                }
                // Stakers receive `stakers_bps` of the revenue, so it must be larger by that. A
                // difference of two rounded sums, as above.
                let until = |second: i64| -> Option<u128> {
                    u128::from(stretch.total_value_lamports)
                        .checked_mul(u128::from(apr_bps))?
                        .checked_mul(u128::try_from(second).ok()?)?
                        .checked_div(RATE_YEAR_SECONDS * u128::from(stretch.stakers_bps))
                };
                let lamports = until(stretch.to)
                    .zip(until(stretch.from))
                    .and_then(|(to, from)| to.checked_sub(from))
                    .and_then(|lamports| u64::try_from(lamports).ok());
                lamports.map(Revenue::Lamports).ok_or_else(out_of_range)
            }
        }
    }
}

impl RevenueSource for Simulator {
    fn measure(&self, stretch: Stretch) -> BoxFuture<'_, Result<Revenue, RevenueError>> {
        ready(self.revenue(stretch)).boxed()
    }
}

#[cfg(test)]
mod tests {
    use primis_price::SolUsd;
    use proptest::prelude::*;

    use super::*;

    fn volume() -> Simulator {
        let config = SimulatorConfig {
            yearly_compute_volume_usd: 10_000_000,
            platform_fee_bps: 1_000,
            fixed_apr_bps: None,
        };
        Simulator::new(config).unwrap()
    }

    fn nano_usd(simulator: Simulator, from: i64, to: i64) -> i64 {
        let stretch = Stretch {
            from,
            to,
            total_value_lamports: 0,
            stakers_bps: 5_000,
        };
        match simulator.revenue(stretch).unwrap() {
            Revenue::NanoUsd(nano_usd) => nano_usd,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_golden_year_and_interval() {
        let from = 1_700_000_400;
        assert_eq!(
            nano_usd(volume(), from, from + 31_536_000),
            1_000_000 * 1_000_000_000
        );
        let interval = nano_usd(volume(), from, from + 600);
        assert!(
            (19_025_875_190..=19_025_875_191).contains(&interval),
            "{interval}"
        );
        let price = SolUsd {
            nano_usd_per_sol: 150_000_000_000,
            confidence_nano_usd: 0,
            published_at: 0,
        };
        let lamports = price.lamports_for(interval.unsigned_abs()).unwrap();
        assert_eq!(
            lamports / 100_000,
            1_268,
            "0.1268 SOL an interval, 0.0634 of it for stakers"
        );
        assert_eq!(lamports / 2 / 100_000, 634);
    }

    #[test]
    fn a_fixed_rate_is_what_stakers_receive() {
        let config = SimulatorConfig {
            fixed_apr_bps: Some(900),
            ..SimulatorConfig::default()
        };
        let simulator = Simulator::new(config).unwrap();
        let stretch = |seconds, stakers_bps| Stretch {
            from: 0,
            to: seconds,
            total_value_lamports: 1_000_000_000_000,
            stakers_bps,
        };
        // 9 % of 1,000 SOL is 90 SOL a year; stakers with half of the revenue need twice that.
        assert_eq!(
            simulator.revenue(stretch(31_557_600, 10_000)).unwrap(),
            Revenue::Lamports(90_000_000_000)
        );
        assert_eq!(
            simulator.revenue(stretch(31_557_600, 5_000)).unwrap(),
            Revenue::Lamports(180_000_000_000)
        );
        assert!(matches!(
            simulator.revenue(stretch(600, 0)),
            Err(RevenueError::Config(_))
        ));
    }

    #[test]
    fn a_model_that_earns_nothing_is_refused() {
        assert!(Simulator::new(SimulatorConfig::default()).is_err());
        assert!(
            Simulator::new(SimulatorConfig {
                fixed_apr_bps: Some(0),
                ..SimulatorConfig::default()
            })
            .is_err()
        );
    }

    #[test]
    fn out_of_range_is_an_error() {
        let config = SimulatorConfig {
            yearly_compute_volume_usd: u64::MAX,
            platform_fee_bps: u16::MAX,
            fixed_apr_bps: None,
        };
        let huge = Simulator::new(config).unwrap();
        for (from, to) in [(0, i64::MAX), (-1, 5), (10, 5)] {
            let stretch = Stretch {
                from,
                to,
                total_value_lamports: 0,
                stakers_bps: 1,
            };
            assert!(huge.revenue(stretch).is_err(), "{from} {to}");
        }
    }

    proptest! {
        #[test]
        fn parts_add_up_exactly(
            volume in 1..=10_u64.pow(9), fee in 1_u16..=10_000,
            from in 0..=4_000_000_000_i64, a in 0..=10_000_000_i64, b in 0..=10_000_000_i64,
        ) {
            let config = SimulatorConfig { yearly_compute_volume_usd: volume, platform_fee_bps: fee, fixed_apr_bps: None };
            let simulator = Simulator::new(config).unwrap();
            let parts = nano_usd(simulator, from, from + a) + nano_usd(simulator, from + a, from + a + b);
            prop_assert_eq!(parts, nano_usd(simulator, from, from + a + b));
        }

        /// As long as the stake and the split stay as they are.
        #[test]
        fn parts_of_a_fixed_rate_add_up_exactly(
            apr_bps in 1_u32..=100_000, total_value_lamports in 0..=10_u64.pow(18), stakers_bps in 1_u16..=10_000,
            from in 0..=4_000_000_000_i64, a in 0..=10_000_000_i64, b in 0..=10_000_000_i64,
        ) {
            let simulator = Simulator::FixedApr { apr_bps };
            let lamports = |from, to| match simulator.revenue(Stretch { from, to, total_value_lamports, stakers_bps }) {
                Ok(Revenue::Lamports(lamports)) => u128::from(lamports),
                // A stretch of a century of a rate of thousands of percent.
                _ => 0,
            };
            if lamports(from, from + a + b) > 0 {
                prop_assert_eq!(lamports(from, from + a) + lamports(from + a, from + a + b), lamports(from, from + a + b));
            }
        }
    }
}
