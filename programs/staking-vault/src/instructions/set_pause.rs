//! Specification:
//! - the guardian or the authority signs
//! - known flags only: deposits, distributions; nothing can pause withdrawals and claims
//! - the guardian can only add flags; the authority sets them as given, so a stolen guardian key
//!   can be undone and cannot undo

use anchor_lang::prelude::*;

use crate::{
    errors::{AccountError, InputError},
    events::{PauseSet, log},
    state::{Pause, Vault},
};

/// Accounts of `set_pause`.
#[derive(Accounts)]
pub struct SetPause {
    /// The guardian or the authority.
    pub signer: Signer,
    /// The vault.
    #[account(mut)]
    pub vault: Account<Vault>,
}

/// See the module.
pub(crate) fn handler(ctx: &mut Context<SetPause>, flags: u8) -> Result<()> {
    let by = *ctx.accounts.signer.address();
    let address = *ctx.accounts.vault.address();
    let vault = &mut ctx.accounts.vault;
    require!(flags & !Pause::ALL == 0, InputError::UnknownPauseFlags);
    if by == vault.authority {
        vault.paused = flags;
    } else {
        require!(by == vault.guardian, AccountError::NotGuardian);
        vault.paused |= flags;
    }
    log(&PauseSet {
        flags: u64::from(vault.paused),
        at: Clock::get()?.unix_timestamp,
        vault: address,
        by,
    });
    Ok(())
}
