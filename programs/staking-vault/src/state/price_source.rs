//! How the price of a token is read.

use anchor_lang::prelude::*;
use bytemuck::{Pod, Zeroable};

use crate::errors::ConfigError;
use crate::seeds::{MAX_CONFIDENCE_BPS, MAX_PRICE_AGE_SECONDS, MAX_PRICE_MOVE_BPS};

/// Where a price comes from.
pub struct PriceKind;

impl PriceKind {
    /// SOL: none is read.
    pub const NONE: u8 = 0;
    /// Pyth's feed of the token's redemption rate in SOL.
    pub const PYTH_RATE: u8 = 1;
    /// Pyth's feeds of the token and of SOL, both in USD.
    pub const PYTH_USD: u8 = 2;
    /// The state of the SPL stake pool that issues the token.
    pub const STAKE_POOL: u8 = 3;
    /// Marinade's state.
    pub const MARINADE: u8 = 4;
}

/// How a token's price is read, and what is refused.
#[repr(C)]
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable, IdlType, AnchorSerialize, AnchorDeserialize,
)]
pub struct PriceSource {
    /// Pyth feed of the token; zero unless the kind is Pyth.
    pub feed: [u8; 32],
    /// Pyth feed of SOL in USD; zero unless the token's feed is in USD.
    pub quote_feed: [u8; 32],
    /// The issuer's state account; zero for Pyth, whose accounts come and go: there the feed binds.
    pub account: Address,
    /// Oldest price that is taken, seconds.
    pub max_age_seconds: u64,
    /// Furthest the price may move from its reference, basis points.
    pub max_move_bps: u64,
    /// Widest confidence interval of a Pyth price, basis points of it.
    pub max_confidence_bps: u64,
    /// One of [`PriceKind`].
    pub kind: u8,
    /// Always zero.
    pub padding: [u8; 7],
}

impl PriceSource {
    /// Refuses what could never give a price, or would take any.
    pub fn validate(&self) -> Result<()> {
        let (no_feed, no_address) = ([0; 32], Address::default());
        let fits = match self.kind {
            PriceKind::PYTH_RATE => {
                self.feed != no_feed && self.quote_feed == no_feed && self.account == no_address
            }
            PriceKind::PYTH_USD => {
                self.feed != no_feed
                    && self.quote_feed != no_feed
                    && self.feed != self.quote_feed
                    && self.account == no_address
            }
            PriceKind::STAKE_POOL | PriceKind::MARINADE => {
                self.feed == no_feed && self.quote_feed == no_feed && self.account != no_address
            }
            _ => false,
        };
        require!(
            fits && self.padding == [0; 7],
            ConfigError::PriceSourceInvalid
        );
        let pyth = matches!(self.kind, PriceKind::PYTH_RATE | PriceKind::PYTH_USD);
        let bounded = (1..=MAX_PRICE_AGE_SECONDS).contains(&self.max_age_seconds)
            && (1..=MAX_PRICE_MOVE_BPS).contains(&self.max_move_bps)
            && (!pyth || (1..=MAX_CONFIDENCE_BPS).contains(&self.max_confidence_bps));
        require!(bounded, ConfigError::PriceBoundsOutOfRange);
        Ok(())
    }
}
