//! The functions the Solana runtime provides; every other undefined symbol is a mistake.

/// Syscalls by name, as `solana-define-syscall` declares them.
const NAMES: [&str; 46] = [
    "abort",
    "sol_alloc_free_",
    "sol_alt_bn128_compression",
    "sol_alt_bn128_group_op",
    "sol_big_mod_exp",
    "sol_blake3",
    "sol_create_program_address",
    "sol_curve_decompress",
    "sol_curve_group_op",
    "sol_curve_multiscalar_mul",
    "sol_curve_pairing_map",
    "sol_curve_validate_point",
    "sol_get_clock_sysvar",
    "sol_get_epoch_rewards_sysvar",
    "sol_get_epoch_schedule_sysvar",
    "sol_get_epoch_stake",
    "sol_get_fees_sysvar",
    "sol_get_last_restart_slot",
    "sol_get_leader",
    "sol_get_processed_sibling_instruction",
    "sol_get_rent_sysvar",
    "sol_get_return_data",
    "sol_get_stack_height",
    "sol_get_sysvar",
    "sol_invoke_signed_c",
    "sol_invoke_signed_rust",
    "sol_keccak256",
    "sol_keccak_p1600",
    "sol_log_",
    "sol_log_64_",
    "sol_log_compute_units_",
    "sol_log_data",
    "sol_log_pubkey",
    "sol_memcmp_",
    "sol_memcpy_",
    "sol_memmove_",
    "sol_memset_",
    "sol_panic_",
    "sol_poseidon",
    "sol_remaining_compute_units",
    "sol_secp256k1_recover",
    "sol_set_return_data",
    "sol_sha256",
    "sol_sha512",
    "sol_try_find_program_address",
    // What the linker binds LLVM's trap to, `abort` by another name.
    "__bpf_trap",
];

/// Whether the runtime provides a function of this name.
#[must_use]
pub fn is_known(name: &str) -> bool {
    NAMES.contains(&name)
}

/// Whether a call to this constant address is a static syscall: the hash of a known name.
#[must_use]
pub fn is_known_hash(address: u64) -> bool {
    NAMES
        .iter()
        .any(|name| u64::from(murmur3_32(name.as_bytes())) == address)
}

/// Murmur3, 32 bits, seed 0: how the runtime numbers its syscalls.
fn murmur3_32(bytes: &[u8]) -> u32 {
    let mix = |word: u32| {
        word.wrapping_mul(0xcc9e_2d51)
            .rotate_left(15)
            .wrapping_mul(0x1b87_3593)
    };
    let mut hash = 0u32;
    let (words, tail) = bytes.as_chunks::<4>();
    for word in words {
        let word = u32::from_le_bytes(*word);
        hash = (hash ^ mix(word))
            .rotate_left(13)
            .wrapping_mul(5)
            .wrapping_add(0xe654_6b64);
    }
    let tail = tail
        .iter()
        .rev()
        .fold(0, |word, byte| word << 8 | u32::from(*byte));
    hash ^= mix(tail);
    hash ^= u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    hash = (hash ^ (hash >> 16)).wrapping_mul(0x85eb_ca6b);
    hash = (hash ^ (hash >> 13)).wrapping_mul(0xc2b2_ae35);
    hash ^ (hash >> 16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_the_runtimes() {
        // From the runtime's own table of syscall numbers.
        assert_eq!(murmur3_32(b"abort"), 0xb6fc_1a11);
        assert_eq!(murmur3_32(b"sol_log_"), 0x2075_59bd);
        assert!(is_known_hash(0x2075_59bd));
        assert!(!is_known_hash(1));
    }
}
