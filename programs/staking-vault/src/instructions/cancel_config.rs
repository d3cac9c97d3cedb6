//! Specification:
//! - the authority signs; a config is proposed

use anchor_lang::prelude::*;

use crate::{
    errors::RuleError,
    events::{ConfigCancelled, log},
    state::Vault,
};

/// Accounts of `cancel_config`.
#[derive(Accounts)]
pub struct CancelConfig {
    /// The authority.
    pub authority: Signer,
    /// The vault.
    #[account(mut)]
    pub vault: Account<Vault>,
}

/// See the module.
pub(crate) fn handler(ctx: &mut Context<CancelConfig>) -> Result<()> {
    ctx.accounts
        .vault
        .require_authority(ctx.accounts.authority.address())?;
    let address = *ctx.accounts.vault.address();
    let vault = &mut ctx.accounts.vault;
    require!(vault.pending_config_at != 0, RuleError::NoPendingConfig);
    vault.pending_config_at = 0;
    log(&ConfigCancelled {
        at: Clock::get()?.unix_timestamp,
        vault: address,
    });
    Ok(())
}
