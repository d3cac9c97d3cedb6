//! A price rule: which models it sells, who answers them, and for how much.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::price::Prices;

/// Put on the upstream's prices where a rule says nothing, basis points.
const DEFAULT_MARKUP_BPS: u64 = 2_000;
/// Highest price taken: $1,000,000 for 1,000,000 tokens. Larger is a slip of the unit.
const MAX_NANO_USD: u64 = 1_000_000_000_000_000;
/// Most that may be put on a price: a hundred times it.
const MAX_MARKUP_BPS: u64 = 1_000_000;
/// Most tokens a rule may allow.
const MAX_TOKENS: u64 = 100_000_000;
/// Largest place in the order of upstreams.
const MAX_PRIORITY: u32 = 1_000;
/// Longest name, bytes.
const MAX_NAME_BYTES: usize = 200;

/// What a model does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// It answers messages.
    #[default]
    Chat,
    /// It makes vectors of texts.
    Embeddings,
}

impl Kind {
    /// As usage lines name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Embeddings => "embeddings",
        }
    }
}

/// Where the cost of an answer is taken from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CostSource {
    /// Tokens by the rule's prices.
    #[default]
    Prices,
    /// What the upstream says it took (`usage.cost`, USD), else by the prices.
    Upstream,
}

/// One rule. The same in the file and in the database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PriceRule)]
pub struct Rule {
    /// The model as customers name it; one `*` stands for any text without a colon.
    #[schema(min_length = 1, max_length = 200, example = "openai/*")]
    pub name: String,
    /// The upstream, as the configuration names it.
    #[schema(min_length = 1, max_length = 200, example = "openrouter")]
    pub upstream: String,
    /// What the upstream calls the model; empty: the same. A `*` stands for what the one in the name matched.
    #[serde(default)]
    #[schema(max_length = 200, example = "openai/*")]
    pub upstream_model: String,
    /// Of rules with the same name the lowest is asked first.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 1_000, example = 0)]
    pub priority: u32,
    /// What it does.
    #[serde(default)]
    pub kind: Kind,
    /// Where the cost is taken from.
    #[serde(default)]
    pub cost: CostSource,
    /// Nano-USD for 1,000,000 tokens of a prompt.
    #[schema(
        minimum = 0,
        maximum = 1_000_000_000_000_000_u64,
        example = 400_000_000
    )]
    pub prompt_nano_usd: u64,
    /// The same for those that were cached; what the prompt costs where it is left out.
    #[serde(default)]
    #[schema(
        minimum = 0,
        maximum = 1_000_000_000_000_000_u64,
        example = 100_000_000
    )]
    pub cached_nano_usd: Option<u64>,
    /// The same for an answer.
    #[schema(
        minimum = 0,
        maximum = 1_000_000_000_000_000_u64,
        example = 1_600_000_000
    )]
    pub completion_nano_usd: u64,
    /// Put on the cost, basis points.
    #[serde(default = "default_markup")]
    #[schema(minimum = 0, maximum = 1_000_000, default = 2_000, example = 2_000)]
    pub markup_bps: u64,
    /// Most tokens of a prompt.
    #[schema(minimum = 1, maximum = 100_000_000, example = 128_000)]
    pub max_context_tokens: u64,
    /// Most tokens of an answer.
    #[schema(minimum = 0, maximum = 100_000_000, example = 16_384)]
    pub max_output_tokens: u64,
}

fn default_markup() -> u64 {
    DEFAULT_MARKUP_BPS
}

impl Rule {
    /// What there is one rule of: the models and who answers them.
    pub fn key(&self) -> (&str, &str) {
        (&self.name, &self.upstream)
    }

    /// Its prices.
    pub fn prices(&self) -> Prices {
        Prices {
            prompt_nano_usd: self.prompt_nano_usd,
            // A hold supposes that nothing is cached, which must not be the cheaper case.
            cached_nano_usd: self
                .cached_nano_usd
                .unwrap_or(self.prompt_nano_usd)
                .min(self.prompt_nano_usd),
            completion_nano_usd: self.completion_nano_usd,
            markup_bps: self.markup_bps,
        }
    }

    /// What the star stands for, if the rule is for `model`; empty without one.
    pub(super) fn matched<'a>(&self, model: &'a str) -> Option<&'a str> {
        match self.name.split_once('*') {
            None => (self.name == model).then_some(""),
            Some((before, after)) => model
                .strip_prefix(before)?
                .strip_suffix(after)
                // What follows a colon is another way to be served, at a price of its own.
                .filter(|matched| !matched.contains(':')),
        }
    }

    /// What the upstream calls `model`.
    pub fn upstream_name(&self, model: &str) -> String {
        if self.upstream_model.is_empty() {
            return model.to_owned();
        }
        self.upstream_model
            .replace('*', self.matched(model).unwrap_or_default())
    }

    /// Of two that match, the longer is the more exact; one without a star before all.
    pub(super) fn exactness(&self) -> (bool, usize) {
        (!self.name.contains('*'), self.name.len())
    }

    /// What contradicts itself in it, if anything does.
    pub(super) fn check(&self) -> Result<(), &'static str> {
        let problem = if self.name.is_empty() || self.upstream.is_empty() {
            "needs a name and an upstream"
        } else if [&self.name, &self.upstream, &self.upstream_model]
            .iter()
            .any(|text| text.len() > MAX_NAME_BYTES || text.contains('\0'))
        {
            "has a name of more than 200 bytes, or with a zero byte"
        } else if self.name.matches('*').count() > 1
            || self.upstream_model.matches('*').count() > 1
            || (self.upstream_model.contains('*') && !self.name.contains('*'))
        {
            "may have one star, and upstream_model only where the name has one"
        } else if [
            self.prompt_nano_usd,
            self.completion_nano_usd,
            self.cached_nano_usd.unwrap_or_default(),
        ]
        .iter()
        .any(|price| *price > MAX_NANO_USD)
            || self.markup_bps > MAX_MARKUP_BPS
        {
            "has a price above $1,000,000 for 1,000,000 tokens, or a markup above 1,000,000"
        } else if self.priority > MAX_PRIORITY {
            "has a priority above 1,000"
        } else if self
            .cached_nano_usd
            .is_some_and(|cached| cached > self.prompt_nano_usd)
        {
            "has a cached_nano_usd above prompt_nano_usd"
        } else if !(1..=MAX_TOKENS).contains(&self.max_context_tokens)
            || self.max_output_tokens > MAX_TOKENS
            || (self.kind == Kind::Chat && self.max_output_tokens == 0)
        {
            "needs max_context_tokens and, for chat, max_output_tokens between 1 and 100,000,000"
        } else {
            return Ok(());
        };
        Err(problem)
    }
}
