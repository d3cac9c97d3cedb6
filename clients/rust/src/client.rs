//! The vault and its API together.

use std::{collections::VecDeque, time::Duration};

use primis_vault_interface::{NATIVE_MINT, instructions as vault, pool_address, position_address};
use solana_address::Address;
use solana_instruction::Instruction;

use crate::{
    Error,
    api::{Client, types::Distribution},
};

/// Pause between two looks at how far the API has read.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// The vault and its API together. What it makes are instructions: sign and send them by any RPC
/// client.
#[derive(Clone, Debug)]
pub struct PrimisClient {
    api: Client,
    vault: Address,
    sol_pool: Address,
}

impl PrimisClient {
    /// Of the API at this address and of a vault. An answer may take 15 seconds: to follow a stream for
    /// longer, bring a client with other limits by [`PrimisClient::with_api`].
    pub fn new(api_url: &str, vault: Address) -> Self {
        Self::with_api(Client::new(api_url.trim_end_matches('/')), vault)
    }

    /// The same with an API client of one's own, for other time limits or headers.
    pub fn with_api(api: Client, vault: Address) -> Self {
        Self {
            api,
            vault,
            sol_pool: pool_address(&vault, &NATIVE_MINT),
        }
    }

    /// Every operation of the API.
    pub fn api(&self) -> &Client {
        &self.api
    }

    /// The vault.
    pub fn vault(&self) -> Address {
        self.vault
    }

    /// Its SOL pool.
    pub fn sol_pool(&self) -> Address {
        self.sol_pool
    }

    /// Its pool for a mint.
    pub fn pool(&self, mint: &Address) -> Address {
        pool_address(&self.vault, mint)
    }

    /// Where an owner's position in the SOL pool lies.
    pub fn sol_position(&self, owner: &Address) -> Address {
        position_address(&self.sol_pool, owner)
    }

    /// Deposits lamports into the SOL pool; opens the position when it is missing.
    pub fn stake_sol(&self, owner: &Address, lamports: u64) -> Instruction {
        vault::DepositSol {
            owner: *owner,
            vault: self.vault,
            pool: self.sol_pool,
            position: self.sol_position(owner),
        }
        .instruction(lamports)
    }

    /// Withdraws units of the SOL pool; a unit is a lamport unless a loss was recognised.
    pub fn unstake_sol(&self, owner: &Address, units: u64) -> Instruction {
        vault::WithdrawSol {
            owner: *owner,
            pool: self.sol_pool,
            position: self.sol_position(owner),
        }
        .instruction(units)
    }

    /// Pays the yield that the pool for a mint owes to the owner.
    pub fn claim(&self, owner: &Address, mint: &Address) -> Instruction {
        let pool = self.pool(mint);
        vault::Claim {
            owner: *owner,
            vault: self.vault,
            pool,
            position: position_address(&pool, owner),
        }
        .instruction()
    }

    /// Turns the yield owed by the SOL pool into stake.
    pub fn compound_sol(&self, owner: &Address) -> Instruction {
        vault::Compound {
            owner: *owner,
            vault: self.vault,
            pool: self.sol_pool,
            position: self.sol_position(owner),
        }
        .instruction()
    }

    /// Every distribution, newest first, page by page as they are asked for.
    pub fn distributions(&self) -> Distributions<'_> {
        Distributions {
            api: &self.api,
            page: VecDeque::new(),
            next: Next::First,
        }
    }

    /// Waits until the API has read the chain past a slot, so that what it answers holds what was
    /// done there.
    ///
    /// # Errors
    /// The API refuses, or has not read so far after `patience`: `not_indexed`.
    pub async fn until_indexed(&self, slot: u64, patience: Duration) -> Result<(), Error> {
        let wait = async {
            loop {
                let pools = self.api.pools().send().await?;
                if pools.as_of_slot > slot {
                    return Ok(());
                }
                tokio::time::sleep(LOOK_EVERY).await;
            }
        };
        tokio::time::timeout(patience, wait)
            .await
            .unwrap_or_else(|_| {
                let message = format!("the API has not read past slot {slot} yet");
                Err(Error::new("not_indexed", message))
            })
    }
}

/// Distributions, newest first. See [`PrimisClient::distributions`].
#[derive(Clone, Debug)]
pub struct Distributions<'a> {
    api: &'a Client,
    page: VecDeque<Distribution>,
    next: Next,
}

/// The page to ask for.
#[derive(Clone, Debug)]
enum Next {
    First,
    After(String),
    None,
}

impl Distributions<'_> {
    /// The next one; `None` after the oldest.
    ///
    /// # Errors
    /// The API refuses.
    pub async fn next(&mut self) -> Result<Option<Distribution>, Error> {
        loop {
            if let Some(row) = self.page.pop_front() {
                return Ok(Some(row));
            }
            let request = self.api.distributions();
            let request = match std::mem::replace(&mut self.next, Next::None) {
                Next::First => request,
                Next::After(cursor) => request.cursor(cursor),
                Next::None => return Ok(None),
            };
            let page = request.send().await?.into_inner();
            self.page = page.distributions.into();
            if let Some(cursor) = page.next_cursor {
                self.next = Next::After(cursor);
            }
        }
    }
}
