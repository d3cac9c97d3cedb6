//! Which models are sold, by whom they are answered, and for how much.

use std::collections::BTreeMap;

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
    /// The model as customers name it; one `*` stands for any text.
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

/// Why rules cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RulesError {
    /// The file cannot be read.
    #[error("models: {path} cannot be read: {source}")]
    Io {
        /// The file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// It has another form.
    #[error("models: {0}; app-api/models.sample.toml shows the form")]
    Parse(#[from] config::ConfigError),
    /// A rule contradicts itself or another.
    #[error("models: {name} {problem}")]
    Rule {
        /// Its name.
        name: String,
        /// What is wrong.
        problem: &'static str,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    models: Vec<Rule>,
}

impl Rule {
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
    fn matched<'a>(&self, model: &'a str) -> Option<&'a str> {
        match self.name.split_once('*') {
            None => (self.name == model).then_some(""),
            Some((before, after)) => model.strip_prefix(before)?.strip_suffix(after),
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
    fn exactness(&self) -> (bool, usize) {
        (!self.name.contains('*'), self.name.len())
    }

    fn check(&self) -> Result<(), RulesError> {
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
        Err(RulesError::Rule {
            name: self.name.clone(),
            problem,
        })
    }
}

/// All rules.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules(Vec<Rule>);

impl Rules {
    /// Checks rules.
    ///
    /// # Errors
    /// If one contradicts itself or another.
    pub fn new(mut rules: Vec<Rule>) -> Result<Self, RulesError> {
        let mut seen = BTreeMap::new();
        for rule in &rules {
            rule.check()?;
            if seen
                .insert((&rule.name, &rule.upstream), rule.kind)
                .is_some()
            {
                return Err(RulesError::Rule {
                    name: rule.name.clone(),
                    problem: "is there twice with the same upstream",
                });
            }
        }
        rules.sort_by(|a, b| {
            (&a.name, a.priority, &a.upstream).cmp(&(&b.name, b.priority, &b.upstream))
        });
        Ok(Self(rules))
    }

    /// Reads rules from TOML.
    ///
    /// # Errors
    /// If it has another form, or as [`Rules::new`].
    pub fn parse(text: &str) -> Result<Self, RulesError> {
        let values: serde_json::Value = config::Config::builder()
            .add_source(config::File::from_str(text, config::FileFormat::Toml))
            .build()?
            .try_deserialize()?;
        // The configuration's own reader takes a price of 0.5 for a whole number.
        let file: File = serde_json::from_value(values)
            .map_err(|error| config::ConfigError::Message(error.to_string()))?;
        Self::new(file.models)
    }

    /// Reads rules from a file.
    ///
    /// # Errors
    /// If it cannot be read, or as [`Rules::parse`].
    pub fn read(path: &str) -> Result<Self, RulesError> {
        let text = std::fs::read_to_string(path).map_err(|source| RulesError::Io {
            path: path.to_owned(),
            source,
        })?;
        Self::parse(&text)
    }

    /// All of them, by name and priority.
    pub fn all(&self) -> &[Rule] {
        &self.0
    }

    /// Those for `model`, in the order in which their upstreams are asked.
    pub fn of(&self, model: &str, kind: Kind) -> Vec<&Rule> {
        let matching = || {
            self.0
                .iter()
                .filter(move |rule| rule.kind == kind && rule.matched(model).is_some())
        };
        let Some(best) = matching().max_by_key(|rule| rule.exactness()) else {
            return Vec::new();
        };
        matching().filter(|rule| rule.name == best.name).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Rules {
        Rules::read(concat!(env!("CARGO_MANIFEST_DIR"), "/models.sample.toml")).unwrap()
    }

    fn names(rules: &[&Rule], model: &str) -> Vec<(String, String)> {
        rules
            .iter()
            .map(|rule| (rule.upstream.clone(), rule.upstream_name(model)))
            .collect()
    }

    #[test]
    fn the_sample_finds_its_models() {
        let rules = sample();
        for (model, expected) in [
            (
                "openai/gpt-4.1-mini",
                vec![("openrouter", "openai/gpt-4.1-mini")],
            ),
            (
                "anthropic/claude-5",
                vec![("openrouter", "anthropic/claude-5")],
            ),
            (
                "llama-3.3-70b",
                vec![
                    ("together", "meta-llama/Llama-3.3-70B-Instruct-Turbo"),
                    ("openrouter", "meta-llama/llama-3.3-70b-instruct"),
                ],
            ),
            ("gpt", vec![]),
            ("text-embedding-3-small", vec![]),
        ] {
            let found = names(&rules.of(model, Kind::Chat), model);
            let found: Vec<_> = found
                .iter()
                .map(|(upstream, name)| (upstream.as_str(), name.as_str()))
                .collect();
            assert_eq!(found, expected, "{model}");
        }
        assert_eq!(
            rules.of("text-embedding-3-small", Kind::Embeddings).len(),
            1
        );
    }

    #[test]
    fn the_most_exact_rule_counts() {
        let rule = |name: &str, upstream: &str| Rule {
            name: name.into(),
            upstream: upstream.into(),
            upstream_model: String::new(),
            ..sample().all()[0].clone()
        };
        let rules = Rules::new(vec![
            rule("*", "any"),
            rule("a/*", "a"),
            rule("a/*-mini", "mini"),
            rule("a/b", "b"),
        ])
        .unwrap();
        for (model, upstream) in [
            ("x", "any"),
            ("a/x", "a"),
            ("a/x-mini", "mini"),
            ("a/b", "b"),
            // What comes before and after the star may not overlap.
            ("a/-min", "a"),
        ] {
            assert_eq!(rules.of(model, Kind::Chat)[0].upstream, upstream, "{model}");
        }
    }

    #[test]
    fn rules_that_contradict_themselves_are_refused() {
        let good = "name = \"a\"\nupstream = \"u\"\nprompt_nano_usd = 1\ncompletion_nano_usd = 1\n\
                    max_context_tokens = 1\nmax_output_tokens = 1\n";
        let one = |text: String| Rules::parse(&format!("[[models]]\n{text}"));
        assert_eq!(one(good.into()).unwrap().all()[0].markup_bps, 2_000);
        for bad in [
            good.replace("\"a\"", "\"a**\""),
            good.replace("\"a\"", "\"\""),
            good.replace("max_output_tokens = 1", "max_output_tokens = 0"),
            good.replace("max_context_tokens = 1", "max_context_tokens = 0"),
            good.replace("prompt_nano_usd = 1", "prompt_nano_usd = -1"),
            good.replace("prompt_nano_usd = 1", "prompt_nano_usd = 0.5"),
            good.replace(
                "prompt_nano_usd = 1",
                "prompt_nano_usd = 1_000_000_000_000_001",
            ),
            format!("{good}cached_nano_usd = 2\n"),
            format!("{good}upstream_model = \"*\"\n"),
            format!("{good}price = 2\n"),
            format!("{good}[[models]]\n{good}"),
        ] {
            assert!(one(bad.clone()).is_err(), "{bad}");
        }
    }
}
