//! Ends holds: by the price of what was used, or without one.

use std::{sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};

use super::{
    answer::Usage,
    meter::{self, Known, Meter},
    price::{Prices, Tokens},
    request::Bounds,
    rule::{CostSource, Kind},
    upstream::Upstream,
};
use crate::{
    app::App,
    platform::ledger::{LedgerError, Revenue, Settlement, UsageLine},
};

/// Pauses before a settlement that the database did not take is tried again; after the last, reconciliation
/// does it.
const AGAIN: [Duration; 7] = [
    Duration::from_millis(100),
    Duration::from_millis(500),
    Duration::from_secs(2),
    Duration::from_secs(5),
    Duration::from_secs(10),
    Duration::from_secs(20),
    Duration::from_secs(20),
];

/// All that settling takes; kept with the hold, for whoever has to do it later.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Context {
    /// `gateway`: others make holds too.
    pub part: String,
    /// What was asked for.
    pub kind: Kind,
    /// The model as the customer named it.
    pub model: String,
    /// The key it was asked for with.
    pub key_id: Option<String>,
    /// The upstream.
    pub upstream: String,
    /// Its prices.
    pub prices: Prices,
    /// Where the cost is taken from.
    pub cost: CostSource,
    /// What it can use at most.
    pub most: Tokens,
    /// Tokens that the prompt has, roughly.
    pub prompt_estimate: u64,
}

/// What a usage line tells besides money.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Detail<'a> {
    prompt_tokens: u64,
    cached_tokens: u64,
    completion_tokens: u64,
    upstream: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    answer_id: Option<&'a str>,
}

impl Context {
    /// Says whose holds they are.
    pub const PART: &'static str = "gateway";

    /// As it was when the request came.
    pub fn bounds(&self) -> Bounds {
        Bounds {
            most: self.most,
            max_tokens: self.most.completion,
            prompt_estimate: self.prompt_estimate,
        }
    }

    fn settlement(&self, app: &App, usage: Usage, id: Option<&str>, estimated: bool) -> Settlement {
        let cost = meter::cost_of(usage, self.prices, self.cost, self.bounds());
        let detail = Detail {
            prompt_tokens: usage.tokens.prompt,
            cached_tokens: usage.tokens.cached,
            completion_tokens: usage.tokens.completion,
            upstream: &self.upstream,
            answer_id: id,
        };
        Settlement {
            list_nano_usd: cost.list_nano_usd,
            provider_cost_nano_usd: cost.provider_nano_usd,
            fee_bps: app.platform.fee_bps,
            subsidy_bps: app.gateway.subsidy_bps,
            revenue: Revenue::Gateway,
            usage: UsageLine {
                kind: self.kind.name(),
                key_id: self.key_id.clone(),
                sku: self.model.clone(),
                detail: serde_json::to_string(&detail).unwrap_or_default(),
                estimated,
            },
        }
    }
}

/// Ends the hold of an answer that has ended, by what the meter knows of it, by what the upstream tells when
/// it is asked, or else by an estimate.
pub async fn end(
    app: &Arc<App>,
    hold: &str,
    context: &Context,
    upstream: Option<&Upstream>,
    meter: &Meter,
) {
    let id = meter.id.as_deref();
    let (usage, estimated) = match meter.known(context.bounds()) {
        Known::Exactly(usage) => (usage, false),
        Known::Nothing => return void(app, hold).await,
        Known::Guess(text_bytes) => {
            let told = match (upstream, id) {
                (Some(upstream), Some(id)) => upstream.look_up(id).await,
                _ => None,
            };
            let guess = Usage {
                tokens: meter::guess(text_bytes, context.bounds()),
                cost_nano_usd: None,
            };
            told.filter(|usage| meter.believes(*usage, context.bounds()))
                .map_or((guess, true), |usage| (usage, false))
        }
    };
    settle(app, hold, context.settlement(app, usage, id, estimated)).await;
}

async fn settle(app: &App, hold: &str, settlement: Settlement) {
    let estimated = settlement.usage.estimated;
    let mut pauses = AGAIN.into_iter();
    loop {
        match app.platform.ledger.settle(hold, settlement.clone()).await {
            Ok(settled) => {
                if settled.loss_nano_usd > 0 {
                    tracing::warn!(hold, ?settled, "an answer cost more than was held for it");
                }
                let how = if estimated { "estimated" } else { "told" };
                return metrics::counter!("primis_gateway_ended_total", "how" => how).increment(1);
            }
            Err(error) if !may_pass(&error) => {
                return tracing::error!(hold, %error, "an answer was not charged");
            }
            Err(error) => {
                let Some(pause) = pauses.next() else {
                    return tracing::error!(hold, %error, "an answer is left to reconciliation");
                };
                tracing::warn!(hold, %error, "an answer is charged later");
                tokio::time::sleep(pause).await;
            }
        }
    }
}

/// Ends a hold without a charge.
pub async fn void(app: &App, hold: &str) {
    let mut pauses = AGAIN.into_iter().take(3);
    loop {
        match app.platform.ledger.void(hold).await {
            Ok(()) => {
                return metrics::counter!("primis_gateway_ended_total", "how" => "voided")
                    .increment(1);
            }
            Err(error) => match pauses.next() {
                Some(pause) if may_pass(&error) => tokio::time::sleep(pause).await,
                _ => return tracing::error!(hold, %error, "a hold was not let go"),
            },
        }
    }
}

/// Whether trying again can help.
fn may_pass(error: &LedgerError) -> bool {
    matches!(error, LedgerError::Store(_) | LedgerError::Closed)
}
