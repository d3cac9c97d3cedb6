//! The pages of `/v1/balance_transactions`, and what of them is revenue. No IO.

use std::collections::HashSet;

use serde::Deserialize;

use super::client::PAGE_LIMIT;
use crate::{
    config::{StripeAmount, StripeConfig},
    revenue::{RevenueError, Stretch, share},
};

/// The only currency that can be counted in dollars. Stripe converts what customers pay in another
/// one where the account settles in dollars only.
const CURRENCY: &str = "usd";
/// Nano-USD in a cent.
const NANO_USD_PER_CENT: i128 = 10_000_000;
/// Most transactions of one stretch: a thousand pages, some minutes.
const MAX_TRANSACTIONS: usize = 100_000;
/// Reporting categories that move or lend money without anything being sold. They never count.
const NEVER: &[&str] = &[
    "advance",
    "advance_funding",
    "anticipation_repayment",
    "connect_collection_transfer",
    "connect_reserved_funds",
    "contribution",
    "currency_conversion",
    "financing_paydown",
    "financing_paydown_reversal",
    "financing_payout",
    "financing_payout_reversal",
    "inbound_transfer",
    "inbound_transfer_reversal",
    "issuing_authorization_hold",
    "issuing_authorization_release",
    "issuing_dispute",
    "issuing_transaction",
    "minimum_balance_hold",
    "obligation",
    "outbound_transfer",
    "outbound_transfer_reversal",
    "payment_network_reserved_funds",
    "payout",
    "payout_reversal",
    "risk_reserved_funds",
    "topup",
    "topup_reversal",
    "transfer",
    "transfer_reversal",
    "unreconciled_customer_funds",
];
/// Types that move money, whatever category they come under.
const MOVING_TYPES: &[&str] = &["payout", "transfer", "topup"];

/// A page, newest transaction first.
#[derive(Debug, Deserialize)]
pub(super) struct Page {
    object: String,
    data: Vec<Transaction>,
    has_more: bool,
}

/// A balance transaction; amounts in cents of `currency`.
#[derive(Debug, Deserialize)]
struct Transaction {
    id: String,
    object: String,
    created: i64,
    currency: String,
    amount: i64,
    fee: i64,
    net: i64,
    #[serde(rename = "type")]
    kind: String,
    reporting_category: String,
}

/// What counts, and how much of it.
#[derive(Debug)]
pub(super) struct Rules {
    counted: HashSet<String>,
    ignored: HashSet<String>,
    amount: StripeAmount,
    share_bps: u16,
}

impl Rules {
    pub(super) fn new(config: &StripeConfig) -> Result<Self, RevenueError> {
        let counted: HashSet<String> = config.categories.iter().cloned().collect();
        let refuse = |text: String| Err(RevenueError::Config(text));
        if counted.is_empty() {
            return refuse(
                "revenue.stripe.categories is empty: nothing would count as revenue".into(),
            );
        }
        if let Some(category) = counted.iter().find(|c| NEVER.contains(&c.as_str())) {
            return refuse(format!(
                "revenue.stripe.categories names {category:?}, which sells nothing: take it out"
            ));
        }
        let ignored: HashSet<String> = config
            .ignored_categories
            .iter()
            .filter(|category| !counted.contains(*category))
            .cloned()
            .chain(NEVER.iter().map(|category| (*category).to_owned()))
            .collect();
        Ok(Self {
            counted,
            ignored,
            amount: config.amount,
            share_bps: config.share_bps,
        })
    }
}

/// The transactions of a stretch, page by page.
#[derive(Debug)]
pub(super) struct Collected {
    from: i64,
    to: i64,
    seen: HashSet<String>,
    oldest: Option<i64>,
    /// Second and nano-USD of each that counts.
    amounts: Vec<(i64, i128)>,
}

impl Collected {
    pub(super) fn new(from: i64, to: i64) -> Self {
        Self {
            from,
            to,
            seen: HashSet::new(),
            oldest: None,
            amounts: Vec::new(),
        }
    }

