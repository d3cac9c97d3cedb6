//! Specification:
//! - the keeper or the authority signs; for the reserve, which pays losses, only the authority: a keeper
//!   cannot empty it before a loss is recognised
//! - the destination is the one address the config fixes for the bucket
//! - the amount is positive and within the bucket

use anchor_lang::{address_eq, prelude::*};

use crate::{
    errors::{AccountError, InputError, InvariantError},
    events::{BucketSwept, log},
    lamports::pay_out,
    state::{Bucket, Vault},
};

/// Accounts of `sweep_bucket`.
#[derive(Accounts)]
pub struct SweepBucket {
    /// The keeper or the authority.
    pub signer: Signer,
    /// The vault, which holds the bucket.
    #[account(mut)]
    pub vault: Account<Vault>,
    /// The address fixed for the bucket.
    #[account(mut)]
    pub destination: UncheckedAccount,
}

/// See the module.
pub(crate) fn handler(ctx: &mut Context<SweepBucket>, bucket: u8, lamports: u64) -> Result<()> {
    let accounts = &mut ctx.accounts;
    let kind = Bucket::try_from_arg(bucket)?;
    accounts
        .vault
        .require_may_sweep(accounts.signer.address(), kind)?;
    require!(lamports > 0, InputError::ZeroAmount);
    let destination = *accounts.destination.address();
    let fixed = *accounts.vault.config.sweep_address(kind);
    require!(
        !address_eq(&fixed, &Address::default()),
        InputError::SweepAddressUnset
    );
    require!(
        address_eq(&destination, &fixed),
        AccountError::WrongSweepAddress
    );

    let balance = accounts.vault.bucket_mut(kind);
    *balance = balance
        .checked_sub(lamports)
        .ok_or(InputError::InsufficientBucket)?;
    let left_lamports = *balance;
    if let Some(swept) = accounts
        .vault
        .swept_total_lamports
        .get_mut(usize::from(bucket).saturating_sub(1))
    {
        *swept = swept
            .checked_add(lamports)
            .ok_or(InvariantError::Overflow)?;
    }
    pay_out(
        accounts.vault.account(),
        accounts.destination.account(),
        lamports,
    )?;

    log(&BucketSwept {
        amount_lamports: lamports,
        left_lamports,
        bucket: u64::from(bucket),
        at: Clock::get()?.unix_timestamp,
        vault: *accounts.vault.address(),
        destination,
    });
    accounts
        .vault
        .invariant(accounts.vault.account().lamports())
}
