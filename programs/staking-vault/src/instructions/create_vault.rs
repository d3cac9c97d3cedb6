//! Specification:
//! - anyone may create a vault; the signer pays its rent and becomes its authority
//! - the address is `["vault", id]`; a prefunded one still works, a used one is refused
//! - the time lock is within bounds and fixed for good
//! - the config is valid
//! - the first interval of both sources begins now

use anchor_lang::prelude::*;

use crate::{
    errors::ConfigError,
    events::{VaultCreated, log},
    seeds::{ACCOUNT_VERSION, MAX_TIMELOCK_SECONDS, MIN_TIMELOCK_SECONDS, VAULT_SEED},
    state::{Config, Vault},
};

/// Accounts of `create_vault`.
#[derive(Accounts)]
#[instruction(id: u64)]
pub struct CreateVault {
    /// Pays, and governs the vault from here on.
    #[account(mut)]
    pub authority: Signer,
    /// The vault.
    #[account(init, payer = authority, seeds = [VAULT_SEED, &id.to_le_bytes()], bump)]
    pub vault: Account<Vault>,
    /// The System program.
    pub system_program: Program<System>,
}

/// See the module.
pub(crate) fn handler(
    ctx: &mut Context<CreateVault>,
    id: u64,
    keeper: Address,
    guardian: Address,
    timelock_seconds: u64,
    config: Config,
) -> Result<()> {
    require!(
        (MIN_TIMELOCK_SECONDS..=MAX_TIMELOCK_SECONDS).contains(&timelock_seconds),
        ConfigError::TimelockOutOfBounds
    );
    config.validate()?;
    let now = Clock::get()?.unix_timestamp;
    let authority = *ctx.accounts.authority.address();
    let address = *ctx.accounts.vault.address();
    let rent_lamports = ctx.accounts.vault.min_lamports()?;
    let bump = ctx.bumps.vault;

    let vault = &mut ctx.accounts.vault;
    vault.version = ACCOUNT_VERSION;
    vault.bump = bump;
    vault.id = id;
    vault.rent_lamports = rent_lamports;
    vault.timelock_seconds = timelock_seconds;
    vault.config = config;
    vault.authority = authority;
    vault.keeper = keeper;
    vault.guardian = guardian;
    vault.staking.last_interval_id = now;
    vault.compute.last_interval_id = now;

    log(&VaultCreated {
        id,
        at: now,
        vault: address,
        authority,
    });
    Ok(())
}
