//! What is known of a payment, and what is to be posted for it. Facts only grow, so it does not matter in
//! which order they become known; each posting is decided once, when nothing decided before is open.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::fact::{Disputed, Fact, Kind, Outcome, Paid, Purpose};
use crate::platform::{
    ledger::{Book, Posting, Reported, Revenue, Short},
    money,
    plans::NANO_USD_PER_CENT,
};

/// A posting that was decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decided {
    /// Its id in the ledger.
    pub id: String,
    /// Why.
    pub kind: Kind,
    /// The dispute, or nothing.
    pub object: String,
    /// Cents.
    pub cents: i64,
    /// What is posted.
    pub content: Content,
    /// Whether the ledger has it.
    pub done: bool,
    /// What the customer lacked of it, nano-USD.
    pub short_nano_usd: i64,
}

/// What is posted. Kept as it was decided: settings may have changed when it is made again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    account: String,
    purpose: Purpose,
    /// Of the account's credit, plan fees and overage, nano-USD; positive where they grow.
    credit: i64,
    fees: i64,
    overage: i64,
    /// Of what was paid for runs, likewise.
    #[serde(default)]
    runs: i64,
    /// Prepaid runs that come, or go where it is negative.
    #[serde(default)]
    run_credits: i64,
    /// The run that is paid, or nothing.
    #[serde(default)]
    run: String,
    /// What the platform bore and gets back.
    loss: i64,
    gross: i64,
    refunds: i64,
    fee: i64,
    fee_bps: u64,
    reference: String,
}

/// A payment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Payment {
    /// Its id at the provider.
    pub id: String,
    /// Once it was made.
    pub paid: Option<Paid>,
    /// Cents given back, all refunds together.
    pub refunded_cents: i64,
    /// Disputes by their id.
    pub disputes: BTreeMap<String, Disputed>,
    /// What was posted or is to be.
    pub postings: Vec<Decided>,
}

impl Payment {
    /// Takes a fact in. Again, or earlier than one it follows: nothing changes by it.
    pub fn learn(&mut self, fact: Fact) {
        match fact {
            // Two events of one payment say the same of it; the first stays.
            Fact::Paid(paid) => {
                self.paid.get_or_insert(paid);
            }
            Fact::Refunded(cents) => self.refunded_cents = self.refunded_cents.max(cents),
            Fact::Disputed(id, now) => {
                let known = self.disputes.entry(id).or_insert(now);
                known.cents = known.cents.max(now.cents);
                known.taken |= now.taken;
                known.outcome = known.outcome.max(now.outcome);
            }
        }
    }

    /// What is to be posted next: what is decided and open, or what the facts ask for; `None`: nothing.
    pub fn next(&self, fee_bps: u64) -> Option<Decided> {
        if let Some(open) = self.postings.iter().find(|posting| !posting.done) {
            return Some(open.clone());
        }
        // Refunds and disputes of a payment wait until it is known.
        let paid = self.paid.as_ref()?;
        let Some(first) = self.postings.iter().find(|p| p.kind == Kind::Paid) else {
            return Some(self.payment(paid, fee_bps));
        };
        let fee_bps = first.content.fee_bps;
        let refunded = self.sum(Kind::Refund);
        if self.refunded_cents > refunded {
            let cents = self.refunded_cents.saturating_sub(refunded);
            let id = format!("stripe:refund:{}:{}", self.id, self.refunded_cents);
            return Some(self.reversal(paid, Kind::Refund, id, "", cents, fee_bps));
        }
        self.disputes
            .iter()
            .find_map(|(id, dispute)| self.dispute(paid, id, dispute, fee_bps))
    }

    fn dispute(&self, paid: &Paid, id: &str, now: &Disputed, fee_bps: u64) -> Option<Decided> {
        let of = |kind| {
            self.postings
                .iter()
                .find(|p| p.kind == kind && p.object == id)
        };
        match (of(Kind::Dispute), of(Kind::DisputeWon)) {
            (None, _) if now.taken && now.outcome != Outcome::Won => {
                let posting = format!("stripe:dispute:{id}");
                Some(self.reversal(paid, Kind::Dispute, posting, id, now.cents, fee_bps))
            }
            (Some(taken), None) if now.outcome == Outcome::Won => Some(returned(taken, id)),
            _ => None,
        }
    }

