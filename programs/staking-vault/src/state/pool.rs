//! A pool: one asset's principal and its stream of yield. `pool/native.rs`: what the SOL pool alone
//! does.

mod native;

use anchor_lang::prelude::*;
use primis_vault_math::{Stream, value_lamports};

use super::PriceSource;
use crate::errors::{InputError, InvariantError, RuleError};

/// What a pool holds.
pub struct PoolKind;

impl PoolKind {
    /// SOL, as the pool account's own lamports.
    pub const NATIVE: u8 = 0;
    /// A liquid staking token, in the pool's token account.
    pub const TOKEN: u8 = 1;
}

/// Whether a pool takes deposits. Withdrawals and claims are open in every status.
pub struct PoolStatus;

impl PoolStatus {
    /// Takes deposits.
    pub const ACTIVE: u8 = 0;
    /// Takes no deposits.
    pub const CLOSED_TO_DEPOSITS: u8 = 1;
    /// Takes neither deposits nor yield, and needs no price. What it streams it streams to the end.
    pub const RETIRED: u8 = 2;
}

/// One asset. A native pool's own lamports above its rent are the principal of its stakers.
#[account]
pub struct Pool {
    /// Lamports that keep the account alive and are nobody's principal.
    pub rent_lamports: u64,
    /// Units of all positions.
    pub total_units: u64,
    /// Principal delegated to validators, lamports.
    pub staked_lamports: u64,
    /// Largest `total_units` that deposits can reach.
    pub cap_units: u64,
    /// Smallest deposit.
    pub min_deposit_units: u64,
    /// Unix second the stream runs dry.
    pub stream_end: i64,
    /// Unix second up to which the stream is settled.
    pub last_update: i64,
    /// Lamports for 1,000,000,000 units; 0: not read yet. Of the SOL pool 1,000,000,000, less what
    /// recognised losses took of the units there are; 0: everything.
    pub price: u64,
    /// As of when the price is, Unix seconds.
    pub price_updated_at: i64,
    /// The price that the bound of moves is measured from.
    pub price_reference: u64,
    /// Since when it is the reference, Unix seconds.
    pub price_reference_at: i64,
    /// Unix second from which it takes deposits.
    pub opens_at: i64,
    /// Largest value that deposits can reach, lamports.
    pub cap_lamports: u64,
    /// Part of the SOL pool's principal that is never delegated, basis points.
    pub buffer_bps: u64,
    /// Units waiting in withdrawal tickets.
    pub ticket_units: u64,
    /// Number of the next ticket.
    pub ticket_next: u64,
    /// Number of the first ticket not yet served.
    pub ticket_served: u64,
    /// Number of the next delegation.
    pub delegation_next: u64,
    /// Principal in delegations that are being deactivated, lamports.
    pub deactivating_lamports: u64,
    /// Lamports of principal ever lost to slashing that the reserve did not cover.
    pub lost_total_lamports: u64,
    /// Lamports ever folded into the stream.
    pub streamed_total_lamports: u64,
    /// Lamports ever paid to or compounded for the pool's stakers.
    pub claimed_total_lamports: u64,
    /// Open positions.
    pub position_count: u64,
    /// Yield per unit, lamports, Q64.64.
    pub acc: PodU128,
    /// Lamports per second, Q64.64.
    pub rate: PodU128,
    /// The vault.
    pub vault: Address,
    /// The asset's mint; the native mint stands for SOL.
    pub mint: Address,
    /// The token program of the mint; the zero address for SOL.
    pub token_program: Address,
    /// The pool's token account; the zero address for SOL.
    pub token_account: Address,
    /// How the price is read.
    pub price_source: PriceSource,
    /// The proposed way.
    pub pending_price_source: PriceSource,
    /// Unix second from which it can be applied; 0: none is proposed.
    pub pending_price_source_at: i64,
    /// Layout version.
    pub version: u8,
    /// Bump of its address.
    pub bump: u8,
    /// Place among the vault's pools.
    pub index: u8,
    /// One of [`PoolKind`].
    pub kind: u8,
    /// One of [`PoolStatus`].
    pub status: u8,
    /// Decimals of the mint.
    pub decimals: u8,
    /// Always zero.
    pub padding: [u8; 2],
    /// For later versions; zero.
    pub reserved: [u8; 128],
}

impl Pool {
    /// The stream as numbers.
    pub fn stream(&self) -> Stream {
        Stream {
            acc: self.acc.get(),
            rate: self.rate.get(),
            end: self.stream_end,
            last_update: self.last_update,
        }
    }

