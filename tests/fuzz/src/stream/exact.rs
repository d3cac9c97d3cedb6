//! The stream's functions in numbers too wide to overflow: each result as its description has it,
//! rounded down once, or none where it does not fit.

use ethnum::U256;
use primis_vault_math::Stream;

/// Bits of fraction of a Q64.64 number.
const FRACTION_BITS: u32 = 64;

/// Lamports not yet streamed, Q64.64.
pub fn remaining(stream: &Stream) -> Option<u128> {
    narrow(U256::from(stream.rate) * seconds(stream.last_update, stream.end))
}

/// [`Stream::settle`].
pub fn settle(stream: &Stream, total_units: u64, now: i64) -> Option<Stream> {
    if now <= stream.last_update {
        return Some(*stream);
    }
    let mut next = *stream;
    next.last_update = now;
    let passed = seconds(stream.last_update, now);
    let left = seconds(stream.last_update, stream.end);
    if left == 0 {
        return Some(next);
    }
    if total_units == 0 {
        let end = i128::from(stream.end) + i128::from(now) - i128::from(stream.last_update);
        next.end = i64::try_from(end).ok()?;
        return Some(next);
    }
    let streamed = U256::from(stream.rate) * passed.min(left);
    // What streams has to be a Q64.64 number itself.
    let streamed = U256::from(narrow(streamed)?);
    next.acc = narrow(U256::from(stream.acc) + streamed / U256::from(total_units))?;
    Some(next)
}

/// [`Stream::fold`].
pub fn fold(stream: &Stream, lamports: u64, length: u64, now: i64) -> Option<Stream> {
    let left = U256::from(remaining(stream)?);
    let total = narrow(left + (U256::from(lamports) << FRACTION_BITS))?;
    let end = i128::from(now) + i128::from(length);
    Some(Stream {
        acc: stream.acc,
        rate: total.checked_div(u128::from(length))?,
        end: i64::try_from(end).ok()?,
        last_update: now,
    })
}

/// [`primis_vault_math::owed_lamports`].
pub fn owed(units: u64, acc_then: u128, acc_now: u128) -> Option<u64> {
    let grown = acc_now.checked_sub(acc_then)?;
    let owed = (U256::from(units) * U256::from(grown)) >> FRACTION_BITS;
    u64::try_from(owed).ok()
}

/// Seconds from one moment to a later one, else zero.
fn seconds(from: i64, to: i64) -> U256 {
    let passed = i128::from(to) - i128::from(from);
    U256::from(u128::try_from(passed).unwrap_or(0))
}

fn narrow(number: U256) -> Option<u128> {
    u128::try_from(number).ok()
}