    fn payment(&self, paid: &Paid, fee_bps: u64) -> Decided {
        let whole = nano(paid.cents);
        let overage = nano(paid.overage_cents.clamp(0, paid.cents));
        let fees = whole.saturating_sub(overage);
        let sold = paid.purpose != Purpose::Credit;
        let plan = paid.purpose == Purpose::Subscription;
        Decided {
            id: format!("stripe:payment_intent:{}", self.id),
            kind: Kind::Paid,
            object: String::new(),
            cents: paid.cents,
            content: Content {
                account: paid.account.clone(),
                purpose: paid.purpose,
                credit: if sold { 0 } else { whole },
                fees: if plan { fees } else { 0 },
                overage: if plan { overage } else { 0 },
                runs: if paid.is_for_runs() { whole } else { 0 },
                run_credits: paid.run_credits(paid.cents),
                run: match paid.purpose {
                    Purpose::Run => paid.subject.clone(),
                    _ => String::new(),
                },
                loss: 0,
                // Credit is revenue once it is used.
                gross: if sold { whole } else { 0 },
                refunds: 0,
                fee: if sold { share(whole, fee_bps) } else { 0 },
                fee_bps,
                reference: self.reference(paid, ""),
            },
            done: false,
            short_nano_usd: 0,
        }
    }

    /// Money that goes back. Of a subscription's payment the fee goes first, then the overage.
    fn reversal(
        &self,
        paid: &Paid,
        kind: Kind,
        id: String,
        object: &str,
        cents: i64,
        fee_bps: u64,
    ) -> Decided {
        let back = nano(cents);
        let before = nano(self.gone());
        let after = before.saturating_add(back);
        let sold = paid.purpose != Purpose::Credit;
        let plan = paid.purpose == Purpose::Subscription;
        let fees = nano(
            paid.cents
                .saturating_sub(paid.overage_cents.clamp(0, paid.cents)),
        );
        let of_fees = after.min(fees).saturating_sub(before.min(fees));
        let of_overage = back.saturating_sub(of_fees);
        // The difference of two roundings: all parts together give back what the whole gave.
        let fee = share(after, fee_bps).saturating_sub(share(before, fee_bps));
        Decided {
            id,
            kind,
            object: object.to_owned(),
            cents,
            content: Content {
                account: paid.account.clone(),
                purpose: paid.purpose,
                credit: if sold { 0 } else { back.saturating_neg() },
                fees: if plan { of_fees.saturating_neg() } else { 0 },
                overage: if plan { of_overage.saturating_neg() } else { 0 },
                runs: if paid.is_for_runs() {
                    back.saturating_neg()
                } else {
                    0
                },
                // Likewise: what all parts together took, less what was taken before.
                run_credits: self
                    .run_credits_taken()
                    .saturating_sub(paid.run_credits(self.gone().saturating_add(cents))),
                run: String::new(),
                loss: 0,
                gross: 0,
                refunds: if sold { back } else { 0 },
                fee: if sold { fee.saturating_neg() } else { 0 },
                fee_bps,
                reference: self.reference(paid, object),
            },
            done: false,
            short_nano_usd: 0,
        }
    }

    /// Cents of it that are not here now, as posted.
    fn gone(&self) -> i64 {
        self.sum(Kind::Refund)
            .saturating_add(self.sum(Kind::Dispute))
            .saturating_sub(self.sum(Kind::DisputeWon))
    }

    /// Prepaid runs that went with it.
    fn run_credits_taken(&self) -> i64 {
        let after = self.postings.iter().filter(|p| p.kind != Kind::Paid);
        after.fold(0, |sum, p| sum.saturating_sub(p.content.run_credits))
    }

    fn sum(&self, kind: Kind) -> i64 {
        let of_kind = self.postings.iter().filter(|p| p.kind == kind);
        of_kind.fold(0, |sum, posting| sum.saturating_add(posting.cents))
    }

    fn reference(&self, paid: &Paid, dispute: &str) -> String {
        let mut reference = serde_json::json!({
            "payment": self.id, "object": paid.object, "description": paid.description,
        });
        if let (false, Some(fields)) = (dispute.is_empty(), reference.as_object_mut()) {
            fields.insert("dispute".to_owned(), dispute.into());
        }
        reference.to_string()
    }
}

