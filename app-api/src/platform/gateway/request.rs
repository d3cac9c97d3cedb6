//! What a request asks for, and what it can cost at most. Its fields stay as they were written: those that
//! are not known here are passed on as they are.

use std::{borrow::Cow, collections::BTreeMap};

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    price::Tokens,
    refusal::{Refusal, invalid, missing, not_json},
    rule::{Kind, Rule},
};
use crate::config::MaxTokensField;

/// Longest name of a model, bytes.
const MAX_MODEL_BYTES: usize = 200;
/// Most answers to one prompt, as OpenAI has it.
const MAX_CHOICES: u64 = 128;
/// Tokens that models put around a prompt by themselves.
const OVERHEAD_TOKENS: u64 = 64;
/// Tokens of the instructions that some add where there are tools.
const TOOLS_OVERHEAD_TOKENS: u64 = 1_024;
/// Bytes of a token, by which what nobody counted is estimated: English text has four to five, other
/// languages and code fewer.
const BYTES_PER_TOKEN: u64 = 4;
/// Fields that make an answer cost something else than its tokens by the rule's prices, so that it would not
/// be bounded by its hold: other models, other providers of them, searches, faster service, sounds.
const REFUSED_FIELDS: [&str; 10] = [
    "models",
    "route",
    "provider",
    "preset",
    "plugins",
    "web_search_options",
    "prediction",
    "audio",
    "background",
    "best_of",
];

/// A request that was read.
#[derive(Debug)]
pub struct Asked<'a> {
    fields: BTreeMap<String, &'a RawValue>,
    /// What it does.
    pub kind: Kind,
    /// The model as the customer names it.
    pub model: String,
    /// Whether the answer is to come piece by piece.
    pub stream: bool,
    /// Whether its usage was asked for too.
    pub include_usage: bool,
    max_tokens: Option<u64>,
    choices: u64,
    /// Bytes of the prompt, as JSON.
    prompt_bytes: u64,
    /// Whether it is of text alone. What an image or a sound takes is not bounded by its bytes.
    text_only: bool,
    has_tools: bool,
}

/// What an answer can use at most, and what is supposed where nobody says what it used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// At most.
    pub most: Tokens,
    /// Of these, for each of the answers.
    pub max_tokens: u64,
    /// Tokens that the prompt has, roughly.
    pub prompt_estimate: u64,
}

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow, default)]
    content: Option<&'a RawValue>,
    #[serde(borrow, default)]
    audio: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Typed<'a> {
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
}

#[derive(Deserialize)]
struct StreamOptions {
    include_usage: Option<bool>,
}

impl<'a> Asked<'a> {
    /// Reads a request of `kind`.
    ///
    /// # Errors
    /// If it is not one, or asks for what has no price.
    pub fn parse(kind: Kind, body: &'a [u8]) -> Result<Self, Refusal> {
        let text = std::str::from_utf8(body).map_err(|_| not_json("it is not UTF-8"))?;
        let fields: BTreeMap<String, &RawValue> =
            serde_json::from_str(text).map_err(|error| not_json(&error.to_string()))?;
        let mut asked = Self {
            kind,
            model: String::new(),
            stream: false,
            include_usage: false,
            max_tokens: None,
            choices: 1,
            prompt_bytes: 0,
            text_only: true,
            has_tools: false,
            fields,
        };
        asked.check_names()?;
        asked.model = asked
            .read::<String>("model", "must be a string")?
            .ok_or_else(|| missing("model"))?;
        if asked.model.is_empty()
            || asked.model.len() > MAX_MODEL_BYTES
            || asked.model.contains('\0')
        {
            return Err(invalid(
                "model",
                "must have 1 to 200 bytes, none of them zero",
            ));
        }
        match kind {
            Kind::Chat => asked.read_chat()?,
            Kind::Embeddings => asked.read_embeddings()?,
        }
        Ok(asked)
    }

    /// Refuses fields whose names an upstream may take for others: some read `N` as `n`, and would make
    /// what the hold does not cover.
    fn check_names(&self) -> Result<(), Refusal> {
        let read = ["model", "n", "max_tokens", "max_completion_tokens"];
        let weighed = ["stream", "stream_options", "service_tier", "modalities"];
        let prompt = ["messages", "tools", "functions", "input"];
        let known = |name: &str| {
            let all = [&read[..], &weighed, &prompt, &REFUSED_FIELDS];
            all.into_iter()
                .flatten()
                .any(|known| known.eq_ignore_ascii_case(name) && *known != name)
        };
        match self.fields.keys().find(|name| known(name)) {
            Some(name) => Err(not_json(&format!(
                "{} must be written in small letters",
                json(name)
            ))),
            None => Ok(()),
        }
    }

