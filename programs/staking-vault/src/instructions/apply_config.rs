//! Specification:
//! - anyone may apply a proposed config once its time lock has passed, so that a change that
//!   stakers have seen coming cannot be held back to surprise them later
//! - it binds later distributions only: running streams and funded lamports stay as they are

use anchor_lang::prelude::*;

use crate::{
    errors::RuleError,
    events::{ConfigApplied, log},
    state::Vault,
};

/// Accounts of `apply_config`.
#[derive(Accounts)]
pub struct ApplyConfig {
    /// The vault.
    #[account(mut)]
    pub vault: Account<Vault>,
}

/// See the module.
pub(crate) fn handler(ctx: &mut Context<ApplyConfig>) -> Result<()> {
    let now = Clock::get()?.unix_timestamp;
    let address = *ctx.accounts.vault.address();
    let vault = &mut ctx.accounts.vault;
    require!(vault.pending_config_at != 0, RuleError::NoPendingConfig);
    require!(
        now >= vault.pending_config_at,
        RuleError::TimelockNotElapsed
    );
    vault.config = vault.pending_config;
    vault.pending_config_at = 0;
    log(&ConfigApplied {
        config: vault.config,
        at: now,
        vault: address,
    });
    Ok(())
}
