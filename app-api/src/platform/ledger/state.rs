//! The part of the ledger that some requests are about, as it is read under its locks; and what they
//! make of it. No request is answered from here before what it changed is committed.

use std::collections::{BTreeMap, BTreeSet};

use super::types::{
    Balance, Book, Held, LedgerError, Limit, LimitState, NewHold, Posted, Posting, Settled,
    Settlement, Short,
};

mod hold;
mod posting;
mod settle;
pub(crate) mod window;

/// A request.
#[derive(Clone, Debug)]
pub(crate) enum Op {
    Hold(NewHold),
    Settle(String, Settlement),
    Void(String),
    Post(Posting),
    Take(Vec<Limit>),
}

impl Op {
    /// Whether it ends a hold.
    pub(crate) fn ends_hold(&self) -> bool {
        matches!(self, Self::Settle(..) | Self::Void(_))
    }
}

/// Its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Held(Held),
    Settled(Settled),
    Voided,
    Posted(Posted),
    Taken(Vec<LimitState>),
}

/// How a hold stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HoldState {
    Held,
    Settled,
    Voided,
}

impl HoldState {
    /// Its name in the database.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Settled => "settled",
            Self::Voided => "voided",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        [Self::Held, Self::Settled, Self::Voided]
            .into_iter()
            .find(|state| state.name() == name)
    }
}

/// A hold as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HoldRow {
    pub(crate) account: String,
    pub(crate) amount_nano_usd: i64,
    pub(crate) state: HoldState,
}

/// A window: its name, length and begin.
pub(crate) type WindowKey = (String, u32, i64);

/// What is known of the ledger. Rows that are not there are zero, or no hold and no posting.
#[derive(Clone, Debug, Default)]
pub(crate) struct State {
    /// Unix seconds.
    pub(crate) now: i64,
    pub(crate) balances: BTreeMap<String, Balance>,
    pub(crate) holds: BTreeMap<String, HoldRow>,
    /// Postings that were made: what was asked for, and what was lacking.
    pub(crate) postings: BTreeMap<String, (String, i64)>,
    /// How settled holds ended.
    pub(crate) settled: BTreeMap<String, Settled>,
    pub(crate) windows: BTreeMap<WindowKey, i64>,
    pub(crate) changes: Changes,
}

/// What is to be written.
#[derive(Clone, Debug, Default)]
pub(crate) struct Changes {
    pub(crate) balances: BTreeSet<String>,
    pub(crate) windows: BTreeSet<WindowKey>,
    pub(crate) new_holds: Vec<NewHold>,
    /// Holds that ended; also of those that are new.
    pub(crate) ended: BTreeMap<String, HoldState>,
    pub(crate) postings: Vec<NewPosting>,
    pub(crate) usage: Vec<NewUsage>,
}

/// A posting to write.
#[derive(Clone, Debug)]
pub(crate) struct NewPosting {
    pub(crate) posting: Posting,
    pub(crate) account: Option<String>,
    pub(crate) short_nano_usd: i64,
    pub(crate) digest: String,
}

/// A line of usage to write.
#[derive(Clone, Debug)]
pub(crate) struct NewUsage {
    pub(crate) id: String,
    pub(crate) account: String,
    pub(crate) settlement: Settlement,
    pub(crate) settled: Settled,
    /// The platform's share of it.
    pub(crate) fee_nano_usd: i64,
    /// What was held for it.
    pub(crate) held_nano_usd: i64,
}

impl State {
    /// Does what is asked, or changes nothing.
    pub(crate) fn apply(&mut self, op: &Op) -> Result<Answer, LedgerError> {
        match op {
            Op::Hold(hold) => self.hold(hold).map(Answer::Held),
            Op::Settle(id, settlement) => self.settle(id, settlement).map(Answer::Settled),
            Op::Void(id) => self.void(id).map(|()| Answer::Voided),
            Op::Post(posting) => self.post(posting).map(Answer::Posted),
            Op::Take(limits) => self.take(limits).map(Answer::Taken),
        }
    }

    fn balance(&self, account: &str) -> Balance {
        self.balances.get(account).copied().unwrap_or_default()
    }

    fn set_balance(&mut self, account: &str, balance: Balance) {
        self.balances.insert(account.to_owned(), balance);
        self.changes.balances.insert(account.to_owned());
    }
}

/// The customer among entries.
///
/// # Errors
/// If there are two.
fn customer(posting: &Posting) -> Result<Option<&str>, LedgerError> {
    let mut found = None;
    for (book, _) in &posting.entries {
        if let Book::Customer(account) = book
            && found
                .replace(account.as_str())
                .is_some_and(|other| other != account)
        {
            return Err(LedgerError::Unbalanced("two customers"));
        }
    }
    Ok(found)
}

/// Where a posting's customer lacks the money.
fn refuses(short: Short) -> bool {
    short == Short::Refuse
}