    fn read_chat(&mut self) -> Result<(), Refusal> {
        for name in REFUSED_FIELDS {
            if self.field(name).is_some() {
                return Err(Refusal::field(
                    name,
                    "unsupported_parameter",
                    &format!("{name} has no price here: leave it out"),
                ));
            }
        }
        let tier: Option<Cow<'_, str>> = self.read("service_tier", "must be a string")?;
        if !matches!(tier.as_deref(), None | Some("auto" | "default" | "flex")) {
            return Err(Refusal::field(
                "service_tier",
                "unsupported_parameter",
                "this service_tier has no price here: leave it out",
            ));
        }
        let modalities: Option<Vec<Cow<'_, str>>> =
            self.read("modalities", "must be a list of strings")?;
        if modalities
            .iter()
            .flatten()
            .any(|modality| modality != "text")
        {
            return Err(Refusal::field(
                "modalities",
                "unsupported_parameter",
                "answers are of text alone: leave modalities out",
            ));
        }
        self.stream = self
            .read("stream", "must be true or false")?
            .unwrap_or_default();
        let options: Option<StreamOptions> =
            self.read("stream_options", "must be an object with include_usage")?;
        self.include_usage = options
            .and_then(|options| options.include_usage)
            .unwrap_or_default();
        let whole = "must be a whole number above zero";
        self.choices = self.read("n", whole)?.unwrap_or(1);
        if !(1..=MAX_CHOICES).contains(&self.choices) {
            return Err(invalid("n", "must lie between 1 and 128"));
        }
        for name in ["max_tokens", "max_completion_tokens"] {
            if let Some(max) = self.read::<u64>(name, whole)? {
                if max == 0 || i64::try_from(max).is_err() {
                    return Err(invalid("max_tokens", whole));
                }
                self.max_tokens = Some(self.max_tokens.map_or(max, |other| other.min(max)));
            }
        }
        self.read_messages()?;
        self.read_tools()
    }

