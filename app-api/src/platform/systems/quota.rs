//! When customers are told how far a month's included calls are used.

/// Parts of the included calls that are told of, percent.
const MARKS: [i64; 2] = [80, 100];

/// The parts that `calls` have reached, percent. A plan that includes none has no parts.
pub(crate) fn marks(included: i64, calls: i64) -> impl Iterator<Item = i64> {
    let (included, calls) = (i128::from(included), i128::from(calls));
    MARKS.into_iter().filter(move |percent| {
        // 64 and 7 bits multiplied stay within 128.
        let wanted = included.saturating_mul(i128::from(*percent));
        included > 0 && calls.saturating_mul(100) >= wanted
    })
}

#[cfg(test)]
mod tests {
    use super::marks;

    #[test]
    fn marks_are_reached_exactly() {
        const NONE: [i64; 0] = [];
        let at = |included, calls| marks(included, calls).collect::<Vec<_>>();
        assert_eq!(at(100_000, 79_999), NONE);
        assert_eq!(at(100_000, 80_000), [80]);
        assert_eq!(at(100_000, 99_999), [80]);
        assert_eq!(at(100_000, 100_000), [80, 100]);
        assert_eq!(at(3, 2), NONE);
        assert_eq!(at(3, 3), [80, 100]);
        assert_eq!(at(0, 5), NONE);
        assert_eq!(at(i64::MAX, i64::MAX), [80, 100]);
    }
}
