//! Forks: the chain goes back to where it was, and another history follows.

use std::collections::BTreeMap;

use primis_vault_interface::accounts::{Pool, Vault};
use solana_address::Address;

use super::World;

/// Where a fork begins.
#[derive(Clone)]
pub struct Root {
    vault: Vault,
    pool: Pool,
    tokens: Vec<(Address, Pool)>,
    accounts: BTreeMap<String, Vec<u8>>,
    transactions: usize,
    next: u64,
}

impl World {
    /// The state to come back to.
    pub fn root(&self) -> Root {
        let (accounts, transactions) = self
            .cluster
            .with(|c| (c.accounts.clone(), c.transactions.len()));
        Root {
            vault: self.vault,
            pool: self.pool,
            tokens: self.tokens.clone(),
            accounts,
            transactions,
            next: self.next,
        }
    }

    /// Nothing since `root` happened; slots and the clock go on. What is done next has the signatures
    /// that were given out after it, in their order.
    pub fn fork(&mut self, root: &Root) {
        (self.vault, self.pool, self.next) = (root.vault, root.pool, root.next);
        self.tokens.clone_from(&root.tokens);
        self.cluster.with(|c| {
            c.accounts.clone_from(&root.accounts);
            c.transactions.truncate(root.transactions);
        });
    }

    /// A signature that is given out to nothing: what had it is dropped.
    pub fn skip_signature(&mut self) {
        self.next += 1;
    }
}