    fn read_messages(&mut self) -> Result<(), Refusal> {
        let form = "must be a list of messages";
        let messages: Vec<&RawValue> = self
            .read("messages", form)?
            .ok_or_else(|| missing("messages"))?;
        for message in messages {
            // A list would be read as the fields of a message, in their order.
            let message: Message<'_> = Some(message.get())
                .filter(|text| text.starts_with('{'))
                .and_then(|text| serde_json::from_str(text).ok())
                .ok_or_else(|| invalid("messages", form))?;
            let list = message
                .content
                .filter(|content| content.get().starts_with('['));
            let parts: Vec<Typed<'_>> = match list {
                Some(list) => serde_json::from_str(list.get())
                    .map_err(|_| invalid("messages", "has content that is no list of parts"))?,
                None => Vec::new(),
            };
            let texts = parts
                .iter()
                .all(|part| matches!(part.kind.as_ref(), "text" | "refusal"));
            self.text_only &= texts && message.audio.is_none_or(|audio| audio.get() == "null");
        }
        // Everything may end up in the prompt: tools, schemas, names. JSON takes at least a byte for each of
        // a text's, and a tokenizer makes at most one token of a byte.
        self.prompt_bytes = self
            .fields
            .iter()
            .map(|(name, value)| bytes(name).saturating_add(bytes(value.get())))
            .fold(0, u64::saturating_add);
        Ok(())
    }

    fn read_tools(&mut self) -> Result<(), Refusal> {
        let tools: Vec<Typed<'_>> = self
            .read("tools", "must be a list of tools")?
            .unwrap_or_default();
        if tools
            .iter()
            .any(|tool| !matches!(tool.kind.as_ref(), "function" | "custom"))
        {
            return Err(Refusal::field(
                "tools",
                "unsupported_parameter",
                "tools that the upstream runs have no price here: give functions only",
            ));
        }
        self.has_tools = !tools.is_empty() || self.field("functions").is_some();
        Ok(())
    }

    fn read_embeddings(&mut self) -> Result<(), Refusal> {
        let input = self.field("input").ok_or_else(|| missing("input"))?.get();
        let form = "must be a text, a list of texts, or tokens as whole numbers";
        match input.as_bytes().first() {
            Some(b'"') => {}
            Some(b'[') => {
                let items: Vec<&RawValue> =
                    serde_json::from_str(input).map_err(|_| invalid("input", form))?;
                let allowed = |item: &&RawValue| {
                    item.get().starts_with('"')
                        || item
                            .get()
                            .bytes()
                            .all(|b| b.is_ascii_digit() || b"[], \t\r\n".contains(&b))
                };
                if !items.iter().all(allowed) {
                    return Err(invalid("input", form));
                }
            }
            _ => return Err(invalid("input", form)),
        }
        self.prompt_bytes = bytes(input);
        Ok(())
    }

    /// A field that says something.
    fn field(&self, name: &str) -> Option<&'a RawValue> {
        let value = self.fields.get(name).copied();
        value.filter(|value| value.get() != "null")
    }

    fn read<T: Deserialize<'a>>(
        &self,
        name: &'static str,
        form: &str,
    ) -> Result<Option<T>, Refusal> {
        self.field(name)
            .map(|value| serde_json::from_str(value.get()).map_err(|_| invalid(name, form)))
            .transpose()
    }

    /// What an answer by `rule` can use at most.
    pub fn bounds(&self, rule: &Rule) -> Bounds {
        let overhead = OVERHEAD_TOKENS.saturating_add(if self.has_tools {
            TOOLS_OVERHEAD_TOKENS
        } else {
            0
        });
        let by_bytes = self.prompt_bytes.saturating_add(overhead);
        let prompt = match self.kind {
            // The context is that of each text of a list.
            Kind::Embeddings => by_bytes,
            Kind::Chat if self.text_only => by_bytes.min(rule.max_context_tokens),
            Kind::Chat => rule.max_context_tokens,
        };
        let max_tokens = match self.kind {
            Kind::Embeddings => 0,
            Kind::Chat => self.max_tokens.map_or(rule.max_output_tokens, |max| {
                max.min(rule.max_output_tokens)
            }),
        };
        Bounds {
            most: Tokens {
                prompt,
                cached: 0,
                completion: max_tokens.saturating_mul(self.choices),
            },
            max_tokens,
            prompt_estimate: estimate(self.prompt_bytes).min(prompt).max(1),
        }
    }

    /// The body for an upstream that calls the model `model`.
    pub fn body(&self, model: &str, bounds: Bounds, field: MaxTokensField) -> Vec<u8> {
        let mut body = Vec::with_capacity(
            usize::try_from(self.prompt_bytes)
                .unwrap_or_default()
                .saturating_add(512),
        );
        let mut put = |name: &str, value: &str| {
            body.push(if body.is_empty() { b'{' } else { b',' });
            body.extend_from_slice(json(name).as_bytes());
            body.push(b':');
            body.extend_from_slice(value.as_bytes());
        };
        put("model", &json(model));
        for (name, value) in &self.fields {
            let ours = match name.as_str() {
                "model" => true,
                "max_tokens" | "max_completion_tokens" | "stream_options" => {
                    self.kind == Kind::Chat
                }
                _ => false,
            };
            if !ours {
                put(name, value.get());
            }
        }
        if self.kind == Kind::Chat {
            put(field.name(), &bounds.max_tokens.to_string());
            if self.stream {
                put("stream_options", &self.stream_options());
            }
        }
        body.push(b'}');
        body
    }

    /// As asked for, but always with the usage.
    fn stream_options(&self) -> String {
        let mut options: BTreeMap<&str, &RawValue> = self
            .field("stream_options")
            .and_then(|options| serde_json::from_str(options.get()).ok())
            .unwrap_or_default();
        options.insert("include_usage", RawValue::TRUE);
        serde_json::to_string(&options).unwrap_or_default()
    }
}

/// Tokens of `bytes` of text, roughly; never zero where there are any.
pub fn estimate(bytes: u64) -> u64 {
    bytes.div_ceil(BYTES_PER_TOKEN)
}

fn bytes(text: &str) -> u64 {
    u64::try_from(text.len()).unwrap_or(u64::MAX)
}

fn json(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_default()
}
