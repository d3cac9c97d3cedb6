//! What can be due, in types and in words.
//!
//! Nothing of it is remembered over a crash, because none of it can do harm when it is sent twice,
//! late, or by two keepers at once:
//!
//! | duty | sent again |
//! |---|---|
//! | refresh | reads the same price, or a newer one |
//! | serve | names the ticket: one that is paid is gone (`NotFirstTicket`, or no account); one that is paid in part is owed the rest |
//! | reclaim | the delegation is closed: there is no account |
//! | deactivate | `NotActive` |
//! | harvest | `NothingToHarvest`: what was harvested is principal now |
//! | recognise a loss | what was recognised is no loss any more: `NothingToHarvest` |
//! | distribute | compares the last interval id: `IntervalMismatch` |
//! | delegate | names the delegation by the pool's next number: its account exists already |
//!
//! So a keeper that starts reads the chain and plans anew.

use std::fmt;

use serde_json::{Value, json};
use solana_address::Address;

use crate::human::{Sol, Time};

/// One thing to do, in one transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Duty {
    /// Take the loss of a stake account into the books, so that all bear it alike.
    RecogniseLoss {
        /// The delegation.
        number: u64,
        /// What it lost, lamports.
        lamports: u64,
    },
    /// Bring the price of a token up to date.
    Refresh {
        /// Its pool.
        pool: Address,
        /// Its mint.
        mint: Address,
        /// How old the price is, seconds.
        age_seconds: i64,
    },
    /// Pay the first ticket of the queue as far as free SOL goes.
    Serve {
        /// The ticket.
        number: u64,
        /// What it is paid, lamports; 0: it was cancelled, or is worth nothing.
        lamports: u64,
    },
    /// Bring the SOL of an inactive stake account back.
    Reclaim {
        /// The delegation.
        number: u64,
        /// Its principal, lamports.
        lamports: u64,
    },
    /// Begin to unstake.
    Deactivate {
        /// The delegation.
        number: u64,
        /// Its principal, lamports.
        lamports: u64,
        /// Why.
        reason: Reason,
    },
    /// Make what a stake account has earned yield of the vault.
    Harvest {
        /// The delegation.
        number: u64,
        /// What it brings, lamports.
        lamports: u64,
    },
    /// Distribute what was harvested.
    Distribute {
        /// Where the last such distribution ended, Unix seconds.
        previous_interval_id: i64,
        /// Where this one ends, Unix seconds.
        interval_id: i64,
        /// How much, lamports.
        lamports: u64,
    },
    /// Delegate free SOL in a stake account of its own.
    Delegate {
        /// Number of the delegation to be.
        number: u64,
        /// The validator's vote account.
        vote: Address,
        /// How much, lamports.
        lamports: u64,
    },
}

/// Why stake is deactivated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The stake program's account is deactivated already; the vault does not know yet.
    Booked,
    /// The validator's cap is 0.
    Unlisted,
    /// Tickets wait for more SOL than is free and coming.
    Tickets,
    /// The buffer has run low.
    Buffer,
}

