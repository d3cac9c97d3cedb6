//! What happens at the provider: customers pay, cards are renewed, money goes back, banks dispute.

use serde_json::{Value, json};

use super::{State, Stripe};

/// A month, as far as renewals go.
pub const MONTH_SECONDS: i64 = 30 * 86_400;

impl Stripe {
    /// The customer pays a session; answers the payment, or the subscription it begins.
    pub fn pay(&self, session: &str) -> String {
        paid(&mut self.state(), session)
    }

    /// The same, unless it was paid before.
    pub(super) fn pay_once(&self, session: &str) {
        let mut state = self.state();
        if state.objects[session]["status"] == "open" {
            paid(&mut state, session);
        }
    }

    /// The customer pays by a debit that takes days: first it is only promised.
    pub fn pay_later(&self, session: &str) -> String {
        let mut state = self.state();
        let mut object = state.objects[session].clone();
        let customer = object["customer"].as_str().unwrap().to_owned();
        let payment = charged(
            &mut state,
            &customer,
            object["amount_total"].as_i64().unwrap(),
        );
        object["status"] = "complete".into();
        object["payment_intent"] = payment.clone().into();
        state.put(object.clone());
        state.event("checkout.session.completed", session);
        object["payment_status"] = "paid".into();
        state.put(object);
        state.event("checkout.session.async_payment_succeeded", session);
        payment
    }

    /// A subscription's next month is paid, with what is pending; answers the invoice.
    pub fn renew(&self, subscription: &str) -> String {
        let mut state = self.state();
        let mut object = state.objects[subscription].clone();
        let item = &mut object["items"]["data"][0];
        item["current_period_start"] = item["current_period_end"].clone();
        item["current_period_end"] =
            (item["current_period_end"].as_i64().unwrap() + MONTH_SECONDS).into();
        state.put(object);
        let invoice = bill(&mut state, subscription);
        state.event("customer.subscription.updated", subscription);
        invoice
    }

    /// A subscription ends.
    pub fn end(&self, subscription: &str) {
        let mut state = self.state();
        state.objects.get_mut(subscription).unwrap()["status"] = "canceled".into();
        state.event("customer.subscription.deleted", subscription);
    }

    /// An invoice that was made on its own is paid.
    pub fn pay_invoice(&self, invoice: &str) {
        let mut state = self.state();
        settle(&mut state, invoice);
    }

    /// Invoices of a customer, the oldest first.
    pub fn invoices(&self) -> Vec<Value> {
        let state = self.state();
        let all = state.objects.values().filter(|o| o["object"] == "invoice");
        all.cloned().collect()
    }

