//! Invoices and credit notes: written once, numbered without gaps, and shown as JSON, HTML and PDF of the
//! same document. And the statement: everything that moved an account's credit in a month.

mod close;
mod html;
mod pdf;
pub(crate) mod routes;
pub(crate) mod statement;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub(crate) use close::{Month, credit_note, month};
pub use html::{html, style_hash};
pub use pdf::pdf;

/// An invoice or a credit note, as it was issued.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Invoice {
    /// Counts invoices, and credit notes on their own, without a gap.
    #[schema(example = "INV-000042")]
    pub number: String,
    /// `invoice`, or `creditNote`: money that was given back.
    #[schema(example = "invoice")]
    pub kind: InvoiceKind,
    /// Whose.
    #[schema(example = "acct_019a7b2e5c3f7d41a2b3c4d5e6f70819")]
    pub account: String,
    /// The month it is for, UTC.
    #[schema(example = "2026-11")]
    pub month: String,
    /// When it was issued.
    #[schema(example = 1_796_083_200)]
    pub issued_at_unix: i64,
    /// What is paid for, or given back.
    pub lines: Vec<InvoiceLine>,
    /// Their sum.
    pub total_nano_usd: String,
    /// What was used of prepaid credit; it was paid for when the credit was bought.
    pub usage: Vec<InvoiceUsage>,
    /// The sum of its list prices.
    pub usage_list_nano_usd: String,
    /// What the subsidy paid of them.
    pub usage_discount_nano_usd: String,
    /// What was taken from the credit.
    pub usage_charge_nano_usd: String,
}

/// Which document it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum InvoiceKind {
    /// What is paid.
    Invoice,
    /// What was given back.
    CreditNote,
}

/// A line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct InvoiceLine {
    /// `plan`, `overage`, `credit`, `runs` or `refund`.
    #[schema(example = "overage")]
    pub kind: String,
    /// For people.
    #[schema(example = "150,000 calls above the 100,000 of PRO, at $0.50 per 1,000")]
    pub description: String,
    /// What it costs.
    pub amount_nano_usd: String,
}

/// Usage of one model or job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct InvoiceUsage {
    /// The model or job.
    #[schema(example = "openai/gpt-oss-120b")]
    pub sku: String,
    /// How often.
    #[schema(example = 1_204)]
    pub calls: i64,
    /// The sum of its list prices.
    pub list_nano_usd: String,
    /// What the subsidy paid of it.
    pub discount_nano_usd: String,
    /// What was taken from the credit.
    pub charge_nano_usd: String,
}
