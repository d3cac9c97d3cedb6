//! Specification:
//! - the proposed authority signs and takes over; the proposal is used up

use anchor_lang::prelude::*;

use crate::{
    errors::AccountError,
    events::{RoleChanged, log},
    state::Vault,
};

/// Accounts of `accept_authority`.
#[derive(Accounts)]
pub struct AcceptAuthority {
    /// The proposed authority.
    pub new_authority: Signer,
    /// The vault.
    #[account(mut)]
    pub vault: Account<Vault>,
}

/// See the module.
pub(crate) fn handler(ctx: &mut Context<AcceptAuthority>) -> Result<()> {
    let after = *ctx.accounts.new_authority.address();
    let address = *ctx.accounts.vault.address();
    let vault = &mut ctx.accounts.vault;
    require!(
        after == vault.pending_authority,
        AccountError::NotPendingAuthority
    );
    let before = vault.authority;
    vault.authority = after;
    vault.pending_authority = Address::default();
    log(&RoleChanged {
        role: 1,
        at: Clock::get()?.unix_timestamp,
        vault: address,
        before,
        after,
    });
    Ok(())
}
