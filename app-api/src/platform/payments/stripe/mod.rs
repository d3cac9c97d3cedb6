//! Stripe's API, as much of it as is used here.

mod client;
mod types;

pub use client::{StripeClient, StripeError};
pub use types::{
    Charge, Customer, Dispute, Event, Id, Invoice, InvoiceItem, Refund, Session, Subscription,
};

/// The version of the API that requests ask for; what is read here is its form.
pub const API_VERSION: &str = "2026-09-30.endive";
