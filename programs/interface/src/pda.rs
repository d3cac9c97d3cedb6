//! The program's addresses.

use solana_address::Address;

use crate::ID;

/// The mint that stands for SOL in a pool's address.
pub const NATIVE_MINT: Address =
    Address::from_str_const("So11111111111111111111111111111111111111112");

fn derived(seeds: &[&[u8]]) -> Address {
    Address::find_program_address(seeds, &ID).0
}

/// Address of the vault with this id.
pub fn vault_address(id: u64) -> Address {
    derived(&[b"vault", &id.to_le_bytes()])
}

/// Address of a vault's pool for a mint; [`NATIVE_MINT`] is the SOL pool.
pub fn pool_address(vault: &Address, mint: &Address) -> Address {
    derived(&[b"pool", vault.as_ref(), mint.as_ref()])
}

/// Address of an owner's position in a pool.
pub fn position_address(pool: &Address, owner: &Address) -> Address {
    derived(&[b"position", pool.as_ref(), owner.as_ref()])
}

/// Address of a token pool's token account.
pub fn tokens_address(pool: &Address) -> Address {
    derived(&[b"tokens", pool.as_ref()])
}

/// Address of a validator's place on a pool's list, by its vote account.
pub fn validator_address(pool: &Address, vote: &Address) -> Address {
    derived(&[b"validator", pool.as_ref(), vote.as_ref()])
}

/// Address of a pool's delegation with this number; the next one's is `delegation_next`.
pub fn delegation_address(pool: &Address, number: u64) -> Address {
    derived(&[b"delegation", pool.as_ref(), &number.to_le_bytes()])
}

/// Address of the stake account of the delegation with this number.
pub fn stake_address(pool: &Address, number: u64) -> Address {
    derived(&[b"stake", pool.as_ref(), &number.to_le_bytes()])
}

/// Address of a pool's withdrawal ticket with this number; the next one's is `ticket_next`, the first
/// of the queue is `ticket_served`.
pub fn ticket_address(pool: &Address, number: u64) -> Address {
    derived(&[b"ticket", pool.as_ref(), &number.to_le_bytes()])
}
