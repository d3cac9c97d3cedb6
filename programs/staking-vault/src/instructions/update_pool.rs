//! Specification:
//! - the authority signs
//! - cap, minimum deposit and status bind deposits only: a cap below what is there, or a closed or
//!   retired pool, locks nobody in
//! - a retired pool takes no part in later distributions; what streams already streams to the end

use anchor_lang::{address_eq, prelude::*};

use crate::{
    errors::{AccountError, ConfigError, InputError},
    events::{PoolUpdated, log},
    state::{Pool, PoolStatus, Vault},
};

/// Accounts of `update_pool`.
#[derive(Accounts)]
pub struct UpdatePool {
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
    ctx: &mut Context<UpdatePool>,
    cap_units: u64,
    min_deposit_units: u64,
    status: u8,
) -> Result<()> {
    ctx.accounts
        .vault
        .require_authority(ctx.accounts.authority.address())?;
    require!(
        (1..=cap_units).contains(&min_deposit_units),
        ConfigError::MinimumDepositOutOfBounds
    );
    require!(status <= PoolStatus::RETIRED, InputError::UnknownPoolStatus);
    let address = *ctx.accounts.pool.address();
    let pool = &mut ctx.accounts.pool;
    pool.cap_units = cap_units;
    pool.min_deposit_units = min_deposit_units;
    pool.status = status;
    log(&PoolUpdated {
        cap_units,
        min_deposit_units,
        status: u64::from(status),
        pool: address,
    });
    Ok(())
}
