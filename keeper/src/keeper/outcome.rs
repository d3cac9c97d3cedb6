//! How a round ended.

use solana_address::Address;
use solana_signature::Signature;

use crate::{
    memory::Attempt,
    plan::{Distribution, WaitFor},
};

/// How one round ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// Nothing is due before this time (Unix seconds, the cluster's clock).
    Waiting {
        /// When something is due.
        until: i64,
        /// The cluster's clock now.
        now: i64,
        /// What is waited for.
        reason: WaitFor,
    },
    /// The vault names another keeper; this one takes over as soon as it is named.
    Standby {
        /// Whom the vault names.
        keeper: Address,
    },
    /// Distributed.
    Landed {
        /// The attempt as it was planned.
        interval: Interval,
        /// The transaction.
        signature: Signature,
    },
    /// The interval was distributed by another transaction.
    AlreadyDistributed {
        /// The attempt as it was planned.
        interval: Interval,
    },
    /// The transaction did not land in time and never will; it is planned anew.
    Expired {
        /// The attempt as it was planned.
        interval: Interval,
    },
    /// The end is not known yet; the attempt stays open.
    InFlight {
        /// The attempt as it was planned.
        interval: Interval,
        /// The transaction.
        signature: Signature,
    },
}

/// What an attempt is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval {
    /// Begin, Unix seconds.
    pub previous_interval_id: i64,
    /// End, Unix seconds.
    pub interval_id: i64,
    /// Lamports funded.
    pub fund_lamports: u64,
    /// Lamports distributed.
    pub distribute_lamports: u64,
}

impl From<&Attempt> for Interval {
    fn from(attempt: &Attempt) -> Self {
        Self {
            previous_interval_id: attempt.previous_interval_id,
            interval_id: attempt.interval_id,
            fund_lamports: attempt.fund_lamports,
            distribute_lamports: attempt.distribute_lamports,
        }
    }
}

impl From<&Distribution> for Interval {
    fn from(distribution: &Distribution) -> Self {
        Self {
            previous_interval_id: distribution.previous_interval_id,
            interval_id: distribution.interval_id,
            fund_lamports: distribution.fund_lamports,
            distribute_lamports: distribution.distribute_lamports,
        }
    }
}
