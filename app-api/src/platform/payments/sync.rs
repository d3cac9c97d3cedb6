//! What is read anew from the provider when an event says that it changed: then it does not matter which of
//! several events comes first.

use super::{
    Billing, BillingError, Fact,
    effects::{ACCOUNT, OVERAGE, PLAN, PLAN_VERSION, bounded, is_foreign},
    fact::{Paid, Purpose},
    stripe::{Id, Invoice, StripeError, Subscription},
};
use crate::store::SubscriptionRow;

/// How often a subscription is read again because somebody else wrote it meanwhile.
const ATTEMPTS: u32 = 8;

impl Billing {
    /// Writes how a subscription stands now.
    ///
    /// What is read is at least as new as the event. It is written only if nobody wrote since before it was
    /// read; else it is read again.
    pub(super) async fn sync_subscription(&self, id: &str) -> Result<(), BillingError> {
        for _ in 0..ATTEMPTS {
            let known = self.store.subscription(id).await?;
            let version = known.as_ref().map_or(0, |row| row.version);
            let path = format!("/v1/subscriptions/{id}");
            let now: Subscription = self.stripe()?.get(&path).await?;
            let Some(row) = self.row(now, version).await? else {
                return Ok(());
            };
            if self.store.put_subscription(&row).await? {
                return self.only_one(&row).await;
            }
        }
        Err(BillingError::Unusable(
            "subscription, which changes all the time,",
        ))
    }

    /// `None`: it is not of ours.
    async fn row(
        &self,
        now: Subscription,
        version: i64,
    ) -> Result<Option<SubscriptionRow>, BillingError> {
        let told = |name| now.metadata.get(name).cloned();
        let (Some(account), Some(plan), Some(plan_version)) =
            (told(ACCOUNT), told(PLAN), told(PLAN_VERSION))
        else {
            return Ok(None);
        };
        let unusable = || BillingError::Unusable("subscription");
        let plan_version = plan_version.parse().map_err(|_| unusable())?;
        let known = self.store.plan(&plan, Some(plan_version)).await?;
        let terms = known.ok_or_else(unusable)?.terms;
        let item = now.items.data.first().ok_or_else(unusable)?;
        Ok(Some(SubscriptionRow {
            subscription: now.id.clone(),
            version,
            account,
            customer: now.customer.0.clone(),
            item: item.id.clone(),
            catalogue: terms.catalogue,
            plan,
            plan_version,
            in_force: is_in_force(&now.status),
            status: now.status.clone(),
            cancel_at_period_end: now.cancel_at_period_end,
            created_at: now.created,
            period_start: item.current_period_start,
            period_end: item.current_period_end,
        }))
    }

    /// Of two subscriptions to one catalogue, which two checkouts at the same time can make, the older one
    /// is not renewed.
    async fn only_one(&self, row: &SubscriptionRow) -> Result<(), BillingError> {
        if !row.in_force {
            return Ok(());
        }
        // Paid for on a page that was open when the account was closed.
        if self.store.account(&row.account).await?.is_none() {
            return self.cancel(&row.subscription).await;
        }
        let all = self.store.subscriptions(&row.account).await?;
        let same = all
            .iter()
            .filter(|other| other.in_force && other.catalogue == row.catalogue);
        for older in same.skip(1).filter(|older| !older.cancel_at_period_end) {
            let path = format!("/v1/subscriptions/{}", older.subscription);
            let key = format!("primis:supersede:{}", older.subscription);
            let form = [("cancel_at_period_end", "true")];
            let _: Subscription = self.stripe()?.post(&path, &form, &key).await?;
        }
        Ok(())
    }

    /// Ends all that an account subscribed to, at once and without a further charge.
    pub(crate) async fn cancel_all(&self, account: &str) -> Result<(), BillingError> {
        let all = self.store.subscriptions(account).await?;
        for row in all.iter().filter(|row| row.in_force) {
            self.cancel(&row.subscription).await?;
            self.sync_subscription(&row.subscription).await?;
        }
        Ok(())
    }

    async fn cancel(&self, subscription: &str) -> Result<(), BillingError> {
        let path = format!("/v1/subscriptions/{subscription}");
        match self.stripe()?.delete::<Subscription>(&path).await {
            // It has ended already.
            Ok(_) | Err(StripeError::Missing) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Learns of an invoice that was paid, and by what.
    pub(super) async fn sync_invoice(&self, id: &str) -> Result<(), BillingError> {
        let path = format!("/v1/invoices/{id}?expand%5B%5D=payments");
        let invoice: Invoice = self.stripe()?.get(&path).await?;
        let paid = invoice.status.as_deref() == Some("paid") && invoice.amount_paid > 0;
        if !paid || is_foreign(Some(&invoice.currency)) {
            return Ok(());
        }
        let details = invoice
            .parent
            .as_ref()
            .and_then(|parent| parent.subscription_details.as_ref());
        let told = |name| {
            details
                .and_then(|details| details.metadata.get(name))
                .or_else(|| invoice.metadata.get(name))
        };
        let mut account = told(ACCOUNT).cloned();
        let mut plan = told(PLAN).cloned();
        if let (None, Some(details)) = (&account, details) {
            let row = self.store.subscription(&details.subscription.0).await?;
            plan = row.as_ref().map(|row| row.plan.clone());
            account = row.map(|row| row.account);
        }
        // An invoice of other business.
        let Some(account) = account else {
            return Ok(());
        };
        let name = match &plan {
            Some(plan) => self.store.plan(plan, None).await?.map(|p| p.terms.name),
            None => None,
        };
        let overage = invoice
            .lines
            .data
            .iter()
            .filter(|line| line.metadata.contains_key(OVERAGE))
            .fold(0i64, |sum, line| sum.saturating_add(line.amount));
        let cents = bounded(invoice.amount_paid)?;
        let fact = Fact::Paid(Paid {
            account,
            purpose: Purpose::Subscription,
            subject: String::new(),
            description: match name {
                Some(name) => format!("{name}, one month"),
                None => "Subscription".to_owned(),
            },
            object: invoice.id.clone(),
            cents,
            overage_cents: overage.clamp(0, cents),
        });
        let by = invoice
            .payments
            .data
            .iter()
            .filter(|payment| payment.status == "paid")
            .find_map(|payment| payment.payment.payment_intent.as_ref());
        // Without a payment of its own it was paid by other means: the invoice itself is what there is one of.
        let payment = by.map_or(invoice.id.as_str(), |Id(payment)| payment.as_str());
        self.settle(payment, Some(&fact)).await
    }
}

/// Whether a subscription's plan is served: while a failed payment is tried again it still is.
fn is_in_force(status: &str) -> bool {
    matches!(status, "active" | "trialing" | "past_due")
}
