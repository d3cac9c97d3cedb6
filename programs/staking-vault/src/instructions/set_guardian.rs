//! Specification:
//! - the authority signs; the guardian is replaced at once, for a lost or stolen key cannot wait
//! - the zero address leaves the vault without one

use anchor_lang::prelude::*;

use crate::{
    events::{RoleChanged, log},
    state::Vault,
};

/// Accounts of `set_guardian`.
#[derive(Accounts)]
pub struct SetGuardian {
    /// The authority.
    pub authority: Signer,
    /// The vault.
    #[account(mut)]
    pub vault: Account<Vault>,
}

/// See the module.
pub(crate) fn handler(ctx: &mut Context<SetGuardian>, guardian: Address) -> Result<()> {
    ctx.accounts
        .vault
        .require_authority(ctx.accounts.authority.address())?;
    let address = *ctx.accounts.vault.address();
    let vault = &mut ctx.accounts.vault;
    let before = core::mem::replace(&mut vault.guardian, guardian);
    log(&RoleChanged {
        role: 3,
        at: Clock::get()?.unix_timestamp,
        vault: address,
        before,
        after: guardian,
    });
    Ok(())
}
