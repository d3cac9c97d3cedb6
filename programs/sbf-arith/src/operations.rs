//! The operations, by number. Operands arrive as `u128`; narrower ones use the low bits.

use crate::{Outcome, calls};

/// An operation and its name for test messages.
pub struct Operation {
    /// What it computes.
    pub name: &'static str,
    /// The computation.
    pub apply: fn(u128, u128) -> Outcome,
}

/// Applies operation number `index`; `None` when there is no such operation.
pub fn apply(index: u8, a: u128, b: u128) -> Option<Outcome> {
    OPERATIONS
        .get(usize::from(index))
        .map(|operation| (operation.apply)(a, b))
}

macro_rules! operations {
    ($($name:literal => |$a:ident, $b:ident| $body:expr;)*) => {
        /// Every operation; its number is its place.
        pub static OPERATIONS: &[Operation] = &[
            $(Operation { name: $name, apply: { fn apply($a: u128, $b: u128) -> Outcome { $body } apply } },)*
        ];
    };
}

operations! {
    "u128 add" => |a, b| carry(a.overflowing_add(b));
    "u128 sub" => |a, b| carry(a.overflowing_sub(b));
    "u128 mul" => |a, b| (a.wrapping_mul(b), false);
    "u128 mul overflow" => |a, b| carry(a.overflowing_mul(b));
    "u128 mul checked" => |a, b| option(a.checked_mul(b));
    "u128 mul saturating" => |a, b| (a.saturating_mul(b), false);
    "u128 add saturating" => |a, b| (a.saturating_add(b), a.saturating_sub(b) == 0);
    "u128 div" => |a, b| option(a.checked_div(b));
    "u128 rem" => |a, b| option(a.checked_rem(b));
    "u128 div by 64 bits" => |a, b| option(a.checked_div(b & u128::from(u64::MAX)));
    "u128 rem by 64 bits" => |a, b| option(a.checked_rem(b & u128::from(u64::MAX)));
    "u128 div by 10^9" => |a, _b| (a / 1_000_000_000, false);
    "u128 rem by 10^9" => |a, _b| (a % 1_000_000_000, false);
    "u128 mul then div" => |a, b| option(
        u128::from(a as u64).checked_mul(u128::from(b as u64)).and_then(|p| p.checked_div(b >> 64)));
    "u128 shl" => |a, b| (a.wrapping_shl(b as u32), false);
    "u128 shr" => |a, b| (a.wrapping_shr(b as u32), false);
    "u128 shl checked" => |a, b| option(a.checked_shl(b as u32 & 255));
    "u128 rotate left" => |a, b| (a.rotate_left(b as u32), false);
    "u128 rotate right" => |a, b| (a.rotate_right(b as u32), false);
    "u128 leading zeros" => |a, b| (u128::from(a.leading_zeros() << 8 | b.trailing_zeros()), false);
    "u128 count ones" => |a, b| (u128::from((a ^ b).count_ones()), false);
    "u128 swap bytes" => |a, b| (a.swap_bytes() ^ b.reverse_bits(), false);
    "u128 compare" => |a, b| (u128::from((a < b) as u8 | ((a <= b) as u8 * 2) | ((a == b) as u8 * 4)), false);
    "u128 power" => |a, b| option((a as u16 as u128).checked_pow(b as u32 & 15));
    "u128 square root" => |a, b| (a.isqrt(), a.isqrt() < b);
    "i128 mul" => |a, b| signed((a as i128).wrapping_mul(b as i128), false);
    "i128 mul overflow" => |a, b| signed_carry((a as i128).overflowing_mul(b as i128));
    "i128 mul saturating" => |a, b| signed((a as i128).saturating_mul(b as i128), false);
    "i128 add overflow" => |a, b| signed_carry((a as i128).overflowing_add(b as i128));
    "i128 sub overflow" => |a, b| signed_carry((a as i128).overflowing_sub(b as i128));
    "i128 div" => |a, b| signed_option((a as i128).checked_div(b as i128));
    "i128 rem" => |a, b| signed_option((a as i128).checked_rem(b as i128));
    "i128 div euclid" => |a, b| signed_option((a as i128).checked_div_euclid(b as i128));
    "i128 shl" => |a, b| signed((a as i128).wrapping_shl(b as u32), false);
    "i128 shr" => |a, b| signed((a as i128).wrapping_shr(b as u32), false);
    "i128 compare" => |a, b| {
        let (a, b) = (a as i128, b as i128);
        (u128::from((a < b) as u8 | ((a <= b) as u8 * 2) | ((a > 0) as u8 * 4)), a >= b)
    };
    "i128 abs" => |a, b| signed_option((a as i128).checked_abs().map(|x| x ^ (b as i128).signum()));
    "i128 negate" => |a, b| signed_carry((a as i128 ^ b as i128).overflowing_neg());
    "u64 widening mul" => |a, b| (u128::from(a as u64) * u128::from(b as u64), false);
    "u64 mul overflow" => |a, b| narrow((a as u64).overflowing_mul(b as u64));
    "u64 mul checked" => |a, b| option((a as u64).checked_mul(b as u64).map(u128::from));
    "u64 mul saturating" => |a, b| (u128::from((a as u64).saturating_mul(b as u64)), false);
    "u64 add overflow" => |a, b| narrow((a as u64).overflowing_add(b as u64));
    "u64 sub overflow" => |a, b| narrow((a as u64).overflowing_sub(b as u64));
    "u64 div rem" => |a, b| option((a as u64).checked_div(b as u64).map(|q| {
        u128::from(q) << 64 | u128::from((a as u64).wrapping_rem(b as u64))
    }));
    "u64 leading zeros" => |a, b| (u128::from((a as u64).leading_zeros() << 8 | (b as u64).trailing_zeros()), false);
    "u64 mul div by u128" => |a, b| option(
        (u128::from(a as u64) * u128::from((a >> 64) as u64)).checked_div(u128::from(b as u64).wrapping_add(1)));
    "i64 mul overflow" => |a, b| signed_narrow((a as i64).overflowing_mul(b as i64));
    "i64 mul checked" => |a, b| signed_option((a as i64).checked_mul(b as i64).map(i128::from));
    "i64 mul saturating" => |a, b| signed(i128::from((a as i64).saturating_mul(b as i64)), false);
    "i64 widening mul" => |a, b| signed(i128::from(a as i64) * i128::from(b as i64), false);
    "i64 div" => |a, b| signed_option((a as i64).checked_div(b as i64).map(i128::from));
    "i64 rem" => |a, b| signed_option((a as i64).checked_rem(b as i64).map(i128::from));
    "i64 div by 7" => |a, b| signed(i128::from((a as i64) / 7 + (b as i64) % 12_345), false);
    "i32 div" => |a, b| signed_option((a as i32).checked_div(b as i32).map(i128::from));
    "i32 rem" => |a, b| signed_option((a as i32).checked_rem(b as i32).map(i128::from));
    "i16 div" => |a, b| signed_option((a as i16).checked_div(b as i16).map(i128::from));
    "i8 rem" => |a, b| signed_option((a as i8).checked_rem(b as i8).map(i128::from));
    "u32 mul overflow" => |a, b| {
        let (value, flag) = (a as u32).overflowing_mul(b as u32);
        (u128::from(value), flag)
    };
    "i32 mul overflow" => |a, b| {
        let (value, flag) = (a as i32).overflowing_mul(b as i32);
        signed(i128::from(value), flag)
    };
    "call with seven arguments" => |a, b| calls::seven_arguments(a, b);
    "call with wide arguments" => |a, b| calls::wide_arguments(a, b);
    "call returning three words" => |a, b| calls::three_words(a, b);
    "recursion returning a pair" => |a, b| calls::recursion(a, b);
    "recursion returning u128" => |a, b| calls::wide_recursion(a, b);
    "call through a pointer" => |a, b| calls::through_pointer(a, b);
    "call through a trait" => |a, b| calls::through_trait(a, b);
    "memory copy and move" => |a, b| calls::copies(a, b);
    "memory compare and set" => |a, b| calls::compares(a, b);
}

fn carry((value, flag): (u128, bool)) -> Outcome {
    (value, flag)
}

fn option(value: Option<u128>) -> Outcome {
    (value.unwrap_or(u128::MAX), value.is_none())
}

fn narrow((value, flag): (u64, bool)) -> Outcome {
    (u128::from(value), flag)
}

fn signed(value: i128, flag: bool) -> Outcome {
    (value as u128, flag)
}

fn signed_carry((value, flag): (i128, bool)) -> Outcome {
    (value as u128, flag)
}

fn signed_narrow((value, flag): (i64, bool)) -> Outcome {
    (i128::from(value) as u128, flag)
}

fn signed_option(value: Option<i128>) -> Outcome {
    (value.unwrap_or(i128::MAX) as u128, value.is_none())
}
