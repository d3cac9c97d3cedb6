//! Specification:
//! - the authority signs
//! - the cap in SOL binds deposits of tokens only: one below what is there locks nobody in
//! - the buffer keeps at least a part of the SOL pool's principal from being delegated; a larger one
//!   takes nothing from validators by itself

use anchor_lang::{address_eq, prelude::*};
use primis_vault_math::BPS_DENOMINATOR;

use crate::{
    errors::{AccountError, ConfigError},
    events::{PoolLimitsSet, log},
    seeds::MIN_BUFFER_BPS,
    state::{Pool, Vault},
};

/// Accounts of `set_pool_limits`.
#[derive(Accounts)]
pub struct SetPoolLimits {
    /// Governs the vault.
    pub authority: Signer,
    /// The vault.
    pub vault: Account<Vault>,
    /// The pool.
    #[account(mut, constraint(address_eq(&pool.vault, vault.address()) @ AccountError::PoolOfAnotherVault))]
    pub pool: Account<Pool>,
}

/// See the module.
pub(crate) fn handler(
    ctx: &mut Context<SetPoolLimits>,
    cap_lamports: u64,
    buffer_bps: u64,
) -> Result<()> {
    let accounts = &mut ctx.accounts;
    accounts
        .vault
        .require_authority(accounts.authority.address())?;
    require!(
        (MIN_BUFFER_BPS..=BPS_DENOMINATOR).contains(&buffer_bps),
        ConfigError::BufferOutOfBounds
    );
    accounts.pool.cap_lamports = cap_lamports;
    accounts.pool.buffer_bps = buffer_bps;
    log(&PoolLimitsSet {
        cap_lamports,
        buffer_bps,
        at: Clock::get()?.unix_timestamp,
        pool: *accounts.pool.address(),
    });
    Ok(())
}
