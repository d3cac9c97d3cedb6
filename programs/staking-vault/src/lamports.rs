//! The two ways lamports move: in from a wallet through the System program, out of an account of
//! this program by writing its balance.

use anchor_lang::prelude::*;
use pinocchio::{
    cpi::{CpiAccount, invoke_unchecked},
    instruction::{InstructionAccount, InstructionView},
};

use crate::errors::InvariantError;

/// Index of `Transfer` among the System program's instructions.
const SYSTEM_TRANSFER: u8 = 2;

/// Moves `lamports` from a signing wallet to an account of this program.
pub fn transfer_in(from: &AccountView, to: &AccountView, lamports: u64) {
    let mut data = [0u8; 12];
    data[0] = SYSTEM_TRANSFER;
    data[4..].copy_from_slice(&lamports.to_le_bytes());
    let accounts = [
        InstructionAccount::writable_signer(from.address()),
        InstructionAccount::writable(to.address()),
    ];
    let instruction = InstructionView {
        program_id: &System::id(),
        accounts: &accounts,
        data: &data,
    };
    let infos = [CpiAccount::from(from), CpiAccount::from(to)];
    // SAFETY: `invoke` would refuse because `to` is held as a typed account. A transfer changes
    // lamports only, never the data that the typed account points into, and the runtime checks
    // signer, writability and balance and aborts the transaction where they fail.
    #[expect(unsafe_code, reason = "see above")]
    unsafe {
        invoke_unchecked(&instruction, &infos);
    }
}

/// Moves `lamports` out of an account of this program. The caller checks the invariant after it.
pub fn pay_out(from: &AccountView, to: &AccountView, lamports: u64) -> Result<()> {
    let from_after = from
        .lamports()
        .checked_sub(lamports)
        .ok_or(InvariantError::YieldShort)?;
    let (mut from, mut to) = (*from, *to);
    from.set_lamports(from_after);
    let to_after = to
        .lamports()
        .checked_add(lamports)
        .ok_or(InvariantError::Overflow)?;
    to.set_lamports(to_after);
    Ok(())
}
