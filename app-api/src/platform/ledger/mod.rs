//! The ledger: double entry over prepaid money. Money is reserved before anything is sold, and a hold ends
//! exactly once, by a charge or without.
//!
//! Requests are taken in batches, one transaction each: a commit costs the same for one as for two hundred,
//! so that a durable hold before each call and a charge after it are cheap. What a batch is about is read
//! under its locks, [`State`] decides, and all that it changed is written; only then anybody is answered.
//! Every request may be sent again: its id, a hold's or a posting's, is what it happens once for.

mod state;
mod types;
mod writer;

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

pub(crate) use state::{
    Answer, HoldRow, HoldState, NewPosting, NewUsage, Op, State, WindowKey, window::window,
};
pub(crate) use types::SUBSIDY;
pub use types::{
    Balance, Book, ExpiredHold, Held, LedgerError, Limit, LimitState, NewHold, Posted, Posting,
    Reported, Revenue, Settled, Settlement, Short, UsageLine,
};

use crate::{clock::Clock, store::Store};
use writer::Writers;

/// The ledger. Cheap to clone.
#[derive(Clone)]
pub struct Ledger(Arc<Shared>);

struct Shared {
    store: Store,
    clock: Arc<dyn Clock>,
    longest: Duration,
    /// Those that write, once somebody asked for something.
    writers: OnceLock<Writers>,
}

impl std::fmt::Debug for Ledger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Ledger")
    }
}

impl Ledger {
    /// On this store; processes that share it share the ledger. What is written takes at most `longest`,
    /// the settlement grace: later it could fall into a time that was reported.
    pub fn new(store: Store, clock: Arc<dyn Clock>, longest: Duration) -> Self {
        Self(Arc::new(Shared {
            store,
            clock,
            longest,
            writers: OnceLock::new(),
        }))
    }

    /// An account's prepaid money; zero where there never was any.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn balance(&self, account: &str) -> Result<Balance, LedgerError> {
        Ok(self.0.store.balance(account).await?)
    }

    /// What is left in the pool that makes usage cheaper.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn subsidy(&self) -> Result<Balance, LedgerError> {
        self.balance(SUBSIDY).await
    }

    /// Reserves money; durable when it returns. The same hold again is the same hold.
    ///
    /// # Errors
    /// [`LedgerError::Limited`], [`LedgerError::Insufficient`]; [`LedgerError::Conflict`] if the id holds
    /// something else; if the database fails.
    pub async fn hold(&self, hold: NewHold) -> Result<Held, LedgerError> {
        match self.ask(Op::Hold(hold)).await? {
            Answer::Held(held) => Ok(held),
            _ => Err(LedgerError::Closed),
        }
    }

    /// Ends a hold by a charge of at most its amount, exactly once. Again: the first outcome.
    ///
    /// # Errors
    /// [`LedgerError::Unknown`]; [`LedgerError::Ended`] if it was voided; if the database fails.
    pub async fn settle(
        &self,
        hold_id: &str,
        settlement: Settlement,
    ) -> Result<Settled, LedgerError> {
        match self.ask(Op::Settle(hold_id.to_owned(), settlement)).await? {
            Answer::Settled(settled) => Ok(settled),
            _ => Err(LedgerError::Closed),
        }
    }

    /// Ends a hold without a charge.
    ///
    /// # Errors
    /// [`LedgerError::Unknown`]; [`LedgerError::Ended`] if it was settled; if the database fails.
    pub async fn void(&self, hold_id: &str) -> Result<(), LedgerError> {
        match self.ask(Op::Void(hold_id.to_owned())).await? {
            Answer::Voided => Ok(()),
            _ => Err(LedgerError::Closed),
        }
    }

    /// Makes a posting, once for its id.
    ///
    /// # Errors
    /// [`LedgerError::Unbalanced`], [`LedgerError::Insufficient`], [`LedgerError::Conflict`]; if the
    /// database fails.
    pub async fn post(&self, posting: Posting) -> Result<Posted, LedgerError> {
        match self.ask(Op::Post(posting)).await? {
            Answer::Posted(posted) => Ok(posted),
            _ => Err(LedgerError::Closed),
        }
    }

    /// Counts one request against limits, or against none of them where one is reached. Exact, however
    /// many processes count.
    ///
    /// # Errors
    /// [`LedgerError::Limited`]; if the database fails.
    pub async fn take(&self, limits: Vec<Limit>) -> Result<Vec<LimitState>, LedgerError> {
        match self.ask(Op::Take(limits)).await? {
            Answer::Taken(states) => Ok(states),
            _ => Err(LedgerError::Closed),
        }
    }

    /// Holds that nobody ended in time, the oldest first.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn expired(&self, now: i64, limit: u32) -> Result<Vec<ExpiredHold>, LedgerError> {
        Ok(self.0.store.expired_holds(now, limit).await?)
    }

    async fn ask(&self, op: Op) -> Result<Answer, LedgerError> {
        let shared = &self.0;
        let start = || {
            Writers::start(
                shared.store.clone(),
                Arc::clone(&shared.clock),
                shared.longest,
            )
        };
        shared.writers.get_or_init(start).ask(op).await
    }
}