/// What a dispute took comes back to whom it was taken from.
fn returned(taken: &Decided, dispute: &str) -> Decided {
    let was = &taken.content;
    let short = taken.short_nano_usd;
    Decided {
        id: format!("stripe:dispute:{dispute}:won"),
        kind: Kind::DisputeWon,
        object: dispute.to_owned(),
        cents: taken.cents,
        content: Content {
            credit: was.credit.saturating_neg().saturating_sub(short),
            fees: was.fees.saturating_neg(),
            overage: was.overage.saturating_neg(),
            runs: was.runs.saturating_neg(),
            // As many as were there to be taken, which the database knows.
            run_credits: was.run_credits.saturating_neg(),
            loss: short,
            // What was reported as paid back, or as lost, is paid again.
            gross: was.refunds.saturating_add(short),
            refunds: 0,
            fee: was.fee.saturating_neg(),
            ..was.clone()
        },
        done: false,
        short_nano_usd: 0,
    }
}

impl Content {
    /// How much each book grows, nano-USD.
    pub(super) fn parts(&self) -> [i64; 5] {
        [self.credit, self.fees, self.overage, self.runs, self.loss]
    }
}

impl Decided {
    /// As the ledger takes it.
    pub fn posting(&self) -> Posting {
        let content = &self.content;
        let parts = [
            (Book::Customer(content.account.clone()), content.credit),
            (Book::Revenue(Revenue::Subscription), content.fees),
            (Book::Revenue(Revenue::Overage), content.overage),
            (Book::Revenue(Revenue::Run), content.runs),
            (Book::Loss, content.loss),
        ];
        let whole = parts
            .iter()
            .fold(0i64, |sum, (_, part)| sum.saturating_add(*part));
        let entries = parts
            .into_iter()
            .map(|(book, part)| (book, part.saturating_neg()))
            .chain([(Book::Stripe, whole)])
            .filter(|(_, amount)| *amount != 0)
            .collect();
        Posting {
            id: self.id.clone(),
            kind: match (self.kind, content.purpose) {
                (Kind::Paid, Purpose::Credit) => "top_up",
                (Kind::Paid, Purpose::Subscription) => "subscription",
                (Kind::Paid, Purpose::Run | Purpose::Runs) => "run",
                (kind, _) => kind.name(),
            },
            entries,
            // What the customer has spent is gone: it cannot be taken from others' money.
            short: Short::Loss,
            reported: Reported {
                gross_nano_usd: content.gross,
                refunds_nano_usd: content.refunds,
                fee_nano_usd: content.fee,
                ..Reported::default()
            },
            reference: content.reference.clone(),
        }
    }

    /// What was paid for.
    pub fn description(&self) -> String {
        serde_json::from_str::<serde_json::Value>(&self.content.reference)
            .ok()
            .and_then(|reference| reference.get("description")?.as_str().map(str::to_owned))
            .unwrap_or_default()
    }

    /// Whose it is; empty: nobody known paid for a run.
    pub fn account(&self) -> &str {
        &self.content.account
    }

    /// The run that it pays for.
    pub(super) fn run(&self) -> Option<&str> {
        Some(self.content.run.as_str()).filter(|run| !run.is_empty())
    }

    /// Prepaid runs that come with it, or go where it is negative.
    pub(super) fn run_credits(&self) -> i64 {
        self.content.run_credits
    }
}

impl Paid {
    fn is_for_runs(&self) -> bool {
        matches!(self.purpose, Purpose::Run | Purpose::Runs)
    }

    /// Prepaid runs that so many cents of it are worth, rounded down: one that is given back in part stays
    /// the customer's.
    fn run_credits(&self, cents: i64) -> i64 {
        let whole = match self.purpose {
            Purpose::Runs => self.subject.parse().unwrap_or(0),
            _ => 0_i64,
        };
        let part = i128::from(whole).saturating_mul(i128::from(cents));
        let part = part.checked_div(i128::from(self.cents)).unwrap_or(0);
        i64::try_from(part).unwrap_or(whole)
    }
}

/// Cents as nano-USD. Amounts at the provider have at most twelve digits, far below what fits.
fn nano(cents: i64) -> i64 {
    cents.saturating_mul(NANO_USD_PER_CENT)
}

/// Basis points of an amount, rounded down. Amounts at the provider are far below what does not fit.
fn share(nano_usd: i64, bps: u64) -> i64 {
    money::share(nano_usd, bps).unwrap_or(i64::MAX)
}

#[cfg(test)]
#[path = "state_tests.rs"]
mod tests;
