//! Specification:
//! - anyone may fund; the amount is positive, the source known
//! - the lamports wait in the vault until the keeper distributes them

use anchor_lang::prelude::*;

use crate::{
    errors::{InputError, InvariantError},
    events::{Funded, log},
    lamports::transfer_in,
    state::{Source, Vault},
};

/// Accounts of `fund`.
#[derive(Accounts)]
pub struct Fund {
    /// Pays.
    #[account(mut)]
    pub funder: Signer,
    /// The vault; its account receives the lamports.
    #[account(mut)]
    pub vault: Account<Vault>,
    /// The System program.
    pub system_program: Program<System>,
}

/// See the module.
pub(crate) fn handler(ctx: &mut Context<Fund>, source: u8, lamports: u64) -> Result<()> {
    let accounts = &mut ctx.accounts;
    let kind = Source::try_from_arg(source)?;
    require!(lamports > 0, InputError::ZeroAmount);
    let state = accounts.vault.source_mut(kind);
    state.funded_lamports = state
        .funded_lamports
        .checked_add(lamports)
        .ok_or(InvariantError::Overflow)?;
    state.funded_total_lamports = state
        .funded_total_lamports
        .checked_add(lamports)
        .ok_or(InvariantError::Overflow)?;
    let funded_lamports = state.funded_lamports;
    transfer_in(
        accounts.funder.account(),
        accounts.vault.account(),
        lamports,
    );

    log(&Funded {
        amount_lamports: lamports,
        funded_lamports,
        source: u64::from(source),
        at: Clock::get()?.unix_timestamp,
        vault: *accounts.vault.address(),
        funder: *accounts.funder.address(),
    });
    accounts
        .vault
        .invariant(accounts.vault.account().lamports())
}
