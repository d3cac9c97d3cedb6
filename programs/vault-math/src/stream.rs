//! The linear stream of a pool and what a position earns from it.

/// Bits of fraction in a Q64.64 number.
const FRACTION_BITS: u32 = 64;

/// A pool's stream: yield flows to the units at `rate` until `end`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stream {
    /// Yield per unit since the pool exists, lamports, Q64.64. Never falls.
    pub acc: u128,
    /// Lamports per second for the whole pool, Q64.64.
    pub rate: u128,
    /// Unix second at which the stream runs dry.
    pub end: i64,
    /// Unix second up to which `acc` is settled.
    pub last_update: i64,
}

impl Stream {
    /// Seconds of stream left after `last_update`.
    pub fn seconds_left(&self) -> u64 {
        seconds_between(self.last_update, self.end)
    }

    /// Lamports not yet streamed, Q64.64. `None` cannot happen for a rate made by [`Stream::fold`].
    pub fn remaining(&self) -> Option<u128> {
        mul(self.rate, self.seconds_left())
    }

    /// Lamports not yet streamed, rounded down: what is not a whole lamport stays in the vault.
    pub fn remaining_lamports(&self) -> Option<u64> {
        self.remaining().map(whole)
    }

    /// The stream settled at `now`.
    ///
    /// A pool without units holds its stream still: its end moves on by the time that passed, so
    /// nothing streams to nobody. A clock that went back settles nothing. `acc` grows by the
    /// streamed yield over the units, rounded down; what is lost is below `total_units × 2⁻⁶⁴`
    /// lamports a settlement and stays in the vault.
    pub fn settle(self, total_units: u64, now: i64) -> Option<Self> {
        let passed = seconds_between(self.last_update, now);
        if passed == 0 {
            return Some(self);
        }
        let left = self.seconds_left();
        let mut next = self;
        next.last_update = now;
        if left == 0 {
            return Some(next);
        }
        if total_units == 0 {
            next.end = self.end.checked_add_unsigned(passed)?;
            return Some(next);
        }
        let streamed = mul(self.rate, passed.min(left))?;
        let per_unit = streamed.checked_div(u128::from(total_units))?;
        next.acc = self.acc.checked_add(per_unit)?;
        Some(next)
    }

    /// The stream with `amount_lamports` added at `now`, to run for `seconds` from there.
    ///
    /// What is left of the running stream is folded in with its fraction of a lamport. The new
    /// rate is rounded down, by less than `seconds × 2⁻⁶⁴` lamports in all. Call it on a settled
    /// stream only. `None` where `seconds` is zero or the sum does not fit.
    pub fn fold(self, amount_lamports: u64, seconds: u64, now: i64) -> Option<Self> {
        let added = u128::from(amount_lamports) << FRACTION_BITS;
        let total = self.remaining()?.checked_add(added)?;
        Some(Self {
            acc: self.acc,
            rate: total.checked_div(u128::from(seconds))?,
            end: now.checked_add_unsigned(seconds)?,
            last_update: now,
        })
    }
}

/// Lamports that `units` earned while the accumulator went from `acc_then` to `acc_now`.
///
/// Rounded down: the staker's fraction of a lamport stays in the vault, at most one lamport a
/// settlement. `None` if the accumulator fell or the result exceeds a `u64`.
pub fn owed_lamports(units: u64, acc_then: u128, acc_now: u128) -> Option<u64> {
    let grown = acc_now.checked_sub(acc_then)?;
    if grown == 0 || units == 0 {
        return Some(0);
    }
    // units × grown has up to 192 bits: the whole lamports and the fraction are taken apart, so that
    // neither product needs more than 128.
    let from_whole = units.checked_mul(whole(grown))?;
    let from_fraction = whole(wide_mul(units, fraction(grown)));
    from_whole.checked_add(from_fraction)
}

/// Whole lamports of a Q64.64 number, rounded down.
fn whole(q64: u128) -> u64 {
    (q64 >> FRACTION_BITS) as u64
}

/// The fraction of a Q64.64 number.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the lower half is what is asked for"
)]
fn fraction(q64: u128) -> u64 {
    q64 as u64
}

/// The whole product of two `u64`.
#[expect(
    clippy::arithmetic_side_effects,
    reason = "two 64-bit numbers multiply to 128 bits"
)]
fn wide_mul(a: u64, b: u64) -> u128 {
    u128::from(a) * u128::from(b)
}

/// `q64 × factor`, `None` if it does not fit. Two 64-bit multiplications, where a checked one of
/// `u128` by `u128` would make four: on chain that is a tenth of a claim.
fn mul(q64: u128, factor: u64) -> Option<u128> {
    let low = wide_mul(fraction(q64), factor);
    let high = whole(q64).checked_mul(factor)?.checked_add(whole(low))?;
    Some((u128::from(high) << FRACTION_BITS) | u128::from(fraction(low)))
}

/// Seconds from `from` to `to`, zero if `to` is not later.
fn seconds_between(from: i64, to: i64) -> u64 {
    if to > from { to.abs_diff(from) } else { 0 }
}

