//! Addresses of base staking's accounts.

use primis_vault_interface::ID;
use solana_address::Address;

/// A validator's place on the list of a pool.
pub fn validator_address(pool: &Address, vote: &Address) -> Address {
    Address::find_program_address(&[b"validator", pool.as_ref(), vote.as_ref()], &ID).0
}

/// A delegation by its number.
pub fn delegation_address(pool: &Address, number: u64) -> Address {
    numbered(b"delegation", pool, number)
}

/// The stake account of a delegation.
pub fn stake_address(pool: &Address, number: u64) -> Address {
    numbered(b"stake", pool, number)
}

/// A withdrawal ticket by its number.
pub fn ticket_address(pool: &Address, number: u64) -> Address {
    numbered(b"ticket", pool, number)
}

fn numbered(seed: &[u8], pool: &Address, number: u64) -> Address {
    Address::find_program_address(&[seed, pool.as_ref(), &number.to_le_bytes()], &ID).0
}
