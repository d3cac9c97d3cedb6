//! Lines of usage, as the platform stores them.

use anyhow::{Result, ensure};
use serde_json::Value;
use sqlx::FromRow;

/// What lines of simulations are; others are of models.
pub(super) const RUN: &str = "run";

/// A line of usage, as it is stored.
#[derive(Debug, FromRow)]
pub(super) struct Line {
    pub(super) id: String,
    pub(super) kind: String,
    pub(super) account: String,
    pub(super) sku: String,
    pub(super) detail: String,
    pub(super) list_nano_usd: i64,
    pub(super) discount_nano_usd: i64,
    pub(super) charge_nano_usd: i64,
    pub(super) loss_nano_usd: i64,
    pub(super) provider_cost_nano_usd: i64,
}

/// The answer of a model: the name customers know, tokens of prompt and text, list price and cost.
pub(super) type Answer = (String, u64, u64, i128, i128);

/// What a line says of the answer that it is for.
pub(super) fn answer(line: &Line) -> Result<Answer> {
    let detail: Value = serde_json::from_str(&line.detail)?;
    let tokens = |name: &str| detail.get(name).and_then(Value::as_u64).unwrap_or_default();
    let id = &line.id;
    let prompt = tokens("promptTokens");
    ensure!(prompt > 0, "{id} has no tokens: {}", line.detail);
    Ok((
        line.sku.clone(),
        prompt,
        tokens("completionTokens"),
        i128::from(line.list_nano_usd),
        i128::from(line.provider_cost_nano_usd),
    ))
}
