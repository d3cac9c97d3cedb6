//! What is asked of the ledger, and what it answers. Amounts are nano-USD.

use serde::Serialize;

use crate::store::StoreError;

/// A customer's prepaid money.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Balance {
    /// Paid in and not used.
    pub balance_nano_usd: i64,
    /// Of it, reserved for what is under way.
    pub held_nano_usd: i64,
}

impl Balance {
    /// What may be spent.
    pub fn available_nano_usd(self) -> i64 {
        self.balance_nano_usd.saturating_sub(self.held_nano_usd)
    }
}

/// Money to reserve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewHold {
    /// Names it: the request's id.
    pub id: String,
    /// The id was made for this: nobody else can have asked for it, or end it yet.
    pub fresh: bool,
    /// Who pays.
    pub account: String,
    /// The most it can cost, not negative.
    pub amount_nano_usd: i64,
    /// When it is taken to have been forgotten, Unix seconds.
    pub expires_at: i64,
    /// What finding out how it ended takes, JSON.
    pub context: String,
    /// The request is counted against these.
    pub limits: Vec<Limit>,
}

/// The most requests in a window of UTC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limit {
    /// What is limited, such as `key:KEY_ID`.
    pub name: String,
    /// The window's length; windows begin at multiples of it.
    pub window_seconds: u32,
    /// Requests taken in it.
    pub max: u32,
}

/// How far a limit is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LimitState {
    /// Requests taken in a window.
    pub max: u32,
    /// Of them, still free.
    pub remaining: u32,
    /// When the window ends, Unix seconds.
    pub resets_at: i64,
}

/// Money is reserved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// The limits that were asked for, in their order; empty where the hold was there before.
    pub limits: Vec<LimitState>,
}

/// What a hold was for, now that it is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settlement {
    /// The price before the subsidy.
    pub list_nano_usd: i64,
    /// What the provider is paid.
    pub provider_cost_nano_usd: i64,
    /// The platform's fee, basis points of what is paid.
    pub fee_bps: u64,
    /// The share of the price that the subsidy pool pays while it lasts, basis points.
    pub subsidy_bps: u64,
    /// Where the revenue is booked.
    pub revenue: Revenue,
    /// What the customer sees of it.
    pub usage: UsageLine,
}

/// What was used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsageLine {
    /// `chat`, `embeddings` or `run`.
    pub kind: &'static str,
    /// The API key it was asked for with.
    pub key_id: Option<String>,
    /// The model or the job.
    pub sku: String,
    /// Tokens and the like, JSON.
    pub detail: String,
    /// Counted here, not told by whoever did the work.
    pub estimated: bool,
}

/// What became of a hold's money. `list = discount + charge + loss`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settled {
    /// It had been settled before, like this.
    pub duplicate: bool,
    /// The price before the subsidy.
    pub list_nano_usd: i64,
    /// The subsidy pool paid this.
    pub discount_nano_usd: i64,
    /// The customer paid this.
    pub charge_nano_usd: i64,
    /// The platform bears this: the price was above what was held.
    pub loss_nano_usd: i64,
}

/// What is sold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Revenue {
    /// Calls of models.
    Gateway,
    /// Plans.
    Subscription,
    /// Calls beyond a plan.
    Overage,
    /// Jobs paid one by one.
    Run,
}

impl Revenue {
    /// Its book's name in the database.
    pub(crate) fn book(self) -> &'static str {
        match self {
            Self::Gateway => "revenue:gateway",
            Self::Subscription => "revenue:subscription",
            Self::Overage => "revenue:overage",
            Self::Run => "revenue:run",
        }
    }
}

/// An account of the double entry.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Book {
    /// A customer's prepaid money: owed to them, so their balance is minus the sum of its entries.
    Customer(String),
    /// The pool that makes usage cheaper; likewise.
    Subsidy,
    /// Earned.
    Revenue(Revenue),
    /// What providers cost.
    ProviderCost,
    /// What is owed to them.
    ProviderPayable,
    /// Money at Stripe.
    Stripe,
    /// Money paid on chain.
    X402,
    /// SOL swept from the vault, at its price then.
    Vault,
    /// Borne by the platform.
    Loss,
}

