//! Price accounts, written field by field as Pyth, SPL stake pools and Marinade publish them.

use primis_vault_interface::types::PriceSource;
use sha2::{Digest as _, Sha256};
use solana_address::Address;
use solana_clock::Clock;
use solana_signer::Signer;

use crate::{World, key, tokens::Lst};

/// Pyth's receiver program.
pub const PYTH: Address = Address::from_str_const("rec5EKMGg6MxZYaMdyBfgwp4d5rB9T1VQH5pJv5LtFJ");
/// The SPL stake pool program.
pub const STAKE_POOL: Address =
    Address::from_str_const("SPoo1Ku8WFXoNDMHPsrGSTSG1Y47rzgn41SLUNakuHy");
/// Marinade.
pub const MARINADE: Address =
    Address::from_str_const("MarBmsSgKXdrN1egZf5sqe1TMai9K1rChYNDJgjq7aD");
/// Pyth's feed of SOL in USD.
pub const SOL_USD_FEED: [u8; 32] = [0xef; 32];
/// SOL in USD wherever a price is in USD: 150.00.
const SOL_USD: i64 = 15_000_000_000;

/// Where a pool's price comes from; the numbers of the program's `PriceKind`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Oracle {
    /// Pyth's redemption rate.
    PythRate = 1,
    /// Pyth's USD prices of token and SOL.
    PythUsd = 2,
    /// The issuer's SPL stake pool.
    StakePool = 3,
    /// Marinade's state.
    Marinade = 4,
}

/// Anchor's first eight bytes of an account.
fn discriminator(name: &str) -> Vec<u8> {
    let hash = Sha256::digest(format!("account:{name}"));
    hash.iter().take(8).copied().collect()
}

/// `PriceUpdateV2` of `pyth_solana_receiver_sdk`.
#[derive(Clone, Copy, Debug)]
pub struct PythUpdate {
    /// Signatures checked; `None`: all.
    pub partial: Option<u8>,
    /// The feed.
    pub feed: [u8; 32],
    /// Without its power of ten.
    pub price: i64,
    /// Half of the interval the price lies in.
    pub confidence: u64,
    /// Power of ten.
    pub exponent: i32,
    /// When, Unix seconds.
    pub publish_time: i64,
}

impl PythUpdate {
    /// The account's data; the receiver makes every account as long as the longest.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut data = discriminator("PriceUpdateV2");
        data.extend_from_slice(key("pyth writer").pubkey().as_ref());
        match self.partial {
            Some(signatures) => data.extend_from_slice(&[0, signatures]),
            None => data.push(1),
        }
        data.extend_from_slice(&self.feed);
        data.extend_from_slice(&self.price.to_le_bytes());
        data.extend_from_slice(&self.confidence.to_le_bytes());
        data.extend_from_slice(&self.exponent.to_le_bytes());
        data.extend_from_slice(&self.publish_time.to_le_bytes());
        data.extend_from_slice(&(self.publish_time - 1).to_le_bytes()); // previous publish time
        data.extend_from_slice(&(self.price - 7).to_le_bytes()); // averaged price
        data.extend_from_slice(&(self.confidence + 7).to_le_bytes()); // averaged confidence
        data.extend_from_slice(&300_000_000u64.to_le_bytes()); // slot it was posted at
        data.resize(134, 0);
        data
    }
}

/// `StakePool` of `spl_stake_pool`; what no price needs is filled with bytes that are no zeros.
#[derive(Clone, Copy, Debug)]
pub struct StakePoolState {
    /// 1: a stake pool, 2: its validator list.
    pub account_type: u8,
    /// The token's mint.
    pub mint: Address,
    /// What it holds.
    pub total_lamports: u64,
    /// What it has issued.
    pub token_supply: u64,
    /// The epoch both are of.
    pub last_update_epoch: u64,
}

impl StakePoolState {
    /// The account's data.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut data = vec![self.account_type];
        for role in ["manager", "staker", "deposit authority"] {
            data.extend_from_slice(key(role).pubkey().as_ref());
        }
        data.push(254); // bump of the withdraw authority
        for account in ["validator list", "reserve stake"] {
            data.extend_from_slice(key(account).pubkey().as_ref());
        }
        data.extend_from_slice(self.mint.as_ref());
        data.extend_from_slice(key("manager fees").pubkey().as_ref());
        data.extend_from_slice(crate::tokens::TOKEN.as_ref());
        data.extend_from_slice(&self.total_lamports.to_le_bytes());
        data.extend_from_slice(&self.token_supply.to_le_bytes());
        data.extend_from_slice(&self.last_update_epoch.to_le_bytes());
        data.resize(611, 0x5a); // lockup, fees, preferred validators, last epoch's totals
        data
    }
}

