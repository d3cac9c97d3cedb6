//! The program's way in and out, without a framework: the tests want nothing between.

use crate::{MAX_PAIRS, PAIR_BYTES, RESULT_BYTES, operations};

unsafe extern "C" {
    fn sol_set_return_data(data: *const u8, length: u64);
}

/// The instruction names accounts, is too long, or has no such operation.
const INVALID_INSTRUCTION: u64 = 1;

/// Applies the operation to each pair and returns the results.
///
/// # Safety
/// `input` is the runtime's serialised instruction.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn entrypoint(input: *mut u8) -> u64 {
    // SAFETY: the runtime writes the number of accounts first; without any, the length of the data
    // and the data follow.
    let data = unsafe {
        let words = input.cast::<u64>();
        if *words != 0 {
            return INVALID_INSTRUCTION;
        }
        core::slice::from_raw_parts(input.add(16), *words.add(1) as usize)
    };
    let Some((operation, pairs)) = data.split_first() else {
        return INVALID_INSTRUCTION;
    };
    let mut results = [0u8; MAX_PAIRS * RESULT_BYTES];
    let mut length = 0;
    for (pair, result) in pairs
        .chunks_exact(PAIR_BYTES)
        .zip(results.chunks_exact_mut(RESULT_BYTES))
    {
        let (a, b) = pair.split_at(PAIR_BYTES / 2);
        let Some((value, flag)) = operations::apply(*operation, word(a), word(b)) else {
            return INVALID_INSTRUCTION;
        };
        result[..16].copy_from_slice(&value.to_le_bytes());
        result[16] = u8::from(flag);
        length += RESULT_BYTES;
    }
    // SAFETY: `results` holds at least `length` bytes.
    unsafe { sol_set_return_data(results.as_ptr(), length as u64) };
    0
}

fn word(bytes: &[u8]) -> u128 {
    let mut word = [0u8; 16];
    word.copy_from_slice(bytes);
    u128::from_le_bytes(word)
}

/// Never reached: the program is built to abort on a panic.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}
