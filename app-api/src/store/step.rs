//! What the indexer takes from the chain, and how far it is: the rows of one step.

use super::Totals;

/// Where an event stands in the history of the chain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Its slot.
    pub slot: u64,
    /// Its transaction's place among those taken in of the slot.
    pub slot_order: u64,
    /// Its place among the program's events of the transaction.
    pub event_index: u64,
}

/// How far a vault is followed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Rises with every change.
    pub version: u64,
    /// Slot of the newest transaction taken in.
    pub slot: u64,
    /// Its place in the slot.
    pub slot_order: u64,
    /// All transactions up to this slot were listed.
    pub horizon_slot: u64,
    /// Slot the accounts were read at.
    pub accounts_slot: u64,
    /// The cluster's clock there, Unix seconds.
    pub clock_unix: i64,
    /// This machine's clock at the last complete look, Unix seconds.
    pub polled_at: i64,
    /// By which rules the sums were derived from the events.
    pub derivation: u64,
}

/// A transaction taken in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransactionRow {
    /// Its first signature, base58.
    pub signature: String,
    /// Its place; `event_index` is not used.
    pub place: Place,
    /// The cluster's estimate of when, Unix seconds.
    pub block_time: Option<i64>,
    /// The runtime cut its log off: events may be missing.
    pub truncated: bool,
    /// No fork can drop it any more.
    pub finalized: bool,
}

/// An event as it was logged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventRow {
    /// Its transaction.
    pub signature: String,
    /// Its place.
    pub place: Place,
    /// Its transaction's time, Unix seconds.
    pub block_time: Option<i64>,
    /// Its type.
    pub name: String,
    /// Owner of the position it is of; `None`: it is of no position.
    pub owner: Option<[u8; 32]>,
    /// The logged bytes, discriminator included.
    pub data: Vec<u8>,
}

/// What an account row holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountKind {
    /// The vault.
    Vault,
    /// One of its pools.
    Pool,
}

impl AccountKind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Vault => "vault",
            Self::Pool => "pool",
        }
    }
}

/// The vault or a pool as it stood at a slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountRow {
    /// Its address, base58.
    pub address: String,
    /// What it is.
    pub kind: AccountKind,
    /// Its bytes.
    pub data: Vec<u8>,
}

/// A position as it stood at a slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PositionRow {
    /// Its address, base58.
    pub address: String,
    /// Its owner, base58.
    pub owner: String,
    /// Its units.
    pub units: u64,
    /// Its bytes.
    pub data: Vec<u8>,
}

/// The newest transaction taken in of an address's list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CursorRow {
    /// The address.
    pub address: String,
    /// The transaction.
    pub signature: String,
    /// Its slot.
    pub slot: u64,
}

/// A distribution, with the running sum of its source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DistributionRow {
    /// Its transaction.
    pub signature: String,
    /// Its place.
    pub place: Place,
    /// 0 staking, 1 compute.
    pub source: u64,
    /// Unix second its interval began.
    pub interval_from: i64,
    /// Unix second its interval ended.
    pub interval_to: i64,
    /// Given to stakers.
    pub stakers_lamports: u64,
    /// Given to stakers by this and all before it of the source.
    pub cumulative_stakers_lamports: u64,
    /// Distributed, the stakers' part and all others.
    pub amount_lamports: u64,
    /// Distributed by this and all before it of the source.
    pub cumulative_amount_lamports: u64,
    /// Its place among the source's distributions, from 1.
    pub number: u64,
    /// The logged bytes.
    pub data: Vec<u8>,
}

/// The value staked in a pool from a time on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StakePointRow {
    /// The pool.
    pub pool: String,
    /// Place of the event that changed it.
    pub place: Place,
    /// From when, Unix seconds.
    pub at: i64,
    /// Its units.
    pub units: u64,
    /// Lamports for 1,000,000,000 of them.
    pub price: u64,
    /// Its value.
    pub value_lamports: u64,
    /// Its integral up to `at`, lamport-seconds.
    pub cumulative: u128,
    /// From then on it takes no part in yield.
    pub retired: bool,
    /// The integral of what took part.
    pub earning_cumulative: u128,
}

/// A pool's part of a distribution, with the running sum of the pool and the source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolYieldRow {
    /// The pool.
    pub pool: String,
    /// Place of the event that says so.
    pub place: Place,
    /// 0 staking, 1 compute.
    pub source: u64,
    /// Unix second the distribution's interval began.
    pub interval_from: i64,
    /// Unix second it ended.
    pub interval_to: i64,
    /// Given to the pool's stakers, what was carried over included.
    pub stakers_lamports: u64,
    /// Given by this and all before it.
    pub cumulative_stakers_lamports: u64,
    /// How many there were, with this one.
    pub number: u64,
}

/// One step of the indexer.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// Signatures of transactions that are final now.
    pub finalized: Vec<String>,
    /// Transactions that are taken out again, with their events and whatever was derived of them.
    pub dropped: Vec<String>,
    /// Lists are read again from before this slot: cursors in it or after it are given up.
    pub relist_from: Option<u64>,
    /// Transactions not taken in before, in order.
    pub transactions: Vec<TransactionRow>,
    /// Their events, in order.
    pub events: Vec<EventRow>,
    /// Distributions to add.
    pub distributions: Vec<DistributionRow>,
    /// Stake points to add.
    pub stake_points: Vec<StakePointRow>,
    /// Pools' parts of distributions to add.
    pub pool_yields: Vec<PoolYieldRow>,
    /// Sums over all events, where this step changes them.
    pub totals: Totals,
    /// Distributions, stake points, pools' parts and sums above are all there are: earlier ones are dropped.
    pub replaces_history: bool,
    /// The vault and its pools.
    pub accounts: Vec<AccountRow>,
    /// Positions that were read.
    pub positions: Vec<PositionRow>,
    /// Addresses of positions that are closed.
    pub closed_positions: Vec<String>,
    /// `accounts` and `positions` are all there are: others are dropped.
    pub replaces_positions: bool,
    /// How far each list was read.
    pub cursors: Vec<CursorRow>,
    /// The state after the step; its version is the one the step was planned from.
    pub progress: Progress,
}
