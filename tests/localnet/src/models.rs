//! The models that are sold on the local network, at prices of real ones of their kind, and what an answer
//! of them costs, reckoned apart from the gateway that charges it.

use std::fmt::Write as _;

use primis_services::upstream::Written;

/// What the gateway calls the stand-in for a model API.
pub const UPSTREAM: &str = "local";
/// Put on what the upstream takes, basis points.
const MARKUP_BPS: u128 = 2_000;
/// The share of each price that the vault's subsidy pays while it lasts, basis points.
pub const SUBSIDY_BPS: u64 = 2_500;
/// Prices are for so many tokens.
const PER_TOKENS: u128 = 1_000_000;
const BPS: u128 = 10_000;

/// A model.
#[derive(Clone, Copy, Debug)]
pub struct Model {
    /// What customers call it.
    pub name: &'static str,
    /// What the stand-in calls it.
    upstream_name: &'static str,
    kind: &'static str,
    /// What the upstream takes for 1,000,000 tokens of a prompt, nano-USD.
    prompt_nano_usd: u64,
    /// And of an answer.
    completion_nano_usd: u64,
    context_tokens: u64,
    /// Longest answer.
    pub output_tokens: u64,
}

/// Thinks long and costs as much as those that do.
pub const REASONER: Model = Model {
    name: "local/reasoner",
    upstream_name: "reasoner/writes",
    kind: "chat",
    prompt_nano_usd: 150_000_000_000,
    completion_nano_usd: 600_000_000_000,
    context_tokens: 200_000,
    output_tokens: 16_384,
};
/// A large one.
pub const LARGE: Model = Model {
    name: "local/large",
    upstream_name: "large/writes",
    kind: "chat",
    prompt_nano_usd: 15_000_000_000,
    completion_nano_usd: 75_000_000_000,
    context_tokens: 200_000,
    output_tokens: 16_384,
};
/// A small one.
pub const SMALL: Model = Model {
    name: "local/small",
    upstream_name: "small/writes",
    kind: "chat",
    prompt_nano_usd: 400_000_000,
    completion_nano_usd: 1_600_000_000,
    context_tokens: 128_000,
    output_tokens: 8_192,
};
/// Makes vectors.
pub const VECTORS: Model = Model {
    name: "local/vectors",
    upstream_name: "vectors/writes",
    kind: "embeddings",
    prompt_nano_usd: 130_000_000,
    completion_nano_usd: 0,
    context_tokens: 8_192,
    output_tokens: 0,
};
/// All of them.
const MODELS: [Model; 4] = [REASONER, LARGE, SMALL, VECTORS];

/// What an answer costs, nano-USD.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// What the upstream takes.
    pub provider_nano_usd: u128,
    /// The price before the subsidy.
    pub list_nano_usd: u128,
}

/// The price rules, as the gateway reads them.
pub fn price_rules() -> String {
    let mut rules = String::from("# What is sold on the local network.\n");
    for model in MODELS {
        let Model {
            name,
            upstream_name,
            kind,
            prompt_nano_usd,
            completion_nano_usd,
            context_tokens,
            output_tokens,
        } = model;
        // Writing to a text does not fail.
        let _ = write!(
            rules,
            r#"
[[models]]
name = "{name}"
upstream = "{UPSTREAM}"
upstream_model = "{upstream_name}"
kind = "{kind}"
markup_bps = {MARKUP_BPS}
prompt_nano_usd = {prompt_nano_usd}
completion_nano_usd = {completion_nano_usd}
max_context_tokens = {context_tokens}
max_output_tokens = {output_tokens}
"#
        );
    }
    rules
}

/// The model that wrote this, and what it costs: each rounded up once, as upstreams bill it.
pub fn cost_of(written: &Written) -> Option<(&'static str, Cost)> {
    let model = MODELS
        .iter()
        .find(|model| model.upstream_name == written.model)?;
    let exact = u128::from(written.prompt_tokens) * u128::from(model.prompt_nano_usd)
        + u128::from(written.completion_tokens) * u128::from(model.completion_nano_usd);
    let cost = Cost {
        provider_nano_usd: exact.div_ceil(PER_TOKENS),
        list_nano_usd: (exact * (BPS + MARKUP_BPS)).div_ceil(PER_TOKENS * BPS),
    };
    Some((model.name, cost))
}
