//! When a delivery is tried again: longer and longer, for a day.

use std::ops::RangeInclusive;

/// The pause after the first attempt, seconds; each is four times the one before.
const FIRST_SECONDS: i64 = 5;
/// The longest, seconds.
const LONGEST_SECONDS: i64 = 6 * 3_600;
/// How long it is tried, seconds.
pub(super) const TRIED_SECONDS: i64 = 86_400;
/// How much of a pause is left to chance, so that receivers that come back are not called by all at once.
pub(super) const JITTER_PERCENT: RangeInclusive<i64> = 80..=120;

/// When to try again after the attempt `number`, from 1, that ended at `now`; `None`: not within a day of
/// `created_at`. Unix seconds; `jitter` is of [`JITTER_PERCENT`].
pub(super) fn next_at(created_at: i64, number: i64, now: i64, jitter: i64) -> Option<i64> {
    let steps = u32::try_from(number.saturating_sub(1)).unwrap_or(0).min(16);
    let pause = FIRST_SECONDS
        .saturating_mul(4_i64.saturating_pow(steps))
        .min(LONGEST_SECONDS);
    let pause = pause.saturating_mul(jitter).checked_div(100)?;
    let next = now.saturating_add(pause.max(1));
    (next <= created_at.saturating_add(TRIED_SECONDS)).then_some(next)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn pauses_grow_to_six_hours() {
        let pause = |number| next_at(0, number, 0, 100).unwrap();
        let pauses: Vec<_> = (1..=9).map(pause).collect();
        assert_eq!(
            pauses,
            [5, 20, 80, 320, 1_280, 5_120, 20_480, 21_600, 21_600]
        );
        assert_eq!(next_at(0, 3, TRIED_SECONDS, 100), None);
    }

    proptest! {
        /// It ends within a day, after at least eight attempts.
        #[test]
        fn it_ends(jitters in prop::collection::vec(JITTER_PERCENT, 100)) {
            let (mut now, mut number) = (0, 1);
            for jitter in jitters {
                let Some(next) = next_at(0, number, now, jitter) else { break };
                prop_assert!(next > now && next <= TRIED_SECONDS);
                (now, number) = (next, number + 1);
            }
            prop_assert!((8..=20).contains(&number), "{number}");
        }
    }
}
