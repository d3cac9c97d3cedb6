//! Specification:
//! - the position's owner signs; the tokens go to a token account of theirs; never paused, open in
//!   every pool status, no price needed
//! - all units leave
//! - no reward state is read or changed: it works even if settling does not. Yield earned since the
//!   last settlement is given up; what was owed at it stays claimable

use anchor_lang::prelude::*;

use super::withdraw_lst::{WithdrawLst, pay};
use crate::errors::InputError;

/// See the module.
pub(crate) fn handler(ctx: &mut Context<WithdrawLst>) -> Result<()> {
    let accounts = &mut ctx.accounts;
    accounts
        .position
        .require_of(accounts.pool.address(), accounts.owner.address())?;
    accounts.pool.require_token()?;
    let units = accounts.position.units;
    require!(units > 0, InputError::InsufficientUnits);
    pay(accounts, units, Clock::get()?.unix_timestamp, 1)
}
