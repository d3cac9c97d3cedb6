//! What is done without being asked: events and postings that were left half way, months that are over.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::{
    Billing, BillingError,
    billing::CLOSING_GRACE_SECONDS,
    effects::CURRENCY,
    stripe::{Event, Invoice, InvoiceItem},
};
use crate::{
    platform::{
        invoices,
        plans::{METERED, Period, Plan},
    },
    store::{OverageRow, SubscriptionRow},
};

/// How old something must be to have been left, seconds: whoever is at it gets so much time.
const LEFT_SECONDS: i64 = 60;
/// How much is taken up in one round.
const ROUND: i64 = 100;

impl Billing {
    /// Sweeps until `shutdown` is cancelled.
    pub(crate) async fn keep_up(&self, shutdown: CancellationToken) {
        let mut rounds = tokio::time::interval(Duration::from_secs(self.options.sweep_seconds));
        rounds.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = shutdown.cancelled() => return,
                _ = rounds.tick() => {}
            }
            if let Err(error) = self.sweep().await {
                tracing::warn!(%error, "billing is not swept: it is tried again");
            }
        }
    }

    async fn sweep(&self) -> Result<(), BillingError> {
        let now = self.clock.now_unix();
        let left = now.saturating_sub(LEFT_SECONDS);
        for payment in self.store.open_payments(left, ROUND).await? {
            self.settle(&payment, None).await?;
        }
        for row in self.store.open_events(left, ROUND).await? {
            let Ok(event) = serde_json::from_str::<Event>(&row.payload) else {
                continue;
            };
            // One that cannot be done must not keep the others waiting.
            if let Err(error) = self.act(&event).await {
                tracing::warn!(event = row.event, kind = row.kind, %error, "an event is still not done");
            }
        }
        self.close_months(now).await?;
        if self.stripe.is_some() {
            for overage in self.store.open_overages(ROUND).await? {
                self.charge(&overage).await?;
            }
        }
        Ok(())
    }

    /// Closes what is over, month by month and account by account.
    async fn close_months(&self, now: i64) -> Result<(), BillingError> {
        let current = Period::of(now.saturating_sub(CLOSING_GRACE_SECONDS));
        while let Some(period) = self.store.month_to_close().await?.filter(|p| *p < current) {
            for account in self.store.accounts_to_close(period).await? {
                self.close_month(&account, period, now).await?;
            }
            self.store.month_is_closed(period, now).await?;
        }
        Ok(())
    }

    async fn close_month(
        &self,
        account: &str,
        period: Period,
        now: i64,
    ) -> Result<(), BillingError> {
        let plan = self.plan_in(account, period).await?;
        let month = invoices::Month {
            account,
            period,
            now,
            plan: plan
                .as_ref()
                .map(|(plan, row)| (plan, row.subscription.as_str())),
        };
        self.store
            .close_month(account, period, |calls, payments, usage| {
                invoices::month(&month, calls, payments, usage)
            })
            .await?;
        Ok(())
    }

    /// The plan of metered systems that was paid for in a month: the newest, if there were several.
    async fn plan_in(
        &self,
        account: &str,
        period: Period,
    ) -> Result<Option<(Plan, SubscriptionRow)>, BillingError> {
        let all = self.store.subscriptions(account).await?;
        let row = all.into_iter().find(|row| {
            row.catalogue == METERED
                && row.created_at < period.end_unix()
                && (row.in_force || row.period_end > period.begin_unix())
        });
        let Some(row) = row else { return Ok(None) };
        let plan = self.store.plan(&row.plan, Some(row.plan_version)).await?;
        Ok(plan.map(|plan| (plan, row)))
    }

    /// Has the provider charge an overage: with the subscription's next invoice, or with one of its own where
    /// there will be none.
    async fn charge(&self, overage: &OverageRow) -> Result<(), BillingError> {
        let stripe = self.stripe()?;
        let OverageRow {
            account, period, ..
        } = overage;
        let row = self.store.subscription(&overage.subscription).await?;
        let Some(row) = row else {
            return Err(BillingError::Unusable("subscription of an overage"));
        };
        let amount = overage.amount_cents.to_string();
        let description = format!("Calls above {} in {period}", overage.plan);
        let mut form = vec![
            ("customer", row.customer.as_str()),
            ("amount", amount.as_str()),
            ("currency", CURRENCY),
            ("description", description.as_str()),
            ("metadata[primis_account]", account),
            ("metadata[primis_overage]", period),
        ];
        let goes_on = row.in_force && !row.cancel_at_period_end;
        if goes_on {
            form.push(("subscription", row.subscription.as_str()));
        }
        let key = format!("primis:overage:{account}:{period}");
        let item: InvoiceItem = stripe.post("/v1/invoiceitems", &form, &key).await?;
        if !goes_on {
            let form = [
                ("customer", row.customer.as_str()),
                ("auto_advance", "true"),
                ("pending_invoice_items_behavior", "include"),
                ("metadata[primis_account]", account),
            ];
            let key = format!("primis:overage-invoice:{account}:{period}");
            let _: Invoice = stripe.post("/v1/invoices", &form, &key).await?;
        }
        self.store.overage_is_charged(overage, &item.id).await?;
        Ok(())
    }
}
