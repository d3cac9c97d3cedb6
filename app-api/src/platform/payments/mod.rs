//! Money from the payment provider: what is sold there, what it tells us, and what that does to the ledger.
//!
//! What the provider tells is kept first, then learned as facts of a payment or read anew from the provider,
//! and only then posted. Each step may be done again, so an event that fails half way is done when it comes
//! again, or by the sweep.

mod billing;
mod checkout;
mod effects;
mod fact;
mod overview;
mod refunds;
pub(crate) mod routes;
mod run;
mod run_link;
mod signature;
mod state;
mod stripe;
mod subscribe;
mod sweep;
mod sync;
mod webhook;

pub(crate) use billing::counting_periods;
pub use billing::{Billing, BillingError};
pub use fact::{Disputed, Fact, Kind, Outcome, Paid, Purpose};
pub(crate) use run_link::RunLink;
pub use signature::{SignatureError, WebhookSecrets};
pub use state::{Content, Decided, Payment};
pub use stripe::{API_VERSION, StripeClient, StripeError};