/// `State` of `marinade_finance`.
#[derive(Clone, Copy, Debug)]
pub struct MarinadeState {
    /// mSOL.
    pub mint: Address,
    /// SOL per mSOL, 32 bits of fraction.
    pub price: u64,
}

impl MarinadeState {
    /// The account's data.
    pub fn to_bytes(&self) -> Vec<u8> {
        /// Account, item size, count, and two fields kept for later.
        const LIST: usize = 32 + 4 + 4 + 32 + 4;
        let mut data = discriminator("State");
        data.extend_from_slice(self.mint.as_ref());
        let mut skip = |bytes: usize| data.resize(data.len() + bytes, 0xa5);
        skip(32 * 3); // admin, operational account, treasury's mSOL
        skip(1 + 1 + 8 + 4); // two bumps, rent of a token account, reward fee
        skip(LIST + 8 + 1 + 1 + 8 + 8 + 8 + 4); // stake system
        skip(LIST + 32 + 4 + 8 + 1); // validator system
        skip(32 + 3 + 32 + 8 + 4 * 3 + 8 * 3); // liquidity pool
        skip(8 + 8); // reserve's balance, mSOL's supply
        data.extend_from_slice(&self.price.to_le_bytes());
        data.resize(1_000, 0xa5); // tickets, limits, pause
        data
    }
}

impl Lst {
    /// The pool's price source: an hour, 5 % a day, 1 % of confidence.
    pub fn rules(&self) -> PriceSource {
        let (no_feed, feed) = ([0; 32], self.feed());
        let (feed, quote_feed, account) = match self.oracle {
            Oracle::PythRate => (feed, no_feed, Address::default()),
            Oracle::PythUsd => (feed, SOL_USD_FEED, Address::default()),
            Oracle::StakePool | Oracle::Marinade => (no_feed, no_feed, self.source),
        };
        PriceSource {
            feed,
            quote_feed,
            account,
            max_age_seconds: 3_600,
            max_move_bps: 500,
            max_confidence_bps: 100,
            kind: self.oracle as u8,
            padding: [0; 7],
        }
    }

    /// The token's Pyth feed.
    pub fn feed(&self) -> [u8; 32] {
        self.mint.to_bytes()
    }
}

impl World {
    /// Writes the pool's price account as its issuer would now: `price` lamports for 10⁹ units.
    pub fn set_price(&mut self, lst: &Lst, price: u64) {
        match lst.oracle {
            Oracle::PythRate => self.put_pyth(lst.source, &self.rate_of(lst, price)),
            Oracle::PythUsd => {
                let usd = u128::from(price) * u128::from(SOL_USD.unsigned_abs()) / 1_000_000_000;
                let usd = i64::try_from(usd).expect("a price");
                let at = self.now();
                self.put_pyth(lst.source, &pyth(lst.feed(), usd, at));
                self.put_pyth(lst.quote, &pyth(SOL_USD_FEED, SOL_USD, at));
            }
            Oracle::StakePool => {
                let state = self.stake_pool_of(lst, price);
                self.put_account(lst.source, STAKE_POOL, state.to_bytes());
            }
            Oracle::Marinade => {
                let price = (u128::from(price) << 32).div_ceil(1_000_000_000);
                let price = u64::try_from(price).expect("a price");
                let mint = lst.mint;
                let state = MarinadeState { mint, price };
                self.put_account(lst.source, MARINADE, state.to_bytes());
            }
        }
    }

    /// A sound redemption rate of now.
    pub fn rate_of(&self, lst: &Lst, price: u64) -> PythUpdate {
        PythUpdate {
            exponent: -9,
            ..pyth(lst.feed(), price.cast_signed(), self.now())
        }
    }

    /// A sound stake pool of now.
    pub fn stake_pool_of(&self, lst: &Lst, price: u64) -> StakePoolState {
        StakePoolState {
            account_type: 1,
            mint: lst.mint,
            total_lamports: price,
            token_supply: 1_000_000_000,
            last_update_epoch: self.svm.get_sysvar::<Clock>().epoch,
        }
    }

    /// Writes a Pyth account.
    pub fn put_pyth(&mut self, address: Address, update: &PythUpdate) {
        self.put_account(address, PYTH, update.to_bytes());
    }
}

/// A sound update: eight decimals, a confidence of a tenth of a percent.
fn pyth(feed: [u8; 32], price: i64, publish_time: i64) -> PythUpdate {
    PythUpdate {
        partial: None,
        feed,
        price,
        confidence: price.unsigned_abs() / 1_000,
        exponent: -8,
        publish_time,
    }
}