impl Book {
    /// Its name in the database.
    pub fn name(&self) -> String {
        match self {
            Self::Customer(account) => format!("customer:{account}"),
            Self::Subsidy => "subsidy".into(),
            Self::Revenue(what) => what.book().into(),
            Self::ProviderCost => "provider:cost".into(),
            Self::ProviderPayable => "provider:payable".into(),
            Self::Stripe => "stripe".into(),
            Self::X402 => "x402".into(),
            Self::Vault => "vault".into(),
            Self::Loss => "loss".into(),
        }
    }

    /// The row of `balances` that follows it, for those that may not go below zero.
    pub(crate) fn balance(&self) -> Option<&str> {
        match self {
            Self::Customer(account) => Some(account),
            Self::Subsidy => Some(SUBSIDY),
            _ => None,
        }
    }
}

/// The subsidy pool's row of `balances`.
pub(crate) const SUBSIDY: &str = "subsidy";

/// What to do where a customer has not got what a posting takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Short {
    /// Nothing is posted.
    Refuse,
    /// What is lacking is the platform's loss: money that was taken back by its bank is gone.
    Loss,
}

/// What the revenue report sums of a posting.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Reported {
    /// Charged, by whoever it is paid.
    pub gross_nano_usd: i64,
    /// Of what was charged, paid back or never paid.
    pub refunds_nano_usd: i64,
    /// What the work cost the platform.
    pub provider_cost_nano_usd: i64,
    /// The platform's fee in the charge.
    pub fee_nano_usd: i64,
    /// Of the charge, paid by the subsidy pool.
    pub subsidy_nano_usd: i64,
}

/// Money that moves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Posting {
    /// Names what caused it, such as `stripe:payment_intent:pi_1`.
    pub id: String,
    /// What it is, such as `top_up`.
    pub kind: &'static str,
    /// Debit positive, credit negative, sum zero; at most one customer among them.
    pub entries: Vec<(Book, i64)>,
    /// Where a customer has not got it.
    pub short: Short,
    /// What the revenue report sums.
    pub reported: Reported,
    /// What it is about, JSON.
    pub reference: String,
}

/// A posting is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Posted {
    /// It had been made before.
    pub duplicate: bool,
    /// The customer's balance now; zero without a customer.
    pub balance_nano_usd: i64,
    /// What the customer lacked.
    pub short_nano_usd: i64,
}

/// A hold whose time is over and that nobody ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpiredHold {
    /// Its name.
    pub id: String,
    /// Who pays.
    pub account: String,
    /// The most it can cost.
    pub amount_nano_usd: i64,
    /// As it was given, JSON.
    pub context: String,
}

/// Why the ledger does not do what it is asked. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// There is less money than wanted.
    #[error(
        "{available_nano_usd} nano-USD are available and {wanted_nano_usd} are needed: top up the account"
    )]
    Insufficient {
        /// What may be spent.
        available_nano_usd: i64,
        /// What was to be spent.
        wanted_nano_usd: i64,
    },
    /// There were enough requests in this window.
    #[error("{} requests are taken in a window: wait {retry_after_seconds} s", state.max)]
    Limited {
        /// The limit that is reached.
        state: LimitState,
        /// Until the window ends.
        retry_after_seconds: u64,
    },
    /// There is no such hold.
    #[error("there is no such hold")]
    Unknown,
    /// The hold ended in another way before.
    #[error("the hold has ended before")]
    Ended,
    /// The id names something else.
    #[error("the id was used before with other content: use a new one")]
    Conflict,
    /// Entries that do not sum to zero, two customers, or an amount that cannot be.
    #[error("the entries are not a posting: {0}")]
    Unbalanced(&'static str),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The ledger's writer ended.
    #[error("the ledger is closed: the server is stopping")]
    Closed,
}
