//! Specification:
//! - anyone may fund; the amount is positive, the source known
//! - the lamports wait in the vault until the keeper distributes them

use anchor_lang::prelude::*;

use crate::{
    errors::InputError,
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
    accounts.vault.book_funding(kind, lamports)?;
    let funded_lamports = accounts.vault.source(kind).funded_lamports;
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
