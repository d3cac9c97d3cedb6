//! An invoice as a page: for reading and printing, with nothing from elsewhere.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use maud::{DOCTYPE, PreEscaped, html as markup};
use sha2::{Digest as _, Sha256};

use super::{Invoice, InvoiceKind};
use crate::platform::money::{grouped, usd};

const STYLE: &str = "body{font:14px/1.5 system-ui,sans-serif;color:#111;background:#fff;max-width:46rem;\
margin:2rem auto;padding:0 1rem}h1{font-size:1.6rem;margin:0 0 .2rem}dl{display:grid;\
grid-template-columns:max-content 1fr;gap:.1rem 1rem}dt{color:#555}dd{margin:0}table{width:100%;\
border-collapse:collapse;margin:1rem 0}th{text-align:left;color:#555;font-weight:500}td,th{padding:.35rem .3rem;\
border-bottom:1px solid #ddd;vertical-align:top;overflow-wrap:anywhere}.n{text-align:right;white-space:nowrap;\
font-variant-numeric:tabular-nums}tfoot td{font-weight:600;border-bottom:0}\
@media print{body{margin:0;max-width:none}@page{margin:18mm}}";

/// What a content security policy allows this style by.
pub fn style_hash() -> String {
    let hash = BASE64_STANDARD.encode(Sha256::digest(STYLE));
    format!("'sha256-{hash}'")
}

/// The page.
pub fn html(invoice: &Invoice) -> String {
    let title = title(invoice);
    markup! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width";
                title { "Primis " (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                h1 { (title) }
                dl {
                    dt { "Account" } dd { (invoice.account) }
                    dt { "Month" } dd { (invoice.month) ", UTC" }
                    dt { "Issued" } dd { (date(invoice.issued_at_unix)) }
                }
                table {
                    thead { tr { th { "Description" } th.n { "USD" } } }
                    tbody {
                        @for line in &invoice.lines {
                            tr { td { (line.description) } td.n { (amount(&line.amount_nano_usd)) } }
                        }
                    }
                    tfoot { tr { td { "Total" } td.n { (amount(&invoice.total_nano_usd)) } } }
                }
                @if !invoice.usage.is_empty() {
                    h2 { "Used of prepaid credit" }
                    table {
                        thead { tr {
                            th { "Model or job" } th.n { "Calls" } th.n { "List" } th.n { "Subsidy" } th.n { "Charged" }
                        } }
                        tbody {
                            @for row in &invoice.usage {
                                tr {
                                    td { (row.sku) }
                                    td.n { (grouped(row.calls.unsigned_abs())) }
                                    td.n { (amount(&row.list_nano_usd)) }
                                    td.n { (discount(&row.discount_nano_usd)) }
                                    td.n { (amount(&row.charge_nano_usd)) }
                                }
                            }
                        }
                        tfoot { tr {
                            td { "Sum" } td {}
                            td.n { (amount(&invoice.usage_list_nano_usd)) }
                            td.n { (discount(&invoice.usage_discount_nano_usd)) }
                            td.n { (amount(&invoice.usage_charge_nano_usd)) }
                        } }
                    }
                }
            }
        }
    }
    .into_string()
}

/// `Invoice INV-000001`.
pub(super) fn title(invoice: &Invoice) -> String {
    match invoice.kind {
        InvoiceKind::Invoice => format!("Invoice {}", invoice.number),
        InvoiceKind::CreditNote => format!("Credit note {}", invoice.number),
    }
}

/// The day, UTC.
pub(super) fn date(unix: i64) -> String {
    jiff::Timestamp::from_second(unix)
        .map(|at| at.strftime("%Y-%m-%d").to_string())
        .unwrap_or_default()
}

/// An amount of the document for people; what is no number stays as it is.
pub(super) fn amount(nano_usd: &str) -> String {
    nano_usd.parse().map_or_else(|_| nano_usd.to_owned(), usd)
}

/// What was taken off.
pub(super) fn discount(nano_usd: &str) -> String {
    match nano_usd.parse::<i64>() {
        Ok(nano_usd) => usd(nano_usd.saturating_neg()),
        Err(_) => nano_usd.to_owned(),
    }
}
