//! What the invoice of a month says, and the credit note of a refund.

use super::{Invoice, InvoiceKind, InvoiceLine, InvoiceUsage};
use crate::{
    platform::{
        money::{grouped, usd},
        payments::{Decided, Kind},
        plans::{NANO_USD_PER_CENT, Period, Plan, overage_nano_usd},
    },
    store::{Document, OverageRow, PostedPayment, SkuUsage},
};

/// What happened in a month, and the plan and subscription it happened with.
pub(crate) struct Month<'a> {
    pub(crate) account: &'a str,
    pub(crate) period: Period,
    pub(crate) now: i64,
    /// The plan of metered systems, and what its overage is charged with.
    pub(crate) plan: Option<(&'a Plan, &'a str)>,
}

/// The overage of a month and its invoice; no invoice where nothing is to be said.
///
/// A line for each payment of the month, without the overage of earlier months in it, which is on their
/// invoices; and the overage of this one, which is paid with the next fee.
pub(crate) fn month(
    month: &Month<'_>,
    calls: i64,
    payments: &[PostedPayment],
    usage: &[SkuUsage],
) -> (Option<OverageRow>, Option<Document>) {
    let mut lines = Vec::new();
    for payment in payments {
        let cents = payment.paid_cents.saturating_sub(payment.overage_cents);
        if cents != 0 {
            let kind = match payment.purpose.as_str() {
                "subscription" => "plan",
                "run" | "runs" => "runs",
                _ => "credit",
            };
            lines.push((
                kind,
                payment.description.clone(),
                cents.saturating_mul(NANO_USD_PER_CENT),
            ));
        }
    }
    let overage = month.plan.and_then(|(plan, subscription)| {
        let nano_usd = overage_nano_usd(&plan.terms, calls.unsigned_abs()).ok()?;
        let above = calls.saturating_sub(plan.terms.included_calls);
        if above <= 0 {
            return None;
        }
        let price = plan.terms.overage_per_thousand_nano_usd.unwrap_or_default();
        lines.push((
            "overage",
            format!(
                "{} calls above the {} of {}, at {} per 1,000",
                grouped(above.unsigned_abs()),
                grouped(plan.terms.included_calls.unsigned_abs()),
                plan.terms.name,
                usd(price),
            ),
            nano_usd,
        ));
        Some(OverageRow {
            account: month.account.to_owned(),
            period: month.period.to_string(),
            plan: plan.plan.clone(),
            plan_version: plan.version,
            calls,
            amount_cents: nano_usd.checked_div(NANO_USD_PER_CENT)?,
            subscription: subscription.to_owned(),
        })
    });
    if lines.is_empty() && usage.is_empty() {
        return (overage, None);
    }
    let invoice = invoice(InvoiceKind::Invoice, month, lines, usage);
    let document = Document {
        kind: "invoice",
        account: month.account.to_owned(),
        cause: format!("month:{}", month.period),
        period: month.period.to_string(),
        issued_at: month.now,
        invoice,
    };
    (overage, Some(document))
}

/// The credit note of a refund; `None` for other postings, and where nobody known had paid.
pub(crate) fn credit_note(posting: &Decided, now: i64) -> Option<Document> {
    if posting.kind != Kind::Refund || posting.account().is_empty() {
        return None;
    }
    let month = Month {
        account: posting.account(),
        period: Period::of(now),
        now,
        plan: None,
    };
    let lines = vec![(
        "refund",
        format!("Refund of {}", posting.description()),
        posting.cents.saturating_mul(NANO_USD_PER_CENT),
    )];
    Some(Document {
        kind: "credit_note",
        account: posting.account().to_owned(),
        cause: posting.id.clone(),
        period: month.period.to_string(),
        issued_at: now,
        invoice: invoice(InvoiceKind::CreditNote, &month, lines, &[]),
    })
}

fn invoice(
    kind: InvoiceKind,
    month: &Month<'_>,
    lines: Vec<(&str, String, i64)>,
    usage: &[SkuUsage],
) -> Invoice {
    let sum = |of: fn(&SkuUsage) -> i64| {
        let sum = usage
            .iter()
            .fold(0i64, |sum, row| sum.saturating_add(of(row)));
        sum.to_string()
    };
    let total = lines
        .iter()
        .fold(0i64, |sum, (_, _, amount)| sum.saturating_add(*amount));
    Invoice {
        // Given when it is issued.
        number: String::new(),
        kind,
        account: month.account.to_owned(),
        month: month.period.to_string(),
        issued_at_unix: month.now,
        lines: lines
            .into_iter()
            .map(|(kind, description, amount)| InvoiceLine {
                kind: kind.to_owned(),
                description,
                amount_nano_usd: amount.to_string(),
            })
            .collect(),
        total_nano_usd: total.to_string(),
        usage: usage
            .iter()
            .map(|row| InvoiceUsage {
                sku: row.sku.clone(),
                calls: row.calls,
                list_nano_usd: row.list_nano_usd.to_string(),
                discount_nano_usd: row.discount_nano_usd.to_string(),
                charge_nano_usd: row.charge_nano_usd.to_string(),
            })
            .collect(),
        usage_list_nano_usd: sum(|row| row.list_nano_usd),
        usage_discount_nano_usd: sum(|row| row.discount_nano_usd),
        usage_charge_nano_usd: sum(|row| row.charge_nano_usd),
    }
}
