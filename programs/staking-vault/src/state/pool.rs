//! A pool: one asset's principal and its stream of yield.

use anchor_lang::prelude::*;
use primis_vault_math::{Stream, value_lamports};

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
    /// Lamports for 1,000,000,000 units.
    pub price: u64,
    /// When the price was read, Unix seconds.
    pub price_updated_at: i64,
    /// Oldest price a distribution takes, seconds.
    pub price_max_age_seconds: u64,
    /// Largest move of one price update, basis points.
    pub price_max_move_bps: u64,
    /// Units waiting in withdrawal tickets.
    pub ticket_units: u64,
    /// Number of the next ticket.
    pub ticket_next: u64,
    /// Number of the first ticket not yet served.
    pub ticket_served: u64,
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
    /// The account prices are read from; the zero address for SOL.
    pub price_source: Address,
    /// A second price account where one is needed (SOL/USD beside LST/USD).
    pub price_source_quote: Address,
    /// Pyth feed of the first price account.
    pub price_feed: [u8; 32],
    /// Pyth feed of the second price account.
    pub price_feed_quote: [u8; 32],
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
    /// How the price is read.
    pub price_kind: u8,
    /// Decimals of the mint.
    pub decimals: u8,
    /// Always zero.
    pub padding: u8,
    /// For later versions; zero.
    pub reserved: [u8; 256],
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

    /// Takes units away.
    pub fn remove_units(&mut self, units: u64) -> Result<()> {
        self.total_units = self
            .total_units
            .checked_sub(units)
            .ok_or(InvariantError::Overflow)?;
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

    /// Lamports of principal a native pool holds free, above its rent.
    pub fn free_lamports(&self, balance_lamports: u64) -> u64 {
        balance_lamports.saturating_sub(self.rent_lamports)
    }

    /// A native pool's principal, held and staked, covers its units. Called last wherever
    /// principal moves.
    pub fn invariant(&self, balance_lamports: u64) -> Result<()> {
        let held = self
            .free_lamports(balance_lamports)
            .checked_add(self.staked_lamports)
            .ok_or(InvariantError::Overflow)?;
        require!(held >= self.total_units, InvariantError::PrincipalShort);
        Ok(())
    }
}
