//! What is read of Stripe's objects. Fields that are not used here are not named, so that the provider may
//! add and change them.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// What we wrote on an object.
pub type Metadata = BTreeMap<String, String>;

/// An object's id, where the object itself may stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Id(pub String);

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Form {
            Id(String),
            Object { id: String },
        }
        Ok(match Form::deserialize(d)? {
            Form::Id(id) | Form::Object { id } => Self(id),
        })
    }
}

/// What happened.
#[derive(Clone, Debug, Deserialize)]
pub struct Event {
    /// `evt_…`
    pub id: String,
    /// What, such as `invoice.paid`.
    #[serde(rename = "type")]
    pub kind: String,
    /// When, Unix seconds.
    pub created: i64,
    /// To what.
    pub data: EventData,
}

/// The object an event is about.
#[derive(Clone, Debug, Deserialize)]
pub struct EventData {
    /// As it stood then.
    pub object: Value,
}

/// A page on which a customer pays.
#[derive(Clone, Debug, Deserialize)]
pub struct Session {
    /// `cs_…`
    pub id: String,
    /// `paid`, `unpaid` or `no_payment_required`.
    pub payment_status: String,
    /// Where the customer pays; gone once paid.
    pub url: Option<String>,
    /// `pi_…`; none for a subscription.
    pub payment_intent: Option<Id>,
    /// `sub_…`
    pub subscription: Option<Id>,
    /// Cents.
    pub amount_total: Option<i64>,
    /// Three letters.
    pub currency: Option<String>,
    /// Ours.
    #[serde(default, deserialize_with = "or_default")]
    pub metadata: Metadata,
}

/// Who pays.
#[derive(Clone, Debug, Deserialize)]
pub struct Customer {
    /// `cus_…`
    pub id: String,
}

/// A list inside an object.
#[derive(Clone, Debug, Deserialize)]
pub struct List<T> {
    /// Its entries.
    pub data: Vec<T>,
}

impl<T> Default for List<T> {
    fn default() -> Self {
        Self { data: Vec::new() }
    }
}

/// A subscription.
#[derive(Clone, Debug, Deserialize)]
pub struct Subscription {
    /// `sub_…`
    pub id: String,
    /// `active`, `past_due`, `canceled` and others.
    pub status: String,
    /// Who pays.
    pub customer: Id,
    /// Whether it ends with the period.
    #[serde(default)]
    pub cancel_at_period_end: bool,
    /// When it began, Unix seconds.
    pub created: i64,
    /// What is subscribed to: here one item.
    #[serde(default)]
    pub items: List<SubscriptionItem>,
    /// Ours.
    #[serde(default, deserialize_with = "or_default")]
    pub metadata: Metadata,
}

/// What is subscribed to.
#[derive(Clone, Debug, Deserialize)]
pub struct SubscriptionItem {
    /// `si_…`
    pub id: String,
    /// Begin of what is paid for, Unix seconds.
    pub current_period_start: i64,
    /// End of it, Unix seconds.
    pub current_period_end: i64,
}

/// An invoice of the provider's.
#[derive(Clone, Debug, Deserialize)]
pub struct Invoice {
    /// `in_…`
    pub id: String,
    /// `paid`, `open` and others.
    pub status: Option<String>,
    /// Cents.
    pub amount_paid: i64,
    /// Three letters.
    pub currency: String,
    /// Where it comes from.
    pub parent: Option<InvoiceParent>,
    /// What it charges.
    #[serde(default)]
    pub lines: List<InvoiceLine>,
    /// How it was paid, where asked for.
    #[serde(default)]
    pub payments: List<InvoicePayment>,
    /// Ours.
    #[serde(default, deserialize_with = "or_default")]
    pub metadata: Metadata,
}

/// Where an invoice comes from.
#[derive(Clone, Debug, Deserialize)]
pub struct InvoiceParent {
    /// Of a subscription.
    pub subscription_details: Option<SubscriptionDetails>,
}

/// The subscription of an invoice.
#[derive(Clone, Debug, Deserialize)]
pub struct SubscriptionDetails {
    /// `sub_…`
    pub subscription: Id,
    /// Ours, as it was on the subscription.
    #[serde(default, deserialize_with = "or_default")]
    pub metadata: Metadata,
}

/// A line of an invoice.
#[derive(Clone, Debug, Deserialize)]
pub struct InvoiceLine {
    /// Cents; below zero where something is given back.
    pub amount: i64,
    /// Ours.
    #[serde(default, deserialize_with = "or_default")]
    pub metadata: Metadata,
}

/// A payment of an invoice.
#[derive(Clone, Debug, Deserialize)]
pub struct InvoicePayment {
    /// `paid` and others.
    pub status: String,
    /// By what.
    pub payment: PaidBy,
}

/// What an invoice was paid by.
#[derive(Clone, Debug, Deserialize)]
pub struct PaidBy {
    /// `pi_…`
    pub payment_intent: Option<Id>,
}

/// A charge to come on a subscription's next invoice.
#[derive(Clone, Debug, Deserialize)]
pub struct InvoiceItem {
    /// `ii_…`
    pub id: String,
}

/// A charge of a card.
#[derive(Clone, Debug, Deserialize)]
pub struct Charge {
    /// What it is part of.
    pub payment_intent: Option<Id>,
    /// Cents given back so far, all refunds together.
    pub amount_refunded: i64,
    /// Three letters.
    pub currency: String,
}

/// A refund.
#[derive(Clone, Debug, Deserialize)]
pub struct Refund {
    /// `re_…`
    pub id: String,
    /// `succeeded`, `pending` and others.
    pub status: Option<String>,
    /// Cents.
    pub amount: i64,
}

/// A payment that a cardholder disputes.
#[derive(Clone, Debug, Deserialize)]
pub struct Dispute {
    /// `dp_…`
    pub id: String,
    /// What is disputed.
    pub payment_intent: Option<Id>,
    /// Cents.
    pub amount: i64,
    /// Three letters.
    pub currency: String,
    /// `needs_response`, `won`, `lost`, `warning_…` and others.
    pub status: String,
}

/// `null` where an empty one is meant.
fn or_default<'de, D, T>(d: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Option::<T>::deserialize(d).map(Option::unwrap_or_default)
}
