//! A stake account of the vault, and the principal in it.

use anchor_lang::{address_eq, prelude::*};

use super::Pool;
use crate::errors::AccountError;

/// What a delegation does.
pub struct DelegationStatus;

impl DelegationStatus {
    /// Earns rewards, or is about to.
    pub const ACTIVE: u8 = 0;
    /// Is being deactivated; its SOL returns with the next epoch.
    pub const DEACTIVATING: u8 = 1;
}

/// One stake account: staker and withdrawer are the pool.
#[account]
pub struct Delegation {
    /// Its number in the pool.
    pub number: u64,
    /// Principal in the stake account, lamports. What lies above it and the rent is reward.
    pub principal_lamports: u64,
    /// What was delegated to the validator with it, lamports: what its cap counts.
    pub delegated_lamports: u64,
    /// Rent of the stake account, paid by `payer`, lamports.
    pub rent_lamports: u64,
    /// Rewards ever harvested from it, lamports.
    pub harvested_total_lamports: u64,
    /// When it was delegated, Unix seconds.
    pub delegated_at: i64,
    /// The pool.
    pub pool: Address,
    /// The validator's vote account.
    pub vote: Address,
    /// The stake account.
    pub stake: Address,
    /// Gets the rents back.
    pub payer: Address,
    /// Layout version.
    pub version: u8,
    /// Bump of its address.
    pub bump: u8,
    /// Bump of the stake account's address.
    pub stake_bump: u8,
    /// One of [`DelegationStatus`].
    pub status: u8,
    /// Always zero.
    pub padding: [u8; 4],
    /// For later versions; zero.
    pub reserved: [u8; 32],
}

impl Delegation {
    /// It belongs to this pool and this stake account.
    pub fn require_of(&self, pool: &Account<Pool>, stake: &Address) -> Result<()> {
        require!(
            address_eq(&self.pool, pool.address()),
            AccountError::DelegationOfAnotherPool
        );
        require!(
            address_eq(&self.stake, stake),
            AccountError::WrongStakeAccount
        );
        Ok(())
    }
}
