//! A position: one owner's units in one pool, and what they earned.

use anchor_lang::{address_eq, prelude::*};
use primis_vault_math::owed_lamports;

use super::Pool;
use crate::errors::{AccountError, InputError, InvariantError};

/// One owner's stake in one pool.
#[account]
pub struct Position {
    /// Units of principal.
    pub units: u64,
    /// Lamports earned up to the last settlement and not yet claimed.
    pub owed_lamports: u64,
    /// Lamports ever claimed or compounded.
    pub claimed_total_lamports: u64,
    /// When it was opened, Unix seconds.
    pub opened_at: i64,
    /// Units in withdrawal tickets; they earn until they are paid out.
    pub ticket_units: u64,
    /// The pool's yield per unit at the last settlement, lamports, Q64.64.
    pub acc: PodU128,
    /// The pool.
    pub pool: Address,
    /// The owner: the only one principal and yield can go to.
    pub owner: Address,
    /// Layout version.
    pub version: u8,
    /// Bump of its address.
    pub bump: u8,
    /// Always zero.
    pub padding: [u8; 6],
    /// For later versions; zero.
    pub reserved: [u8; 64],
}

impl Position {
    /// The position belongs to this pool and this owner. With the account's owner and
    /// discriminator checked on loading, that makes its address right: only this program writes
    /// positions, and only at the address derived from both.
    pub fn require_of(&self, pool: &Address, owner: &Address) -> Result<()> {
        require!(
            address_eq(&self.pool, pool),
            AccountError::PositionOfAnotherPool
        );
        require!(
            address_eq(&self.owner, owner),
            AccountError::NotPositionOwner
        );
        Ok(())
    }

    /// Credits what the units earned since the last settlement. The pool must be settled.
    pub fn settle(&mut self, pool: &Pool) -> Result<()> {
        let acc = pool.acc.get();
        let earned =
            owed_lamports(self.units, self.acc.get(), acc).ok_or(InvariantError::Overflow)?;
        self.owed_lamports = self
            .owed_lamports
            .checked_add(earned)
            .ok_or(InvariantError::Overflow)?;
        self.acc = pool.acc;
        Ok(())
    }

    /// Adds units. Settle first.
    pub fn add_units(&mut self, units: u64) -> Result<()> {
        self.units = self
            .units
            .checked_add(units)
            .ok_or(InvariantError::Overflow)?;
        Ok(())
    }

    /// Units that no ticket holds.
    pub fn free_units(&self) -> u64 {
        self.units.saturating_sub(self.ticket_units)
    }

    /// Takes units away that no ticket holds. Settle first, but for an emergency.
    pub fn remove_units(&mut self, units: u64) -> Result<()> {
        require!(units <= self.free_units(), InputError::InsufficientUnits);
        self.units = self.units.saturating_sub(units);
        Ok(())
    }

    /// Empties what is owed and returns it, booked as claimed.
    pub fn take_owed(&mut self) -> Result<u64> {
        let owed = core::mem::take(&mut self.owed_lamports);
        self.claimed_total_lamports = self
            .claimed_total_lamports
            .checked_add(owed)
            .ok_or(InvariantError::Overflow)?;
        Ok(owed)
    }
}
