//! Calls whose signatures do not fit BPF's registers, and memory functions of run-time lengths.
//!
//! `inline(never)` and `black_box` keep the calls real; inlined they would test nothing.

use core::hint::black_box;

use crate::Outcome;

/// Seven words in, a wide result out.
pub fn seven_arguments(a: u128, b: u128) -> Outcome {
    #[inline(never)]
    fn seven(a: u64, b: u64, c: u8, d: i32, e: u64, f: bool, g: u16) -> u64 {
        let sum = a.wrapping_mul(3) ^ b.rotate_left(7) ^ u64::from(c) ^ (i64::from(d) as u64);
        sum.wrapping_add(e).wrapping_add(u64::from(f)) ^ u64::from(g)
    }
    let (low, high) = (a as u64, (a >> 64) as u64);
    let value = black_box(seven as fn(u64, u64, u8, i32, u64, bool, u16) -> u64)(
        low,
        high,
        b as u8,
        b as i32,
        (b >> 64) as u64,
        b & 1 == 1,
        b as u16,
    );
    (u128::from(value), false)
}

/// Arguments that fill two registers each, partly past the fifth.
pub fn wide_arguments(a: u128, b: u128) -> Outcome {
    #[inline(never)]
    fn wide(a: u128, b: i128, c: u128, d: u64) -> (u128, bool) {
        (a.wrapping_add(c) ^ b as u128, d > a as u64)
    }
    black_box(wide as fn(u128, i128, u128, u64) -> (u128, bool))(a, b as i128, a ^ b, b as u64)
}

/// A result of three words.
pub fn three_words(a: u128, b: u128) -> Outcome {
    #[inline(never)]
    fn three(a: u64, b: u64) -> (u64, u64, bool) {
        (a.wrapping_add(b), a.wrapping_sub(b), a < b)
    }
    let (x, y, flag) = black_box(three as fn(u64, u64) -> (u64, u64, bool))(a as u64, b as u64);
    (u128::from(x) << 64 | u128::from(y), flag)
}

/// Recursion through a function that returns a pair: it cannot be inlined away.
pub fn recursion(a: u128, b: u128) -> Outcome {
    #[inline(never)]
    fn descend(a: u64, b: u64, depth: u8) -> (u64, bool) {
        if depth == 0 {
            return (a ^ b, a > b);
        }
        let (x, flag) = descend(b.rotate_left(5), a.wrapping_mul(7), black_box(depth - 1));
        let (y, other) = if depth & 1 == 0 {
            descend(x, b, depth / 2)
        } else {
            (a, flag)
        };
        (x.wrapping_add(y), flag ^ other)
    }
    let (value, flag) = descend(a as u64, b as u64, (b >> 64) as u8 & 7);
    (u128::from(value), flag)
}

/// Recursion that returns 128 bits.
pub fn wide_recursion(a: u128, b: u128) -> Outcome {
    #[inline(never)]
    fn power(base: u128, exponent: u8) -> u128 {
        match exponent {
            0 => 1,
            n if n & 1 == 0 => {
                let half = power(base, n / 2);
                half.wrapping_mul(half)
            }
            n => base.wrapping_mul(power(base, black_box(n - 1))),
        }
    }
    (power(a, b as u8 & 31), false)
}

/// A function pointer to a function with a wide result, chosen at run time.
pub fn through_pointer(a: u128, b: u128) -> Outcome {
    #[inline(never)]
    fn sum(a: u128, b: u128) -> Outcome {
        a.overflowing_add(b)
    }
    #[inline(never)]
    fn difference(a: u128, b: u128) -> Outcome {
        a.overflowing_sub(b)
    }
    let table: [fn(u128, u128) -> Outcome; 2] = black_box([sum, difference]);
    let chosen = if a & 1 == 0 { table[0] } else { table[1] };
    chosen(a, b)
}

trait Shape {
    fn measure(&self, a: u64, b: u64, c: u64, d: u64, e: u64) -> Option<u128>;
}

struct Sum(u64);
struct Product(u64);

impl Shape for Sum {
    fn measure(&self, a: u64, b: u64, c: u64, d: u64, e: u64) -> Option<u128> {
        let words = [a, b, c, d, e, self.0];
        (a != e).then(|| {
            words
                .iter()
                .fold(0u128, |sum, word| sum.wrapping_add(u128::from(*word)))
        })
    }
}

impl Shape for Product {
    fn measure(&self, a: u64, b: u64, c: u64, d: u64, e: u64) -> Option<u128> {
        u128::from(a ^ c)
            .checked_mul(u128::from(b ^ d))?
            .checked_add(u128::from(e ^ self.0))
    }
}

/// A method of a trait object: called through its table, with six words in and an option out.
pub fn through_trait(a: u128, b: u128) -> Outcome {
    let (sum, product) = (Sum(a as u64), Product(b as u64));
    let shapes: [&dyn Shape; 2] = black_box([&sum, &product]);
    let chosen = if b & 2 == 0 { shapes[0] } else { shapes[1] };
    let value = chosen.measure(
        a as u64,
        (a >> 64) as u64,
        b as u64,
        (b >> 64) as u64,
        a as u8 as u64,
    );
    (value.unwrap_or(7), value.is_none())
}

/// Copies of lengths known at run time, overlapping too.
pub fn copies(a: u128, b: u128) -> Outcome {
    let mut bytes = [0u8; 64];
    bytes[..16].copy_from_slice(&a.to_le_bytes());
    bytes[16..32].copy_from_slice(&b.to_le_bytes());
    let (from, to) = (a as usize & 15, b as usize & 15);
    let length = (a >> 8) as usize & 31;
    bytes.copy_within(from..from + length, to + 1);
    let (left, right) = bytes.split_at_mut(32);
    let length = (b >> 8) as usize & 31;
    right[..length].copy_from_slice(&left[..length]);
    (digest(&bytes), length > 15)
}

/// Comparison and filling of lengths known at run time.
pub fn compares(a: u128, b: u128) -> Outcome {
    let (mut left, right) = (a.to_le_bytes(), b.to_le_bytes());
    let length = (a >> 16) as usize & 15;
    left[..length].fill(b as u8);
    let order = left[..length].cmp(&right[..length]) as i8;
    let same = left[length..] == right[length..];
    (digest(&left) ^ u128::from(order as u8), same)
}

/// Every byte and its place matter.
fn digest(bytes: &[u8]) -> u128 {
    bytes.iter().fold(0x9e37, |hash, byte| {
        hash.rotate_left(11) ^ u128::from(*byte)
    })
}
