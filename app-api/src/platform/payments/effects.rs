//! What an event of the payment provider asks for.

use serde::de::DeserializeOwned;

use super::{
    BillingError, Fact,
    fact::{Disputed, Outcome, Paid, Purpose},
    stripe::{Charge, Dispute, Event, Id, Invoice, Session, Subscription},
};

/// Metadata that we write on the provider's objects.
pub(super) const ACCOUNT: &str = "primis_account";
pub(super) const PLAN: &str = "primis_plan";
pub(super) const PLAN_VERSION: &str = "primis_plan_version";
pub(super) const OVERAGE: &str = "primis_overage";
/// The run that is paid.
pub(super) const RUN: &str = "primis_run";
/// How many prepaid runs are bought.
pub(super) const RUNS: &str = "primis_runs";
/// The currency of everything here.
pub(super) const CURRENCY: &str = "usd";
/// More cents than the provider moves at once; what fits is far below 63 bits of nano-USD.
const MOST_CENTS: i64 = 100_000_000_000;

/// What an event asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// To learn something of a payment.
    Learn(String, Fact),
    /// To read an invoice, which was paid.
    Invoice(String),
    /// To read a subscription, which changed.
    Subscription(String),
    /// Nothing: it is kept.
    Nothing,
}

/// What `event` asks for. Objects that carry no account of ours are other business of the same provider.
///
/// # Errors
/// If the object is not of its kind's form, or its amounts cannot be.
pub(super) fn effect(event: &Event) -> Result<Effect, BillingError> {
    Ok(match event.kind.as_str() {
        "checkout.session.completed" | "checkout.session.async_payment_succeeded" => {
            session(read(event, "checkout session")?)?
        }
        "invoice.paid" => Effect::Invoice(read::<Invoice>(event, "invoice")?.id),
        "customer.subscription.updated" | "customer.subscription.deleted" => {
            Effect::Subscription(read::<Subscription>(event, "subscription")?.id)
        }
        "charge.refunded" => refunded(read(event, "charge")?)?,
        "charge.dispute.created" | "charge.dispute.closed" => disputed(read(event, "dispute")?)?,
        _ => Effect::Nothing,
    })
}

fn read<T: DeserializeOwned>(event: &Event, what: &'static str) -> Result<T, BillingError> {
    T::deserialize(&event.data.object).map_err(|_| BillingError::Unusable(what))
}

fn session(session: Session) -> Result<Effect, BillingError> {
    if let Some(Id(subscription)) = session.subscription {
        return Ok(Effect::Subscription(subscription));
    }
    let told = |name| session.metadata.get(name).cloned();
    let (purpose, subject, description) = match (told(RUN), told(RUNS)) {
        (Some(run), _) => (Purpose::Run, run, "One run".to_owned()),
        (None, Some(runs)) => {
            let description = format!("{runs} prepaid runs");
            (Purpose::Runs, runs, description)
        }
        (None, None) => (Purpose::Credit, String::new(), "Prepaid credit".to_owned()),
    };
    let account = match told(ACCOUNT) {
        Some(account) => account,
        // Whoever pays for one run needs no account.
        None if purpose == Purpose::Run => String::new(),
        None => return Ok(Effect::Nothing),
    };
    // Paid later, or never: another event tells.
    if session.payment_status != "paid" || is_foreign(session.currency.as_deref()) {
        return Ok(Effect::Nothing);
    }
    let (Some(Id(payment)), Some(cents)) = (session.payment_intent, session.amount_total) else {
        return Err(BillingError::Unusable("checkout session"));
    };
    let paid = Paid {
        account,
        purpose,
        subject,
        description,
        object: session.id,
        cents: bounded(cents)?,
        overage_cents: 0,
    };
    Ok(Effect::Learn(payment, Fact::Paid(paid)))
}

fn refunded(charge: Charge) -> Result<Effect, BillingError> {
    let Some(Id(payment)) = charge.payment_intent else {
        return Ok(Effect::Nothing);
    };
    if is_foreign(Some(&charge.currency)) {
        return Ok(Effect::Nothing);
    }
    let cents = bounded(charge.amount_refunded)?;
    Ok(Effect::Learn(payment, Fact::Refunded(cents)))
}

