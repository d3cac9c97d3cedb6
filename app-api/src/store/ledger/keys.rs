//! What a batch of requests is about.

use std::collections::BTreeSet;

use crate::platform::ledger::{Op, SUBSIDY, WindowKey, window};

/// Names of rows, sorted: they are locked in this order.
#[derive(Debug, Default)]
pub(super) struct Keys {
    pub(super) windows: BTreeSet<WindowKey>,
    pub(super) holds: BTreeSet<String>,
    /// Balances. Those of holds are known once the holds are read.
    pub(super) accounts: BTreeSet<String>,
    pub(super) postings: BTreeSet<String>,
    /// Whether anything of it can settle.
    pub(super) settles: bool,
}

impl Keys {
    pub(super) fn of(ops: &[Op], now: i64) -> Self {
        let mut keys = Self::default();
        for op in ops {
            keys.add(op, now);
        }
        keys
    }

    fn add(&mut self, op: &Op, now: i64) {
        match op {
            Op::Hold(hold) => {
                self.holds.insert(hold.id.clone());
                self.accounts.insert(hold.account.clone());
                let windows = hold.limits.iter().map(|limit| window(limit, now));
                self.windows.extend(windows);
            }
            Op::Settle(id, settlement) => {
                self.holds.insert(id.clone());
                if settlement.subsidy_bps > 0 {
                    self.accounts.insert(SUBSIDY.to_owned());
                }
                self.settles = true;
            }
            Op::Void(id) => {
                self.holds.insert(id.clone());
            }
            Op::Post(posting) => {
                self.postings.insert(posting.id.clone());
                let names = posting
                    .entries
                    .iter()
                    .filter_map(|(book, _)| book.balance());
                self.accounts.extend(names.map(ToOwned::to_owned));
                self.settles = true;
            }
            Op::Take(limits) => {
                let windows = limits.iter().map(|limit| window(limit, now));
                self.windows.extend(windows);
            }
        }
    }
}
