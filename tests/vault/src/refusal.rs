//! Why a transaction was refused, in the terms of the program.

use primis_vault_interface::VaultError;
use solana_instruction_error::InstructionError;
use solana_transaction_error::TransactionError;

/// The reason of a failed transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// One of the program's own errors.
    Vault(VaultError),
    /// An error of the runtime or of Anchor's account checks.
    Instruction(InstructionError),
    /// The transaction did not reach the program.
    Transaction(TransactionError),
}

impl From<TransactionError> for Refusal {
    fn from(error: TransactionError) -> Self {
        match error {
            TransactionError::InstructionError(_, InstructionError::Custom(code)) => {
                VaultError::from_code(code).map_or(
                    Self::Instruction(InstructionError::Custom(code)),
                    Self::Vault,
                )
            }
            TransactionError::InstructionError(_, other) => Self::Instruction(other),
            other => Self::Transaction(other),
        }
    }
}

impl From<VaultError> for Refusal {
    fn from(error: VaultError) -> Self {
        Self::Vault(error)
    }
}

impl From<InstructionError> for Refusal {
    fn from(error: InstructionError) -> Self {
        Self::Instruction(error)
    }
}

/// Anchor's code for the same account passed twice where it is writable.
pub const DUPLICATE_MUTABLE_ACCOUNT: u32 = 2040;

impl Refusal {
    /// The same writable account was passed twice.
    pub fn duplicate_mutable_account() -> Self {
        Self::Instruction(InstructionError::Custom(DUPLICATE_MUTABLE_ACCOUNT))
    }
}