fn disputed(dispute: Dispute) -> Result<Effect, BillingError> {
    let Some(Id(payment)) = dispute.payment_intent else {
        return Ok(Effect::Nothing);
    };
    if is_foreign(Some(&dispute.currency)) {
        return Ok(Effect::Nothing);
    }
    let (taken, outcome) = match dispute.status.as_str() {
        "needs_response" | "under_review" => (true, Outcome::Open),
        "lost" => (true, Outcome::Lost),
        "won" | "warning_closed" | "prevented" => (false, Outcome::Won),
        // An inquiry takes no money, and neither does what this version does not know.
        _ => (false, Outcome::Open),
    };
    let now = Disputed {
        cents: bounded(dispute.amount)?,
        taken,
        outcome,
    };
    Ok(Effect::Learn(payment, Fact::Disputed(dispute.id, now)))
}

/// Whether it is not ours: only dollars are sold.
pub(super) fn is_foreign(currency: Option<&str>) -> bool {
    currency != Some(CURRENCY)
}

/// Cents that can be.
pub(super) fn bounded(cents: i64) -> Result<i64, BillingError> {
    if (0..=MOST_CENTS).contains(&cents) {
        Ok(cents)
    } else {
        Err(BillingError::Unusable("amount"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn of(kind: &str, object: Value) -> Effect {
        let event =
            json!({ "id": "evt_1", "type": kind, "created": 1, "data": { "object": object } });
        effect(&serde_json::from_value(event).unwrap()).unwrap()
    }

    fn session(change: Value) -> Effect {
        let mut object = json!({
            "id": "cs_1", "mode": "payment", "payment_status": "paid", "payment_intent": "pi_1",
            "subscription": null, "amount_total": 2_500, "currency": "usd", "url": null,
            "metadata": { "primis_account": "acct_a" },
        });
        for (name, value) in change.as_object().unwrap() {
            object[name] = value.clone();
        }
        of("checkout.session.completed", object)
    }

    #[test]
    fn only_what_was_paid_to_us_in_dollars_is_learned() {
        assert!(
            matches!(session(json!({})), Effect::Learn(pi, Fact::Paid(p)) if pi == "pi_1" && p.cents == 2_500)
        );
        // An object in place of its id is the same.
        let expanded =
            session(json!({ "payment_intent": { "id": "pi_1", "object": "payment_intent" } }));
        assert_eq!(expanded, session(json!({})));
        for change in [
            json!({ "payment_status": "unpaid" }),
            json!({ "currency": "eur" }),
            json!({ "metadata": null }),
            json!({ "metadata": { "order": "7" } }),
        ] {
            assert_eq!(session(change.clone()), Effect::Nothing, "{change}");
        }
        assert_eq!(of("payout.paid", json!({ "id": "po_1" })), Effect::Nothing);
    }

    #[test]
    fn disputes_take_money_unless_they_only_ask() {
        for (status, taken, outcome) in [
            ("warning_needs_response", false, Outcome::Open),
            ("needs_response", true, Outcome::Open),
            ("lost", true, Outcome::Lost),
            ("won", false, Outcome::Won),
            ("warning_closed", false, Outcome::Won),
        ] {
            let object = json!({
                "id": "dp_1", "payment_intent": "pi_1", "amount": 2_500, "currency": "usd", "status": status,
            });
            let now = Disputed {
                cents: 2_500,
                taken,
                outcome,
            };
            assert_eq!(
                of("charge.dispute.created", object),
                Effect::Learn("pi_1".into(), Fact::Disputed("dp_1".into(), now)),
                "{status}"
            );
        }
    }

    #[test]
    fn what_cannot_be_is_not_believed() {
        for (kind, object) in [
            (
                "charge.refunded",
                json!({ "id": "ch_1", "payment_intent": "pi_1", "amount_refunded": -1, "currency": "usd" }),
            ),
            (
                "charge.refunded",
                json!({ "id": "ch_1", "payment_intent": "pi_1", "amount_refunded": i64::MAX, "currency": "usd" }),
            ),
            ("charge.refunded", json!({ "id": "ch_1" })),
            ("invoice.paid", json!("in_1")),
        ] {
            let event =
                json!({ "id": "evt_1", "type": kind, "created": 1, "data": { "object": object } });
            assert!(
                effect(&serde_json::from_value(event).unwrap()).is_err(),
                "{object}"
            );
        }
    }
}