impl Duty {
    /// What it is, in a word: for JSON and metrics.
    pub fn code(&self) -> &'static str {
        match self {
            Self::RecogniseLoss { .. } => "recognise_loss",
            Self::Refresh { .. } => "refresh",
            Self::Serve { .. } => "serve",
            Self::Reclaim { .. } => "reclaim",
            Self::Deactivate { .. } => "deactivate",
            Self::Harvest { .. } => "harvest",
            Self::Distribute { .. } => "distribute",
            Self::Delegate { .. } => "delegate",
        }
    }

    /// Every code, for metrics that exist before anything has happened.
    pub const CODES: [&'static str; 8] = [
        "recognise_loss",
        "refresh",
        "serve",
        "reclaim",
        "deactivate",
        "harvest",
        "distribute",
        "delegate",
    ];

    /// What it is and what it is about, without amounts: two of the same key are the same duty.
    pub fn key(&self) -> String {
        let code = self.code();
        match self {
            Self::Refresh { pool, .. } => format!("{code} {pool}"),
            Self::Distribute {
                previous_interval_id,
                ..
            } => format!("{code} {previous_interval_id}"),
            Self::RecogniseLoss { number, .. }
            | Self::Serve { number, .. }
            | Self::Reclaim { number, .. }
            | Self::Deactivate { number, .. }
            | Self::Harvest { number, .. }
            | Self::Delegate { number, .. } => format!("{code} {number}"),
        }
    }

    /// Number of the delegation or ticket it is about.
    pub fn number(&self) -> Option<u64> {
        match self {
            Self::RecogniseLoss { number, .. }
            | Self::Serve { number, .. }
            | Self::Reclaim { number, .. }
            | Self::Deactivate { number, .. }
            | Self::Harvest { number, .. }
            | Self::Delegate { number, .. } => Some(*number),
            Self::Refresh { .. } | Self::Distribute { .. } => None,
        }
    }

    /// The duty for programs. Lamports are decimal strings: they exceed JSON's safe integers.
    pub fn json(&self) -> Value {
        let numbered = |number: &u64, lamports: &u64| json!({"duty": self.code(), "number": number, "lamports": lamports.to_string()});
        match self {
            Self::RecogniseLoss { number, lamports }
            | Self::Serve { number, lamports }
            | Self::Reclaim { number, lamports }
            | Self::Harvest { number, lamports } => numbered(number, lamports),
            Self::Deactivate {
                number,
                lamports,
                reason,
            } => {
                json!({"duty": self.code(), "number": number, "lamports": lamports.to_string(), "reason": reason.code()})
            }
            Self::Refresh {
                pool,
                mint,
                age_seconds,
            } => {
                json!({"duty": self.code(), "pool": pool.to_string(), "mint": mint.to_string(), "age_seconds": age_seconds})
            }
            Self::Distribute {
                previous_interval_id,
                interval_id,
                lamports,
            } => {
                json!({"duty": self.code(), "previous_interval_id": previous_interval_id, "interval_id": interval_id, "lamports": lamports.to_string()})
            }
            Self::Delegate {
                number,
                vote,
                lamports,
            } => {
                json!({"duty": self.code(), "number": number, "vote": vote.to_string(), "lamports": lamports.to_string()})
            }
        }
    }
}

impl Reason {
    /// The reason in a word.
    pub fn code(self) -> &'static str {
        match self {
            Self::Booked => "booked",
            Self::Unlisted => "unlisted",
            Self::Tickets => "tickets",
            Self::Buffer => "buffer",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Booked => "its stake account is deactivated already",
            Self::Unlisted => "its validator's cap is 0",
            Self::Tickets => "tickets wait for more SOL than is free and coming",
            Self::Buffer => "the buffer has run low",
        })
    }
}

impl fmt::Display for Duty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RecogniseLoss { number, lamports } => write!(
                f,
                "recognise that delegation {number} lost {}",
                Sol(*lamports)
            ),
            Self::Refresh {
                mint, age_seconds, ..
            } => write!(
                f,
                "refresh the price of token {mint}, {age_seconds} seconds old"
            ),
            Self::Serve { number, lamports } => {
                write!(f, "serve ticket {number} with {}", Sol(*lamports))
            }
            Self::Reclaim { number, lamports } => {
                write!(f, "reclaim delegation {number}, {}", Sol(*lamports))
            }
            Self::Deactivate {
                number,
                lamports,
                reason,
            } => write!(
                f,
                "deactivate delegation {number}, {}: {reason}",
                Sol(*lamports)
            ),
            Self::Harvest { number, lamports } => {
                write!(f, "harvest {} from delegation {number}", Sol(*lamports))
            }
            Self::Distribute {
                previous_interval_id,
                interval_id,
                lamports,
            } => write!(
                f,
                "distribute {} of staking rewards for {} to {}",
                Sol(*lamports),
                Time(*previous_interval_id),
                Time(*interval_id)
            ),
            Self::Delegate {
                number,
                vote,
                lamports,
            } => write!(
                f,
                "delegate {} to validator {vote} as delegation {number}",
                Sol(*lamports)
            ),
        }
    }
}
