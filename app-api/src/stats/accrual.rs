//! What a position earns each second, for a page that counts along.

use primis_vault_interface::accounts::{Pool, Position};

/// Fraction bits of a Q64.64 number.
const FRACTION_BITS: u32 = 64;
/// Parts of a lamport that are told: nine decimals.
const NANO: u128 = 1_000_000_000;

/// How fast a position earns, and until when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Accrual {
    /// 10⁻⁹ lamports a second, rounded down.
    nano_lamports_per_second: u128,
    /// When the stream ends, Unix seconds; `None`: nothing streams to it.
    pub(super) until: Option<i64>,
}

impl Accrual {
    /// Of a position at `now`, Unix seconds: its part by units of the pool's rate. A pool that is newer
    /// than the position can have fewer units than it, or none any more. `None` where the numbers cannot
    /// be the program's.
    pub(super) fn of(position: &Position, pool: &Pool, now: i64) -> Option<Self> {
        let stream = pool.stream().settle(pool.total_units, now)?;
        let units = position.units.min(pool.total_units);
        if units == 0 || stream.seconds_left() == 0 || stream.rate == 0 {
            return Some(Self {
                nano_lamports_per_second: 0,
                until: None,
            });
        }
        let whole = (stream.rate >> FRACTION_BITS).checked_mul(NANO)?;
        let fraction = (stream.rate & u128::from(u64::MAX)).checked_mul(NANO)? >> FRACTION_BITS;
        let rate = whole.checked_add(fraction)?;
        let (units, total) = (u128::from(units), u128::from(pool.total_units));
        let nano_lamports_per_second = match rate.checked_mul(units) {
            Some(product) => product.checked_div(total)?,
            // Beyond 128 bits only for rates that make the last digits meaningless.
            None => rate.checked_div(total)?.checked_mul(units)?,
        };
        Some(Self {
            nano_lamports_per_second,
            until: Some(stream.end),
        })
    }

    /// Lamports a second as a decimal with nine places.
    pub(super) fn lamports_per_second(&self) -> String {
        let whole = self.nano_lamports_per_second.checked_div(NANO);
        let rest = self.nano_lamports_per_second.checked_rem(NANO);
        format!(
            "{}.{:09}",
            whole.unwrap_or_default(),
            rest.unwrap_or_default()
        )
    }
}

#[cfg(test)]
mod tests {
    use bytemuck::Zeroable as _;

    use super::*;

    #[test]
    fn a_third_of_a_lamport_a_second() {
        let stream = primis_vault_interface::math::Stream::default();
        let stream = stream.fold(1_000, 1_000, 0).unwrap();
        let pool = Pool {
            total_units: 3,
            rate: stream.rate.into(),
            stream_end: stream.end,
            ..Pool::zeroed()
        };
        let position = Position {
            units: 1,
            ..Position::zeroed()
        };
        let accrual = Accrual::of(&position, &pool, 10).unwrap();
        assert_eq!(accrual.lamports_per_second(), "0.333333333");
        assert_eq!(accrual.until, Some(1_000));
        let over = Accrual::of(&position, &pool, 1_000).unwrap();
        assert_eq!(
            (over.lamports_per_second().as_str(), over.until),
            ("0.000000000", None)
        );
        let huge = Pool {
            total_units: u64::MAX,
            rate: (u128::MAX >> 30).into(),
            ..pool
        };
        let position = Position {
            units: u64::MAX,
            ..position
        };
        assert!(Accrual::of(&position, &huge, 10).is_some());
        // Read before its owner left, and the pool after it.
        let left = Pool {
            total_units: 0,
            ..huge
        };
        let accrual = Accrual::of(&position, &left, 10).unwrap();
        assert_eq!(accrual.until, None);
    }
}
