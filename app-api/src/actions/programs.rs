//! Addresses of the cluster's own programs, and the one instruction of theirs that is needed.

use solana_address::Address;
use solana_instruction::{AccountMeta, Instruction};

/// The System program, which owns wallets.
pub(super) const SYSTEM: Address = Address::from_str_const("11111111111111111111111111111111");
/// Sets what a transaction may use and pays.
pub(super) const COMPUTE_BUDGET: Address =
    Address::from_str_const("ComputeBudget111111111111111111111111111111");
/// SPL Token.
pub(super) const TOKEN: Address =
    Address::from_str_const("TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA");
/// Token-2022.
pub(super) const TOKEN_2022: Address =
    Address::from_str_const("TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb");
/// Makes the one token account of a wallet that everybody can find.
pub(super) const ASSOCIATED_TOKEN: Address =
    Address::from_str_const("ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL");
/// Asserts what an account holds afterwards; some wallets add it to what they sign.
pub(super) const LIGHTHOUSE: Address =
    Address::from_str_const("L2TExMFKdjpN9kozasaurPirfHy9P8sbXoAN1qA3S95");

/// `CreateIdempotent` of the associated token program.
const CREATE_IDEMPOTENT: u8 = 1;
/// Where a token account keeps its balance.
const TOKEN_AMOUNT: usize = 64;

/// The wallet's token account of a mint that everybody can find.
pub(super) fn associated_token(wallet: &Address, program: &Address, mint: &Address) -> Address {
    let seeds = [wallet.as_ref(), program.as_ref(), mint.as_ref()];
    Address::find_program_address(&seeds, &ASSOCIATED_TOKEN).0
}

/// Creates it where it is missing; the wallet pays.
pub(super) fn create_associated_token(
    wallet: &Address,
    program: &Address,
    mint: &Address,
) -> Instruction {
    Instruction {
        program_id: ASSOCIATED_TOKEN,
        accounts: vec![
            AccountMeta::new(*wallet, true),
            AccountMeta::new(associated_token(wallet, program, mint), false),
            AccountMeta::new_readonly(*wallet, false),
            AccountMeta::new_readonly(*mint, false),
            AccountMeta::new_readonly(SYSTEM, false),
            AccountMeta::new_readonly(*program, false),
        ],
        data: vec![CREATE_IDEMPOTENT],
    }
}

/// Units in a token account's data; `None`: it is none.
pub(super) fn token_units(data: &[u8]) -> Option<u64> {
    data.get(TOKEN_AMOUNT..)?
        .first_chunk()
        .copied()
        .map(u64::from_le_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_associated_account_is_of_one_wallet_program_and_mint() {
        // That the program finds it there too is tested on the program itself, in tests/e2e.
        let [one, other] = [1, 2].map(|n| Address::new_from_array([n; 32]));
        let found = associated_token(&one, &TOKEN, &other);
        assert!(!found.is_on_curve());
        assert_ne!(found, associated_token(&other, &TOKEN, &one));
        assert_ne!(found, associated_token(&one, &TOKEN_2022, &other));
        let create = create_associated_token(&one, &TOKEN, &other);
        assert_eq!(create.accounts[1].pubkey, found);
    }

    #[test]
    fn units_lie_where_token_accounts_keep_them() {
        let mut data = [0; 165];
        data[64..72].copy_from_slice(&7_u64.to_le_bytes());
        assert_eq!(token_units(&data), Some(7));
        assert_eq!(token_units(&data[..70]), None);
    }
}
