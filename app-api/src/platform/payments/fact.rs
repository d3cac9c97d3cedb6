//! What can be known of a payment, and why something is posted for it.

use serde::{Deserialize, Serialize};

/// What a payment is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Prepaid credit.
    Credit,
    /// A plan's fee, and calls above the plan before.
    Subscription,
    /// One run.
    Run,
    /// A pack of prepaid runs.
    Runs,
}

impl Purpose {
    /// Its name in the database.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Credit => "credit",
            Self::Subscription => "subscription",
            Self::Run => "run",
            Self::Runs => "runs",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        [Self::Credit, Self::Subscription, Self::Run, Self::Runs]
            .into_iter()
            .find(|purpose| purpose.name() == name)
    }
}

/// A payment that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paid {
    /// Whose; empty: nobody known paid for a run.
    pub account: String,
    /// What for.
    pub purpose: Purpose,
    /// The run, or how many runs; else empty.
    pub subject: String,
    /// As a line of an invoice says it.
    pub description: String,
    /// The provider's session or invoice.
    pub object: String,
    /// Cents.
    pub cents: i64,
    /// Of them, for calls above a plan.
    pub overage_cents: i64,
}

/// Something that is known of a payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// It was made.
    Paid(Paid),
    /// This much was given back so far, cents, all refunds together.
    Refunded(i64),
    /// A dispute stands so.
    Disputed(String, Disputed),
}

/// How a dispute stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Disputed {
    /// Cents.
    pub cents: i64,
    /// Whether the bank took the money, at any time.
    pub taken: bool,
    /// How it ended.
    pub outcome: Outcome,
}

/// How a dispute ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// Not yet.
    Open,
    /// The customer's bank keeps the money.
    Lost,
    /// It comes back, or never went.
    Won,
}

impl Outcome {
    /// Its name in the database.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Lost => "lost",
            Self::Won => "won",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        [Self::Open, Self::Lost, Self::Won]
            .into_iter()
            .find(|outcome| outcome.name() == name)
    }
}

/// Why something is posted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A payment.
    Paid,
    /// A refund.
    Refund,
    /// A dispute took money.
    Dispute,
    /// A dispute gave it back.
    DisputeWon,
}

impl Kind {
    /// Its name, in the database and in the ledger.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Paid => "payment",
            Self::Refund => "refund",
            Self::Dispute => "dispute",
            Self::DisputeWon => "dispute_won",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        [Self::Paid, Self::Refund, Self::Dispute, Self::DisputeWon]
            .into_iter()
            .find(|kind| kind.name() == name)
    }
}
