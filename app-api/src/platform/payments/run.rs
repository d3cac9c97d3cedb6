//! What a payment brings besides money: the run it is for, or prepaid runs.

use super::{Billing, BillingError, Kind, state::Decided, stripe::Refund, stripe::StripeError};

impl Billing {
    /// Does what a posting of a payment brings; again is as once.
    pub(super) async fn fulfil(
        &self,
        payment: &str,
        decided: &Decided,
        now: i64,
    ) -> Result<(), BillingError> {
        if let Some(run) = decided.run() {
            let cents = decided.cents;
            if !self.store.pay_run_order(run, payment, cents, now).await? {
                self.give_back(payment, run).await?;
            }
        }
        let runs = match (decided.kind, decided.run_credits()) {
            (_, 0) => return Ok(()),
            // What is not there any more was not taken, and does not come back.
            (Kind::DisputeWon, _) => {
                let taken = format!("stripe:dispute:{}", decided.object);
                let taken = self.store.run_credit_change(&taken).await?;
                taken.unwrap_or_default().saturating_neg()
            }
            (_, runs) => runs,
        };
        let account = decided.account();
        self.store
            .add_run_credits(&decided.id, account, runs, now)
            .await?;
        Ok(())
    }

    /// Gives a payment back that can pay for nothing. What that does to the ledger follows when the provider
    /// tells of it, as for every refund.
    async fn give_back(&self, payment: &str, run: &str) -> Result<(), BillingError> {
        tracing::error!(
            payment,
            run,
            "a payment for a run pays for nothing: it is given back"
        );
        metrics::counter!("primis_run_payments_returned_total").increment(1);
        let form = [("payment_intent", payment), ("metadata[primis_run]", run)];
        let key = format!("primis:run-returned:{payment}");
        let made: Result<Refund, _> = self.stripe()?.post("/v1/refunds", &form, &key).await;
        match made {
            Ok(_) => Ok(()),
            // Somebody was faster.
            Err(StripeError::Refused { code, .. }) if code == "charge_already_refunded" => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}
