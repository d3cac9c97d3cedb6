//! What customers of the platform did, added up.

use serde::Serialize;

use crate::services::Services;

/// Nano-USD of a cent.
const NANO_USD_PER_CENT: u128 = 10_000_000;

/// What customers did so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Accounts with a key.
    pub customers: u64,
    /// Packs of credit paid, and what for them, nano-USD.
    pub top_ups: u64,
    /// See `top_ups`.
    pub top_up_nano_usd: u128,
    /// Plan fees paid, and what for them, nano-USD.
    pub plan_fees: u64,
    /// See `plan_fees`.
    pub plan_fee_nano_usd: u128,
    /// Answers of models, with those nobody read to the end.
    pub model_calls: u64,
    /// Of them, streamed to the end.
    pub streamed: u64,
    /// Of them, left by the customer before the end.
    pub hung_up: u64,
    /// Tokens of their prompts and of their texts, as the upstream counted them.
    pub prompt_tokens: u64,
    /// See `prompt_tokens`.
    pub completion_tokens: u64,
    /// What they cost before the subsidy, nano-USD.
    pub list_nano_usd: u128,
    /// Packs of prepaid runs paid, and what for them, nano-USD.
    pub run_packs: u64,
    /// See `run_packs`.
    pub run_pack_nano_usd: u128,
    /// Simulations that ended with their result.
    pub runs: u64,
    /// Of them, paid by a prepaid run.
    pub runs_prepaid: u64,
    /// What the others cost, nano-USD.
    pub run_nano_usd: u128,
    /// Orders of simulations that were sent twice, run once and paid once.
    pub run_duplicates: u64,
    /// Batches of measurements, a metered call each.
    pub metered_calls: u64,
    /// Of them, sent twice and counted once.
    pub metered_duplicates: u64,
    /// Requests that were refused for now: no credit left, or too many.
    pub refused: u64,
    /// Events that Stripe delivered.
    pub webhooks: u64,
    /// Of them, delivered twice.
    pub webhook_duplicates: u64,
}

impl Tally {
    /// Charged by the platform, nano-USD.
    pub fn billed_nano_usd(&self) -> u128 {
        self.list_nano_usd
            .saturating_add(self.plan_fee_nano_usd)
            .saturating_add(self.run_pack_nano_usd)
            .saturating_add(self.run_nano_usd)
    }
}

/// Plan fees, packs of runs and credit that Stripe was paid: how many payments, nano-USD.
pub(crate) fn payments(services: &Services) -> [(u64, u128); 3] {
    let fees = services.stripe.plan_fees_cents();
    let packs = services.run_packs_cents();
    let all = services.stripe.payments_cents();
    let sum = |cents: &[i64]| -> u128 {
        let cents = cents.iter().map(|cents| u128::from(cents.unsigned_abs()));
        cents.sum::<u128>() * NANO_USD_PER_CENT
    };
    let count = |payments: usize| u64::try_from(payments).unwrap_or(u64::MAX);
    let others = fees.len().saturating_add(packs.len());
    let other = sum(&fees).saturating_add(sum(&packs));
    [
        (count(fees.len()), sum(&fees)),
        (count(packs.len()), sum(&packs)),
        (
            count(all.len().saturating_sub(others)),
            sum(&all).saturating_sub(other),
        ),
    ]
}
