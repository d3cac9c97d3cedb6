//! The SOL pool: what its units are worth, what of its principal is free, and how losses and
//! withdrawals take from it.

use anchor_lang::prelude::*;
use primis_vault_math::{BPS_DENOMINATOR, PRICE_SCALE, share_of, units_for, value_lamports};

use super::Pool;
use crate::{
    errors::{InputError, InvariantError, RuleError},
    state::{Position, Ticket},
};

impl Pool {
    /// Whether a unit is a lamport.
    pub fn is_at_par(&self) -> bool {
        self.price == PRICE_SCALE
    }

    /// Whether a unit is a lamport and no ticket waits, as almost always.
    fn is_plain(&self) -> bool {
        self.is_at_par() && self.ticket_units == 0
    }

    /// Makes a unit a lamport again where no unit is left that bears an earlier loss; whether it did.
    ///
    /// What rounding or a donation left in the pool stays there, nobody's: units are worth no more
    /// for it, and it is the first to bear a later loss.
    pub fn start_over(&mut self) -> bool {
        let starts = self.total_units == 0;
        if starts {
            self.price = PRICE_SCALE;
        }
        starts
    }

    /// Units that a deposit of lamports becomes, rounded down.
    pub fn units_for_deposit(&self, lamports: u64) -> Result<u64> {
        require!(self.price > 0, RuleError::UnitsWorthNothing);
        // More than there are numbers for is more than any cap.
        units_for(lamports, self.price).ok_or(InputError::OverPoolCap.into())
    }

    /// Lamports of principal that units stand for, rounded down.
    pub fn lamports_for(&self, units: u64) -> Result<u64> {
        value_lamports(units, self.price).ok_or(InvariantError::Overflow.into())
    }

    /// As many of `units` as `lamports` pay for, and what they stand for, lamports.
    pub fn units_within(&self, units: u64, lamports: u64) -> Result<(u64, u64)> {
        let worth = self.lamports_for(units)?;
        if worth <= lamports {
            return Ok((units, worth));
        }
        // They are worth more, so the price is not zero and fewer than them are bought.
        let units = units_for(lamports, self.price).ok_or(InvariantError::Overflow)?;
        Ok((units, self.lamports_for(units)?))
    }

    /// Free SOL that no ticket waits for, lamports.
    pub fn instant_lamports(&self, balance_lamports: u64) -> Result<u64> {
        let free = self.free_lamports(balance_lamports);
        if self.ticket_units == 0 {
            return Ok(free);
        }
        Ok(free.saturating_sub(self.ticket_lamports()?))
    }

    /// What the tickets wait for, lamports.
    #[cold]
    #[inline(never)]
    pub fn ticket_lamports(&self) -> Result<u64> {
        self.lamports_for(self.ticket_units)
    }

    /// Closes the first ticket of the queue to its owner; the next is the first.
    pub fn pass_ticket(&mut self, ticket: &mut Account<Ticket>, owner: AccountView) -> Result<()> {
        self.ticket_served = self
            .ticket_served
            .checked_add(1)
            .ok_or(InvariantError::Overflow)?;
        ticket.close(owner)?;
        Ok(())
    }

    /// What must stay free of the principal, lamports; rounded up, for it is a bound from below.
    pub fn buffer_lamports(&self, balance_lamports: u64) -> Result<u64> {
        let held = u128::from(self.held_lamports(balance_lamports)?);
        let buffer = held
            .checked_mul(u128::from(self.buffer_bps))
            .ok_or(InvariantError::Overflow)?
            .div_ceil(u128::from(BPS_DENOMINATOR));
        u64::try_from(buffer).map_err(|_| InvariantError::Overflow.into())
    }

    /// Takes the part of a loss that nothing covers out of every unit alike.
    pub fn recognise_loss(&mut self, lamports: u64, balance_lamports: u64) -> Result<()> {
        self.lost_total_lamports = self
            .lost_total_lamports
            .checked_add(lamports)
            .ok_or(InvariantError::Overflow)?;
        let held = self.held_lamports(balance_lamports)?;
        if held < self.value_lamports()? {
            // Rounded down: what is left over stays with the pool.
            self.price =
                share_of(held, PRICE_SCALE, self.total_units).ok_or(InvariantError::Overflow)?;
        }
        Ok(())
    }

    /// Lamports of principal held free, above the rent.
    pub fn free_lamports(&self, balance_lamports: u64) -> u64 {
        balance_lamports.saturating_sub(self.rent_lamports)
    }

    /// Lamports of principal held, free and staked.
    pub fn held_lamports(&self, balance_lamports: u64) -> Result<u64> {
        self.free_lamports(balance_lamports)
            .checked_add(self.staked_lamports)
            .ok_or(InvariantError::Overflow.into())
    }

    /// Takes units out of a position and the pool; returns the lamports they stand for. Refuses more
    /// than is free and no ticket waits for.
    pub fn take_units(
        &mut self,
        position: &mut Position,
        units: u64,
        balance_lamports: u64,
    ) -> Result<u64> {
        let free = self.free_lamports(balance_lamports);
        if self.is_plain() {
            require!(units <= position.units, InputError::InsufficientUnits);
            require!(units <= free, InputError::InsufficientLiquidity);
            position.units = position.units.saturating_sub(units);
            self.remove_units(units)?;
            return Ok(units);
        }
        self.take_units_beside_tickets(position, units, balance_lamports)
    }

    /// [`Pool::take_units`] where tickets wait or a loss was recognised.
    #[cold]
    #[inline(never)]
    fn take_units_beside_tickets(
        &mut self,
        position: &mut Position,
        units: u64,
        balance_lamports: u64,
    ) -> Result<u64> {
        let lamports = self.lamports_for(units)?;
        position.remove_units(units)?;
        let free = self.instant_lamports(balance_lamports)?;
        require!(lamports <= free, InputError::InsufficientLiquidity);
        self.remove_units(units)?;
        Ok(lamports)
    }

    /// Takes all units out of a position and the pool that can leave at once; returns units and
    /// lamports.
    pub fn take_all_units(
        &mut self,
        position: &mut Position,
        balance_lamports: u64,
    ) -> Result<(u64, u64)> {
        let free = self.free_lamports(balance_lamports);
        let units = position.units.min(free);
        if units > 0 && self.is_plain() {
            position.units = position.units.saturating_sub(units);
            self.remove_units(units)?;
            return Ok((units, units));
        }
        self.take_all_units_beside_tickets(position, balance_lamports)
    }

    /// [`Pool::take_all_units`] where tickets wait, a loss was recognised, or nothing can leave.
    #[cold]
    #[inline(never)]
    fn take_all_units_beside_tickets(
        &mut self,
        position: &mut Position,
        balance_lamports: u64,
    ) -> Result<(u64, u64)> {
        require!(position.units > 0, InputError::InsufficientUnits);
        let free = self.instant_lamports(balance_lamports)?;
        let (units, lamports) = self.units_within(position.free_units(), free)?;
        require!(units > 0, InputError::InsufficientLiquidity);
        position.remove_units(units)?;
        self.remove_units(units)?;
        Ok((units, lamports))
    }

    /// The principal, held and staked, covers the units. Called last wherever principal moves.
    pub fn invariant(&self, balance_lamports: u64) -> Result<()> {
        let held = self.held_lamports(balance_lamports)?;
        if held >= self.total_units {
            // A unit is never worth more than a lamport.
            return Ok(());
        }
        require!(
            held >= self.value_lamports()?,
            InvariantError::PrincipalShort
        );
        Ok(())
    }
}