    /// Takes a stream computed from [`Pool::stream`].
    fn set_stream(&mut self, stream: Stream) {
        self.acc = stream.acc.into();
        self.rate = stream.rate.into();
        self.stream_end = stream.end;
        self.last_update = stream.last_update;
    }

    /// Brings the stream up to `now`. Comes before every read or change of units or positions.
    ///
    /// Not inlined: where it is, registers spill and a withdrawal costs more.
    #[inline(never)]
    pub fn settle(&mut self, now: i64) -> Result<()> {
        let stream = self
            .stream()
            .settle(self.total_units, now)
            .ok_or(InvariantError::Overflow)?;
        self.set_stream(stream);
        Ok(())
    }

    /// Folds yield into the settled stream, to run for `seconds` from `now`.
    pub fn fold(&mut self, lamports: u64, seconds: u64, now: i64) -> Result<()> {
        let stream = self
            .stream()
            .fold(lamports, seconds, now)
            .ok_or(InvariantError::Overflow)?;
        self.set_stream(stream);
        self.streamed_total_lamports = self
            .streamed_total_lamports
            .checked_add(lamports)
            .ok_or(InvariantError::Overflow)?;
        Ok(())
    }

    /// Value of all units in lamports, rounded down.
    pub fn value_lamports(&self) -> Result<u64> {
        value_lamports(self.total_units, self.price).ok_or(InvariantError::Overflow.into())
    }

    /// Refuses any pool that is not the SOL pool.
    pub fn require_native(&self) -> Result<()> {
        require!(self.kind == PoolKind::NATIVE, InputError::NotTheNativePool);
        Ok(())
    }

    /// Refuses any pool that holds no token.
    pub fn require_token(&self) -> Result<()> {
        require!(self.kind == PoolKind::TOKEN, InputError::NotATokenPool);
        Ok(())
    }

    /// Value that a distribution goes by; a retired pool takes no part.
    pub fn yield_value_lamports(&self) -> Result<u64> {
        if self.status == PoolStatus::RETIRED {
            return Ok(0);
        }
        self.value_lamports()
    }

    /// Refuses to go by a price older than its source allows. SOL needs none, nor does a pool that
    /// takes no part.
    pub fn require_fresh_price(&self, now: i64) -> Result<()> {
        if self.kind == PoolKind::NATIVE || self.total_units == 0 {
            return Ok(());
        }
        let age = now.saturating_sub(self.price_updated_at);
        require!(
            self.status == PoolStatus::RETIRED
                || self.price > 0 && age <= self.price_source.max_age_seconds.cast_signed(),
            RuleError::StalePrice
        );
        Ok(())
    }

    /// Adds units, within status and cap.
    pub fn add_units(&mut self, units: u64) -> Result<()> {
        require!(
            self.status == PoolStatus::ACTIVE,
            RuleError::PoolClosedToDeposits
        );
        let total = self
            .total_units
            .checked_add(units)
            .ok_or(InputError::OverPoolCap)?;
        require!(total <= self.cap_units, InputError::OverPoolCap);
        self.total_units = total;
        Ok(())
    }

    /// Refuses a value above the pool's cap in SOL, by the last price; without one there is no value
    /// to hold against it.
    pub fn require_within_value_cap(&self) -> Result<()> {
        if self.cap_lamports == u64::MAX {
            return Ok(());
        }
        require!(self.price > 0, RuleError::StalePrice);
        require!(
            self.value_lamports()? <= self.cap_lamports,
            InputError::OverPoolCap
        );
        Ok(())
    }

    /// Takes units away.
    pub fn remove_units(&mut self, units: u64) -> Result<()> {
        // A pool with fewer units than one of its positions would fail its invariant right after.
        self.total_units = self.total_units.wrapping_sub(units);
        Ok(())
    }

    /// Books lamports paid to or compounded for a staker of the pool.
    pub fn book_claim(&mut self, lamports: u64) -> Result<()> {
        self.claimed_total_lamports = self
            .claimed_total_lamports
            .checked_add(lamports)
            .ok_or(InvariantError::Overflow)?;
        Ok(())
    }

    /// A token pool's account covers its units. Called last wherever tokens move.
    pub fn token_invariant(&self, balance_units: u64) -> Result<()> {
        require!(
            balance_units >= self.total_units,
            InvariantError::PrincipalShort
        );
        Ok(())
    }
}