    /// The payment of an invoice.
    pub fn payment_of(&self, invoice: &str) -> String {
        let invoice = self.object(invoice);
        invoice["payments"]["data"][0]["payment"]["payment_intent"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// Money is given back in the dashboard.
    pub fn refund(&self, payment: &str, cents: i64) {
        refund(&mut self.state(), payment, Some(cents)).unwrap();
    }

    /// A bank takes a payment back; answers the dispute.
    pub fn dispute(&self, payment: &str, cents: i64, status: &str) -> String {
        let mut state = self.state();
        let id = state.id("dp");
        let charge = state.objects[payment]["latest_charge"].clone();
        state.put(json!({
            "id": id, "object": "dispute", "amount": cents, "currency": "usd", "charge": charge,
            "payment_intent": payment, "reason": "fraudulent", "status": status,
        }));
        state.event("charge.dispute.created", &id);
        id
    }

    /// A dispute ends.
    pub fn close_dispute(&self, dispute: &str, status: &str) {
        let mut state = self.state();
        state.objects.get_mut(dispute).unwrap()["status"] = status.into();
        state.event("charge.dispute.closed", dispute);
    }
}

fn paid(state: &mut State, session: &str) -> String {
    let mut object = state.objects[session].clone();
    let customer = object["customer"].as_str().unwrap().to_owned();
    object["status"] = "complete".into();
    object["payment_status"] = "paid".into();
    object["url"] = Value::Null;
    if object["mode"] == "subscription" {
        let subscription = begin(state, &customer, &object);
        object["subscription"] = subscription.clone().into();
        state.put(object);
        state.event("customer.subscription.created", &subscription);
        state.event("checkout.session.completed", session);
        bill(state, &subscription);
        state.event("customer.subscription.updated", &subscription);
        subscription
    } else {
        let payment = charged(state, &customer, object["amount_total"].as_i64().unwrap());
        object["payment_intent"] = payment.clone().into();
        state.put(object);
        state.event("payment_intent.succeeded", &payment);
        state.event("checkout.session.completed", session);
        payment
    }
}

fn charged(state: &mut State, customer: &str, cents: i64) -> String {
    let (payment, charge) = (state.id("pi"), state.id("ch"));
    state.put(json!({
        "id": charge, "object": "charge", "amount": cents, "amount_refunded": 0, "currency": "usd",
        "customer": customer, "payment_intent": payment, "refunded": false, "paid": true,
    }));
    state.put(json!({
        "id": payment, "object": "payment_intent", "amount": cents, "currency": "usd",
        "customer": customer, "latest_charge": charge, "status": "succeeded",
    }));
    payment
}

fn begin(state: &mut State, customer: &str, session: &Value) -> String {
    let (id, item) = (state.id("sub"), state.id("si"));
    let now = state.now;
    state.put(json!({
        "id": id, "object": "subscription", "status": "active", "customer": customer, "created": now,
        "cancel_at_period_end": false, "metadata": session["_subscription_metadata"],
        "items": { "object": "list", "data": [{
            "id": item, "object": "subscription_item", "current_period_start": now,
            "current_period_end": now + MONTH_SECONDS,
            "price": { "unit_amount": session["amount_total"], "currency": "usd" },
        }] },
    }));
    id
}

/// The month's fee and what is pending are invoiced and paid.
fn bill(state: &mut State, subscription: &str) -> String {
    let object = state.objects[subscription].clone();
    let customer = object["customer"].as_str().unwrap().to_owned();
    let mut lines = vec![json!({
        "id": state.id("il"), "object": "line_item", "metadata": object["metadata"],
        "amount": object["items"]["data"][0]["price"]["unit_amount"],
    })];
    lines.extend(pending(state, &customer, Some(subscription)));
    let invoice = invoice(state, &customer, Some(&object), lines, json!({}));
    let id = invoice["id"].as_str().unwrap().to_owned();
    settle(state, &id);
    id
}

fn settle(state: &mut State, invoice: &str) {
    let mut object = state.objects[invoice].clone();
    let customer = object["customer"].as_str().unwrap().to_owned();
    let due = object["amount_due"].as_i64().unwrap();
    let payment = charged(state, &customer, due);
    object["status"] = "paid".into();
    object["amount_paid"] = due.into();
    object["payments"] = json!({ "object": "list", "data": [{
        "id": state.id("inpay"), "object": "invoice_payment", "status": "paid", "amount_paid": due,
        "payment": { "type": "payment_intent", "payment_intent": payment },
    }] });
    state.put(object);
    state.event("invoice.paid", invoice);
}

/// Items that wait for an invoice, as its lines.
pub(super) fn pending(state: &mut State, customer: &str, subscription: Option<&str>) -> Vec<Value> {
    let mut lines = Vec::new();
    for item in state.objects.values_mut() {
        let waits = item["object"] == "invoiceitem" && item["invoice"].is_null();
        if waits && item["customer"] == customer && item["subscription"].as_str() == subscription {
            item["invoice"] = "taken".into();
            lines.push(json!({
                "id": format!("il_{}", item["id"].as_str().unwrap()), "object": "line_item",
                "amount": item["amount"], "metadata": item["metadata"],
            }));
        }
    }
    lines
}

pub(super) fn invoice(
    state: &mut State,
    customer: &str,
    subscription: Option<&Value>,
    lines: Vec<Value>,
    metadata: Value,
) -> Value {
    let id = state.id("in");
    let due: i64 = lines
        .iter()
        .map(|line| line["amount"].as_i64().unwrap())
        .sum();
    let parent = subscription.map(|subscription| {
        json!({ "type": "subscription_details", "subscription_details": {
            "subscription": subscription["id"], "metadata": subscription["metadata"],
        } })
    });
    state.put(json!({
        "id": id, "object": "invoice", "status": "open", "customer": customer, "currency": "usd",
        "amount_due": due, "amount_paid": 0, "parent": parent, "metadata": metadata,
        "lines": { "object": "list", "data": lines }, "payments": { "object": "list", "data": [] },
    }))
}

pub(super) fn refund(
    state: &mut State,
    payment: &str,
    cents: Option<i64>,
) -> Result<(u16, Value), (&'static str, &'static str)> {
    let found = state.objects.get(payment);
    let charge = found
        .and_then(|p| p["latest_charge"].as_str())
        .map(str::to_owned);
    let Some(charge) = charge else {
        return Err(("resource_missing", "No such payment_intent"));
    };
    let object = state.objects.get_mut(&charge).unwrap();
    let (amount, refunded) = (
        object["amount"].as_i64().unwrap(),
        object["amount_refunded"].as_i64().unwrap(),
    );
    let cents = cents.unwrap_or(amount - refunded);
    if refunded + cents > amount || cents == 0 {
        return Err((
            "charge_already_refunded",
            "Refund amount is greater than unrefunded amount",
        ));
    }
    object["amount_refunded"] = (refunded + cents).into();
    object["refunded"] = (refunded + cents == amount).into();
    let id = state.id("re");
    let refund = json!({
        "id": id, "object": "refund", "amount": cents, "currency": "usd", "charge": charge,
        "payment_intent": payment, "status": "succeeded",
    });
    state.put(refund.clone());
    state.event("charge.refunded", &charge);
    Ok((200, refund))
}
