//! Specification:
//! - the authority signs; nothing changes hands until the proposed key accepts
//! - the zero address withdraws a proposal

use anchor_lang::prelude::*;

use crate::{
    events::{RoleChanged, log},
    state::Vault,
};

/// Accounts of `propose_authority`.
#[derive(Accounts)]
pub struct ProposeAuthority {
    /// The authority.
    pub authority: Signer,
    /// The vault.
    #[account(mut)]
    pub vault: Account<Vault>,
}

/// See the module.
pub(crate) fn handler(ctx: &mut Context<ProposeAuthority>, new_authority: Address) -> Result<()> {
    ctx.accounts
        .vault
        .require_authority(ctx.accounts.authority.address())?;
    let address = *ctx.accounts.vault.address();
    let vault = &mut ctx.accounts.vault;
    vault.pending_authority = new_authority;
    log(&RoleChanged {
        role: 0,
        at: Clock::get()?.unix_timestamp,
        vault: address,
        before: vault.authority,
        after: new_authority,
    });
    Ok(())
}