    /// Whether all of `stretch` was collected.
    pub(super) fn covers(&self, stretch: Stretch) -> bool {
        self.from == stretch.from && stretch.to <= self.to
    }

    /// Second and nano-USD of each transaction that counts.
    pub(super) fn amounts(&self) -> impl Iterator<Item = (i64, i128)> {
        self.amounts.iter().copied()
    }

    /// Adds a page; the cursor of the next one, if there is one.
    ///
    /// # Errors
    /// What of it makes no sense, and what to do.
    pub(super) fn add(&mut self, page: Page, rules: &Rules) -> Result<Option<String>, String> {
        if page.object != "list" {
            return Err(format!(
                "a {:?} instead of a list of transactions",
                page.object
            ));
        }
        if page.data.len() > PAGE_LIMIT {
            return Err(format!(
                "a page of {} transactions, {PAGE_LIMIT} were asked for",
                page.data.len()
            ));
        }
        let last = page.data.last().map(|transaction| transaction.id.clone());
        for transaction in &page.data {
            self.add_one(transaction, rules)
                .map_err(|cause| format!("transaction {:?} {cause}", transaction.id))?;
        }
        match (page.has_more, last) {
            (false, _) => Ok(None),
            (true, Some(_)) if self.seen.len() >= MAX_TRANSACTIONS => Err(format!(
                "more than {MAX_TRANSACTIONS} transactions since the last distribution: export them, and use [revenue.file] to catch up"
            )),
            (true, Some(last)) => Ok(Some(last)),
            (true, None) => Err("an empty page that says there is more".into()),
        }
    }

    fn add_one(&mut self, transaction: &Transaction, rules: &Rules) -> Result<(), String> {
        let Transaction {
            id,
            object,
            created,
            ..
        } = transaction;
        if object != "balance_transaction" {
            return Err(format!("is a {object:?}"));
        }
        if !(self.from..self.to).contains(created) {
            return Err(format!(
                "of second {created} was not asked for: {} to {} was",
                self.from, self.to
            ));
        }
        if self.oldest.is_some_and(|oldest| *created > oldest) {
            return Err("is newer than the one before it: the pages are out of order".into());
        }
        if !self.seen.insert(id.clone()) {
            return Err("comes twice".into());
        }
        self.oldest = Some(*created);
        if let Some(nano_usd) = transaction.revenue(rules)? {
            self.amounts.push((*created, nano_usd));
        }
        Ok(())
    }
}

impl Transaction {
    /// What counts of it, nano-USD; `None` where it is no revenue.
    fn revenue(&self, rules: &Rules) -> Result<Option<i128>, String> {
        let category = self.reporting_category.as_str();
        if rules.ignored.contains(category) {
            return Ok(None);
        }
        if !rules.counted.contains(category) {
            return Err(format!(
                "is of category {category:?}, which is not known to be revenue or not: name it in revenue.stripe.categories or in ignored_categories"
            ));
        }
        if MOVING_TYPES.contains(&self.kind.as_str()) {
            return Err(format!(
                "is a {} under category {category:?}: nothing was sold",
                self.kind
            ));
        }
        if self.currency != CURRENCY {
            return Err(format!(
                "is in {:?}: only dollars can be counted; let the account settle in usd only, or take category {category:?} out of revenue.stripe.categories",
                self.currency
            ));
        }
        if self.amount.checked_sub(self.fee) != Some(self.net) {
            return Err(format!(
                "has a net of {} cents, {} less {} is another number",
                self.net, self.amount, self.fee
            ));
        }
        let cents = match rules.amount {
            StripeAmount::Net => self.net,
            StripeAmount::Gross => self.amount,
        };
        i128::from(cents)
            .checked_mul(NANO_USD_PER_CENT)
            .and_then(|nano_usd| share(nano_usd, rules.share_bps))
            .map(Some)
            .ok_or_else(|| format!("of {cents} cents is out of range"))
    }
}
