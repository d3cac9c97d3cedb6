//! Which models are sold, by whom they are answered, and for how much.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::rule::{Kind, Rule};
use crate::config::exact;

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

/// All rules.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules(Vec<Rule>);

impl Rules {
    /// Checks rules.
    ///
    /// # Errors
    /// If one contradicts itself or another.
    pub fn new(mut rules: Vec<Rule>) -> Result<Self, RulesError> {
        let mut seen = BTreeSet::new();
        for rule in &rules {
            rule.check().map_err(|problem| RulesError::Rule {
                name: rule.name.clone(),
                problem,
            })?;
            if !seen.insert(rule.key()) {
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
        let file: File = exact(text)?;
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

    /// OpenRouter's `:online` searches the web for each answer, which no price of tokens covers.
    #[test]
    fn variants_are_sold_by_rules_that_name_them() {
        let rules = sample();
        assert!(!rules.of("openai/gpt-4.1-mini", Kind::Chat).is_empty());
        assert!(
            rules
                .of("openai/gpt-4.1-mini:online", Kind::Chat)
                .is_empty()
        );
        let named = Rule {
            name: "openai/*:free".into(),
            ..rules.all()[0].clone()
        };
        let rules = Rules::new(vec![named]).unwrap();
        assert_eq!(rules.of("openai/x:free", Kind::Chat).len(), 1);
        assert!(rules.of("openai/x:online:free", Kind::Chat).is_empty());
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
            format!("{good}priority = 1_001\n"),
            format!("{good}price = 2\n"),
            format!("{good}[[models]]\n{good}"),
        ] {
            assert!(one(bad.clone()).is_err(), "{bad}");
        }
    }
}