#[cfg(test)]
#[allow(
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a test that overflows fails"
)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn running(amount: u64, seconds: u64) -> Stream {
        Stream::default().fold(amount, seconds, 0).unwrap()
    }

    #[test]
    fn a_lone_unit_earns_the_whole_stream() {
        let s = running(3_600, 3_600).settle(1, 3_600).unwrap();
        assert_eq!(owed_lamports(1, 0, s.acc), Some(3_600));
    }

    #[test]
    fn nothing_streams_after_the_end() {
        let s = running(1_000, 10).settle(4, 10).unwrap();
        assert_eq!(s.settle(4, 1_000_000).unwrap().acc, s.acc);
    }

    #[test]
    fn an_empty_pool_holds_its_stream_still() {
        let s = running(1_000, 10).settle(5, 4).unwrap();
        let held = s.settle(0, 1_004).unwrap();
        assert_eq!((held.acc, held.seconds_left(), held.end), (s.acc, 6, 1_010));
        assert_eq!(held.remaining(), s.remaining());
    }

    #[test]
    fn a_clock_that_goes_back_changes_nothing() {
        let s = running(1_000, 10).settle(5, 4).unwrap();
        assert_eq!(s.settle(5, 3), Some(s));
    }

    #[test]
    fn zero_seconds_is_no_stream() {
        assert_eq!(Stream::default().fold(1, 0, 0), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        /// Full range of the multiplication, against 256-bit arithmetic done by hand.
        #[test]
        fn owed_is_the_floor_of_the_true_product(units: u64, a: u128, b: u128) {
            let (then, now) = (a.min(b), a.max(b));
            let grown = now - then;
            let (lo, hi) = mul_256(grown, u128::from(units));
            let exact = (lo >> 64) | (hi << 64);
            let expected = if hi >> 64 == 0 { u64::try_from(exact).ok() } else { None };
            prop_assert_eq!(owed_lamports(units, then, now), expected);
            prop_assert_eq!(owed_lamports(units, now, then), if grown == 0 { Some(0) } else { None });
        }

        #[test]
        fn mul_is_the_checked_product(a: u128, shift in 0u32..128, b: u64) {
            for a in [a, a >> shift] {
                prop_assert_eq!(mul(a, b), a.checked_mul(u128::from(b)));
            }
        }

        /// Never pays more than was put in, and loses less than a lamport a settlement and position.
        #[test]
        fn a_stream_pays_at_most_what_was_folded_in(
            amount: u64,
            seconds in 1u64..100_000_000,
            units in prop::collection::vec(1u64..1 << 58, 1..5),
            stops in prop::collection::vec(1i64..50_000_000, 1..12),
        ) {
            let total: u64 = units.iter().sum();
            let mut s = running(amount, seconds);
            let mut now = 0;
            let mut paid = 0u128;
            let mut acc = 0;
            for stop in &stops {
                now += stop;
                s = s.settle(total, now).unwrap();
                for u in &units {
                    paid += u128::from(owed_lamports(*u, acc, s.acc).unwrap());
                }
                acc = s.acc;
            }
            let left = u128::from(s.remaining_lamports().unwrap());
            prop_assert!(paid + left <= u128::from(amount));
            let settlements = (stops.len() * (units.len() + 1) + 2) as u128;
            prop_assert!(u128::from(amount) - paid - left <= settlements);
        }

        /// Settling in between changes no total by more than the floor of each settlement.
        #[test]
        fn settling_often_loses_next_to_nothing(amount in 1u64..1 << 60, steps in 1i64..200) {
            let seconds = 86_400;
            let units = 1u64 << 57;
            let mut often = running(amount, seconds);
            for i in 1..=steps {
                often = often.settle(units, 86_400 * i / steps).unwrap();
            }
            let once = running(amount, seconds).settle(units, 86_400).unwrap();
            prop_assert!(often.acc <= once.acc && once.acc - often.acc <= steps as u128);
        }

        /// Folding keeps every lamport of the old stream, less the floor of the new rate.
        #[test]
        fn folding_conserves(a in 0u64..1 << 62, b in 0u64..1 << 62, t in 0i64..7_200, n in 1u64..1_000_000) {
            let old = running(a, 3_600).settle(10, t).unwrap();
            let new = old.fold(b, n, t).unwrap();
            let before = old.remaining().unwrap() + (u128::from(b) << 64);
            let after = new.remaining().unwrap();
            prop_assert!(after <= before && before - after < u128::from(n));
        }

        /// No input panics; a result is given or refused.
        #[test]
        fn no_input_panics(acc: u128, rate: u128, end: i64, last_update: i64, units: u64, now: i64, amount: u64, n: u64) {
            let s = Stream { acc, rate, end, last_update };
            if let Some(next) = s.settle(units, now) {
                prop_assert!(next.acc >= acc);
                prop_assert!(next.last_update >= last_update);
            }
            let _ = s.fold(amount, n, now);
            let _ = s.remaining_lamports();
        }
    }

    /// (low, high) 128 bits of the 256-bit product.
    fn mul_256(a: u128, b: u128) -> (u128, u128) {
        const FRACTION_MASK: u128 = u64::MAX as u128;
        let (a0, a1, b0, b1) = (a & FRACTION_MASK, a >> 64, b & FRACTION_MASK, b >> 64);
        let (ll, lh, hl, hh) = (a0 * b0, a0 * b1, a1 * b0, a1 * b1);
        let mid = (ll >> 64) + (lh & FRACTION_MASK) + (hl & FRACTION_MASK);
        (
            (ll & FRACTION_MASK) | (mid << 64),
            hh + (lh >> 64) + (hl >> 64) + (mid >> 64),
        )
    }
}
