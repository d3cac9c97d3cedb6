//! Specification:
//! - the authority signs; the pool holds tokens; the source fits its kind and bounds
//! - it takes effect by `apply_price_source` when the vault's time lock has passed; proposing again
//!   replaces it and starts the time lock anew

use anchor_lang::{address_eq, prelude::*};

use crate::{
    errors::AccountError,
    events::{PriceSourceProposed, log},
    state::{Pool, PriceSource, Vault},
};

/// Accounts of `propose_price_source`.
#[derive(Accounts)]
pub struct ProposePriceSource {
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
    ctx: &mut Context<ProposePriceSource>,
    price_source: PriceSource,
) -> Result<()> {
    let accounts = &mut ctx.accounts;
    accounts
        .vault
        .require_authority(accounts.authority.address())?;
    accounts.pool.require_token()?;
    price_source.validate()?;
    let applicable_at = Clock::get()?
        .unix_timestamp
        .saturating_add_unsigned(accounts.vault.timelock_seconds);
    accounts.pool.pending_price_source = price_source;
    accounts.pool.pending_price_source_at = applicable_at;
    log(&PriceSourceProposed {
        price_source,
        applicable_at,
        pool: *accounts.pool.address(),
    });
    Ok(())
}
