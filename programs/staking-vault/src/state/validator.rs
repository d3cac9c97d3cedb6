//! A validator the vault's SOL may be delegated to.

use anchor_lang::prelude::*;

use crate::errors::{InvariantError, RuleError};

/// One allowed validator of a pool.
#[account]
pub struct Validator {
    /// Most principal it may hold, lamports; 0: none any more.
    pub cap_lamports: u64,
    /// Principal it holds, lamports.
    pub staked_lamports: u64,
    /// Unix second from which it may be delegated to.
    pub opens_at: i64,
    /// The pool.
    pub pool: Address,
    /// Its vote account.
    pub vote: Address,
    /// Layout version.
    pub version: u8,
    /// Bump of its address.
    pub bump: u8,
    /// Always zero.
    pub padding: [u8; 6],
    /// For later versions; zero.
    pub reserved: [u8; 32],
}

impl Validator {
    /// Books a delegation, within the cap and not before it opens.
    pub fn add_stake(&mut self, lamports: u64, now: i64) -> Result<()> {
        require!(now >= self.opens_at, RuleError::ValidatorNotOpen);
        let staked = self
            .staked_lamports
            .checked_add(lamports)
            .ok_or(InvariantError::Overflow)?;
        require!(staked <= self.cap_lamports, RuleError::OverValidatorCap);
        self.staked_lamports = staked;
        Ok(())
    }
}
