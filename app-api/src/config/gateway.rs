//! `[gateway]`: the model APIs that requests go to, and what is given on their prices.

use serde::Deserialize;

/// The gateway to model APIs.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Gateway {
    /// TOML file with the first price rules; later ones are in the database.
    pub models_path: Option<String>,
    /// Share of each price that the subsidy pays while it lasts, basis points.
    pub subsidy_bps: u64,
    /// How long after the last moment of an answer its hold is taken to have been forgotten, seconds: as
    /// long as settling is tried again.
    pub forgotten_after_seconds: u64,
    /// Where requests go.
    pub upstreams: Vec<Upstream>,
}

impl Default for Gateway {
    fn default() -> Self {
        Self {
            models_path: None,
            subsidy_bps: 0,
            forgotten_after_seconds: 120,
            upstreams: Vec::new(),
        }
    }
}

/// A model API that speaks OpenAI's protocol.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Upstream {
    /// What price rules call it.
    pub name: String,
    /// Its address up to and with `/v1`, without a slash at the end.
    pub base_url: String,
    /// File with its API key; without it none is sent.
    pub api_key_path: Option<String>,
    /// Longest wait for a connection, milliseconds.
    #[serde(default = "connect")]
    pub connect_milliseconds: u64,
    /// Longest wait for the first byte of an answer, milliseconds.
    #[serde(default = "first_byte")]
    pub first_byte_milliseconds: u64,
    /// Longest pause between two pieces of an answer, milliseconds.
    #[serde(default = "idle")]
    pub idle_milliseconds: u64,
    /// Longest time for a whole answer, seconds. Holds outlive it.
    #[serde(default = "longest")]
    pub longest_seconds: u64,
    /// What it calls the bound of an answer's tokens.
    #[serde(default)]
    pub max_tokens_field: MaxTokensField,
    /// Whether it tells by `GET /generation?id=` what an answer used, as OpenRouter does.
    #[serde(default)]
    pub generations: bool,
}

/// What the bound of an answer's tokens is called.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MaxTokensField {
    /// Of old, and at most model APIs.
    #[default]
    MaxTokens,
    /// At OpenAI itself.
    MaxCompletionTokens,
}

impl MaxTokensField {
    /// Its name in a request.
    pub fn name(self) -> &'static str {
        match self {
            Self::MaxTokens => "max_tokens",
            Self::MaxCompletionTokens => "max_completion_tokens",
        }
    }
}

fn connect() -> u64 {
    5_000
}

/// Models that think answer late.
fn first_byte() -> u64 {
    120_000
}

fn idle() -> u64 {
    60_000
}

fn longest() -> u64 {
    600
}
