//! The program's addresses.

use solana_address::Address;

use crate::ID;

/// The mint that stands for SOL in a pool's address.
pub const NATIVE_MINT: Address =
    Address::from_str_const("So11111111111111111111111111111111111111112");

/// Address of the vault with this id.
pub fn vault_address(id: u64) -> Address {
    Address::find_program_address(&[b"vault", &id.to_le_bytes()], &ID).0
}

/// Address of a vault's pool for a mint; [`NATIVE_MINT`] is the SOL pool.
pub fn pool_address(vault: &Address, mint: &Address) -> Address {
    Address::find_program_address(&[b"pool", vault.as_ref(), mint.as_ref()], &ID).0
}

/// Address of an owner's position in a pool.
pub fn position_address(pool: &Address, owner: &Address) -> Address {
    Address::find_program_address(&[b"position", pool.as_ref(), owner.as_ref()], &ID).0
}
