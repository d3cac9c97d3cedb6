//! What was distributed: the chain's own account of it ([`chain`]), and whether it agrees with the
//! revenue, the vault's books and the memory ([`check`]).

pub mod books;
pub mod chain;
pub mod check;

use primis_vault_interface::Source;
use solana_signature::Signature;

/// One distribution, as the program logged it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Landed {
    /// Its transaction.
    pub signature: Signature,
    /// The slot it landed in.
    pub slot: u64,
    /// The cluster's clock when it landed, Unix seconds.
    pub at: i64,
    /// Where the yield came from.
    pub source: Source,
    /// Begin of the stretch, Unix seconds.
    pub previous_interval_id: i64,
    /// End of the stretch, Unix seconds.
    pub interval_id: i64,
    /// Lamports funded for its source by the same transaction.
    pub funded_lamports: u64,
    /// Lamports distributed.
    pub distributed_lamports: u64,
    /// Of them to stakers.
    pub stakers_lamports: u64,
    /// Value of all that was staked, lamports.
    pub total_value_lamports: u64,
}

/// Which distributions are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Query {
    /// The source.
    pub source: Source,
    /// Stretches that end after this, Unix seconds.
    pub from: i64,
    /// Stretches that begin before this, Unix seconds.
    pub to: i64,
    /// At most so many, the newest.
    pub limit: usize,
}

impl Query {
    fn wants(&self, landed: &Landed) -> bool {
        landed.source == self.source
            && landed.interval_id > self.from
            && landed.previous_interval_id < self.to
    }
}

/// What the chain tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// The distributions that were asked for, newest first.
    pub distributions: Vec<Landed>,
    /// Transactions of the vault whose log the RPC did not have, or not whole.
    pub unreadable: u64,
}

impl History {
    /// Stretches between two distributions that follow each other which none of them covers. The
    /// program lets none come about: where there is one, the RPC's history has a hole.
    pub fn gaps(&self) -> Vec<(i64, i64)> {
        self.distributions
            .windows(2)
            .filter_map(|pair| match pair {
                [newer, older] if newer.previous_interval_id != older.interval_id => {
                    Some((older.interval_id, newer.previous_interval_id))
                }
                _ => None,
            })
            .collect()
    }
}
