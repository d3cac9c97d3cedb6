//! Specification:
//! - the authority signs; the config is valid
//! - it can be applied after the vault's time lock; a second proposal starts the clock anew

use anchor_lang::prelude::*;

use crate::{
    errors::InvariantError,
    events::{ConfigProposed, log},
    state::{Config, Vault},
};

/// Accounts of `propose_config`.
#[derive(Accounts)]
pub struct ProposeConfig {
    /// The authority.
    pub authority: Signer,
    /// The vault.
    #[account(mut)]
    pub vault: Account<Vault>,
}

/// See the module.
pub(crate) fn handler(ctx: &mut Context<ProposeConfig>, config: Config) -> Result<()> {
    ctx.accounts
        .vault
        .require_authority(ctx.accounts.authority.address())?;
    config.validate()?;
    let now = Clock::get()?.unix_timestamp;
    let address = *ctx.accounts.vault.address();
    let vault = &mut ctx.accounts.vault;
    let applicable_at = now
        .checked_add_unsigned(vault.timelock_seconds)
        .ok_or(InvariantError::Overflow)?;
    vault.pending_config = config;
    vault.pending_config_at = applicable_at;
    log(&ConfigProposed {
        config,
        applicable_at,
        vault: address,
    });
    Ok(())
}
