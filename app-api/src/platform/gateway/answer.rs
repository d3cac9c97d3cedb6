//! What an upstream's answer tells: its id, its usage, an error, and how much text it brought.

use std::{borrow::Cow, fmt};

use axum::http::StatusCode;
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::value::RawValue;

use super::{
    price::{Tokens, nano_usd},
    refusal::Refusal,
};

/// Longest id of an answer, bytes.
const MAX_ID_BYTES: usize = 200;
/// Longest message of an upstream that is passed on, characters.
const MAX_MESSAGE_CHARS: usize = 1_000;
/// Fields of a message that are no tokens of it, or tell it again.
const NO_TEXT: [&str; 8] = [
    "role",
    "id",
    "type",
    "index",
    "annotations",
    "reasoning_details",
    "format",
    "object",
];

/// An answer, or a piece of one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// The upstream's name of the answer.
    pub id: Option<String>,
    /// What it used.
    pub usage: Option<Usage>,
    /// That it failed.
    pub error: Option<Failed>,
    /// Bytes of text that it brought.
    pub text_bytes: u64,
    /// Whether it has an answer, or a part of one.
    pub has_content: bool,
    /// Whether it says that an answer is complete.
    pub finished: bool,
}

/// What an answer used, as the upstream says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    /// Its tokens.
    pub tokens: Tokens,
    /// What the upstream took for it, if it says so.
    pub cost_nano_usd: Option<i64>,
}

/// An error that an upstream told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failed {
    status: Option<StatusCode>,
    message: String,
}

#[derive(Deserialize)]
struct Wire<'a> {
    #[serde(borrow, default)]
    id: Option<&'a RawValue>,
    #[serde(borrow, default)]
    choices: Option<&'a RawValue>,
    #[serde(borrow, default)]
    data: Option<&'a RawValue>,
    #[serde(borrow, default)]
    usage: Option<&'a RawValue>,
    #[serde(borrow, default)]
    error: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Choice<'a> {
    #[serde(borrow, default)]
    delta: Option<&'a RawValue>,
    #[serde(borrow, default)]
    message: Option<&'a RawValue>,
    #[serde(borrow, default)]
    finish_reason: Option<&'a RawValue>,
    #[serde(borrow, default)]
    error: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct WireUsage<'a> {
    prompt_tokens: u64,
    #[serde(default)]
    completion_tokens: Option<u64>,
    #[serde(borrow, default)]
    prompt_tokens_details: Option<&'a RawValue>,
    #[serde(borrow, default)]
    cost: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
struct Details {
    #[serde(default)]
    cached_tokens: Option<u64>,
}

#[derive(Deserialize)]
struct WireError<'a> {
    #[serde(borrow, default)]
    code: Option<&'a RawValue>,
    #[serde(borrow, default)]
    message: Option<Cow<'a, str>>,
}

/// Reads an answer or a piece of one; `None` where it is not JSON.
pub fn read(json: &[u8]) -> Option<Told> {
    let wire: Wire<'_> = serde_json::from_slice(json).ok()?;
    let mut told = Told {
        id: wire.id.and_then(id),
        usage: wire.usage.and_then(|usage| read_usage(usage.get())),
        error: wire.error.and_then(failed),
        has_content: wire.data.is_some_and(is_said),
        finished: wire.data.is_some_and(is_said),
        text_bytes: 0,
    };
    let choices: Vec<Choice<'_>> = wire
        .choices
        .and_then(|choices| serde_json::from_str(choices.get()).ok())
        .unwrap_or_default();
    for choice in choices {
        told.has_content = true;
        told.finished |= choice.finish_reason.is_some_and(is_said);
        for part in [choice.delta, choice.message].into_iter().flatten() {
            told.text_bytes = told.text_bytes.saturating_add(text_bytes(part.get()));
        }
        if told.error.is_none() {
            told.error = choice.error.and_then(failed);
        }
    }
    Some(told)
}

/// Reads a usage; `None` where it is none that can be: an answer without a prompt, a negative number.
fn read_usage(json: &str) -> Option<Usage> {
    let wire: WireUsage<'_> = serde_json::from_str(json).ok()?;
    if wire.prompt_tokens == 0 {
        return None;
    }
    let details: Details = wire
        .prompt_tokens_details
        .and_then(|details| serde_json::from_str(details.get()).ok())
        .unwrap_or_default();
    Some(Usage {
        tokens: Tokens {
            prompt: wire.prompt_tokens,
            cached: details
                .cached_tokens
                .unwrap_or_default()
                .min(wire.prompt_tokens),
            completion: wire.completion_tokens.unwrap_or_default(),
        },
        cost_nano_usd: wire.cost.and_then(|cost| nano_usd(cost.get())),
    })
}

/// What `GET /generation?id=` tells, in OpenRouter's form; `None` where it is another.
pub fn read_generation(json: &[u8]) -> Option<Usage> {
    #[derive(Deserialize)]
    struct Answer<'a> {
        #[serde(borrow)]
        data: Generation<'a>,
    }
    #[derive(Deserialize)]
    struct Generation<'a> {
        #[serde(default)]
        tokens_prompt: Option<u64>,
        #[serde(default)]
        tokens_completion: Option<u64>,
        #[serde(default)]
        native_tokens_prompt: Option<u64>,
        #[serde(default)]
        native_tokens_completion: Option<u64>,
        #[serde(default)]
        native_tokens_cached: Option<u64>,
        #[serde(borrow, default)]
        total_cost: Option<&'a RawValue>,
    }
    let Answer { data } = serde_json::from_slice(json).ok()?;
    // The model's own tokens are what it bills.
    let prompt = data.native_tokens_prompt.or(data.tokens_prompt)?;
    Some(Usage {
        tokens: Tokens {
            prompt,
            cached: data.native_tokens_cached.unwrap_or_default().min(prompt),
            completion: data
                .native_tokens_completion
                .or(data.tokens_completion)
                .unwrap_or_default(),
        },
        cost_nano_usd: data.total_cost.and_then(|cost| nano_usd(cost.get())),
    })
    .filter(|usage| usage.tokens.prompt > 0)
}

/// Reads an error, an object or a mere text; `None` for null.
fn failed(raw: &RawValue) -> Option<Failed> {
    if !is_said(raw) {
        return None;
    }
    let wire: Option<WireError<'_>> = serde_json::from_str(raw.get()).ok();
    let text = || serde_json::from_str::<String>(raw.get()).ok();
    let status = wire
        .as_ref()
        .and_then(|wire| wire.code)
        .and_then(|code| code.get().trim_matches('"').parse::<u16>().ok())
        .filter(|status| (400..600).contains(status))
        .and_then(|status| StatusCode::from_u16(status).ok());
    let message = wire
        .and_then(|wire| wire.message)
        .map(Cow::into_owned)
        .or_else(text)
        .unwrap_or_default();
    Some(Failed { status, message })
}

impl Failed {
    /// A refusal with an HTTP status; the body may tell more.
    pub fn of_status(status: StatusCode, body: &[u8]) -> Self {
        let message = read(body)
            .and_then(|told| told.error)
            .map(|failed| failed.message);
        Self {
            status: Some(status),
            message: message.unwrap_or_default(),
        }
    }

    /// Whether the upstream had no time for the request and so did nothing for it.
    pub fn is_busy(&self) -> bool {
        matches!(
            self.status,
            Some(StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE)
        )
    }

    /// What the customer is told of it. What an upstream refuses because of the platform's own key or money
    /// with it is not the customer's fault, nor his business.
    pub fn refusal(&self) -> Refusal {
        let told = if self.message.is_empty() {
            "it does not say why".to_owned()
        } else {
            self.message.chars().take(MAX_MESSAGE_CHARS).collect()
        };
        match self.status {
            Some(StatusCode::TOO_MANY_REQUESTS) => Refusal::new(
                StatusCode::TOO_MANY_REQUESTS,
                "upstream_busy",
                "the model has too many requests: ask again in a moment",
            )
            .retry_after_seconds(1),
            Some(StatusCode::SERVICE_UNAVAILABLE) => Refusal::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "upstream_busy",
                "the model cannot be asked now: ask again in a moment",
            )
            .retry_after_seconds(1),
            Some(
                status @ (StatusCode::BAD_REQUEST
                | StatusCode::NOT_FOUND
                | StatusCode::PAYLOAD_TOO_LARGE
                | StatusCode::UNPROCESSABLE_ENTITY),
            ) => Refusal::new(
                status,
                "upstream_refused",
                format!("the model refuses the request: {told}"),
            ),
            Some(status) if status.is_client_error() => Refusal::new(
                StatusCode::BAD_GATEWAY,
                "upstream_failed",
                "the model cannot be asked at present; it is logged",
            ),
            _ => Refusal::new(
                StatusCode::BAD_GATEWAY,
                "upstream_failed",
                format!("the model failed: {told}"),
            ),
        }
    }
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let status = self.status.map_or(0, |status| status.as_u16());
        let message: String = self.message.chars().take(MAX_MESSAGE_CHARS).collect();
        write!(f, "{status} {message}")
    }
}

fn is_said(raw: &RawValue) -> bool {
    raw.get() != "null"
}

fn id(raw: &RawValue) -> Option<String> {
    let id: String = serde_json::from_str(raw.get()).ok()?;
    // It goes into an address and into the database.
    let fits = (1..=MAX_ID_BYTES).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_graphic());
    fits.then_some(id)
}

/// Bytes of the texts in a message: what it says, thinks, refuses, and calls functions with.
fn text_bytes(json: &str) -> u64 {
    TextBytes
        .deserialize(&mut serde_json::Deserializer::from_str(json))
        .unwrap_or_default()
}

/// Sums up the lengths of texts without keeping them.
#[derive(Clone, Copy)]
struct TextBytes;

impl<'de> DeserializeSeed<'de> for TextBytes {
    type Value = u64;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<u64, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for TextBytes {
    type Value = u64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_str<E>(self, text: &str) -> Result<u64, E> {
        Ok(u64::try_from(text.len()).unwrap_or(u64::MAX))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<u64, A::Error> {
        let mut sum = 0u64;
        while let Some(key) = map.next_key::<Cow<'_, str>>()? {
            if NO_TEXT.contains(&key.as_ref()) {
                map.next_value::<IgnoredAny>()?;
            } else {
                sum = sum.saturating_add(map.next_value_seed(self)?);
            }
        }
        Ok(sum)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<u64, A::Error> {
        let mut sum = 0u64;
        while let Some(bytes) = list.next_element_seed(self)? {
            sum = sum.saturating_add(bytes);
        }
        Ok(sum)
    }

    fn visit_unit<E>(self) -> Result<u64, E> {
        Ok(0)
    }

    fn visit_bool<E>(self, _: bool) -> Result<u64, E> {
        Ok(0)
    }

    fn visit_i64<E>(self, _: i64) -> Result<u64, E> {
        Ok(0)
    }

    fn visit_u64<E>(self, _: u64) -> Result<u64, E> {
        Ok(0)
    }

    fn visit_f64<E>(self, _: f64) -> Result<u64, E> {
        Ok(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn told(value: &Value) -> Told {
        read(value.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn a_piece_of_a_stream() {
        let piece = told(&json!({
            "id": "gen-1", "object": "chat.completion.chunk", "usage": null, "error": null,
            "choices": [{"index": 0, "delta": {"role": "assistant", "content": "grüß", "reasoning": null,
                "tool_calls": [{"index": 0, "id": "call_123456789", "type": "function", "function": {"name": "f", "arguments": "{}"}}]},
                "finish_reason": null}],
        }));
        assert_eq!(piece.id.as_deref(), Some("gen-1"));
        assert_eq!(piece.text_bytes, 6 + 1 + 2);
        assert!(piece.has_content && !piece.finished);
        assert_eq!((piece.usage, piece.error), (None, None));
    }

    #[test]
    fn a_usage_as_openrouter_tells_it() {
        let last = told(
            &json!({"choices": [], "usage": {"prompt_tokens": 194, "completion_tokens": 2, "total_tokens": 196,
            "cost": 0.00095, "cost_details": {"upstream_inference_cost": null}, "prompt_tokens_details": {"cached_tokens": 100, "audio_tokens": 0}}}),
        );
        let usage = last.usage.unwrap();
        assert_eq!(
            usage.tokens,
            Tokens {
                prompt: 194,
                cached: 100,
                completion: 2
            }
        );
        assert_eq!(usage.cost_nano_usd, Some(950_000));
        assert!(!last.has_content);
    }

    #[test]
    fn usages_that_cannot_be() {
        for usage in [
            json!({"prompt_tokens": -1, "completion_tokens": 1}),
            json!({"prompt_tokens": "7", "completion_tokens": 1}),
            json!({"prompt_tokens": 0, "completion_tokens": 1}),
            json!({"prompt_tokens": 1.5, "completion_tokens": 1}),
            json!({"completion_tokens": 1}),
            json!([]),
            Value::Null,
        ] {
            assert_eq!(told(&json!({"usage": usage})).usage, None, "{usage}");
        }
        let huge = told(
            &json!({"usage": {"prompt_tokens": 5, "prompt_tokens_details": {"cached_tokens": 9}}}),
        );
        assert_eq!(huge.usage.unwrap().tokens.cached, 5);
    }

    #[test]
    fn errors_in_every_form() {
        for (error, status) in [
            (
                json!({"code": 429, "message": "slow down", "metadata": {}}),
                429,
            ),
            (json!({"code": "503", "message": "x"}), 503),
            (json!({"code": "server_error", "message": "x"}), 502),
            (json!({"code": 200, "message": "x"}), 502),
            (json!("boom"), 502),
            (
                json!({"code": 401, "message": "key sk-secret is wrong"}),
                502,
            ),
            (json!({"code": 400, "message": "x"}), 400),
        ] {
            let failed = told(&json!({"error": error})).error.unwrap();
            let refusal = failed.refusal();
            assert_eq!(refusal.status.as_u16(), status, "{error}");
            assert!(!refusal.message().contains("secret"));
        }
        let inside = told(
            &json!({"choices": [{"error": {"code": 502, "message": "x"}, "message": {"content": ""}}]}),
        );
        assert!(inside.error.is_some());
    }

    #[test]
    fn a_generation_is_told_in_the_models_own_tokens() {
        let text = json!({"data": {"id": "gen-1", "tokens_prompt": 10, "tokens_completion": 25, "native_tokens_prompt": 11,
            "native_tokens_completion": 24, "native_tokens_cached": 3, "total_cost": 0.0015}})
        .to_string();
        let usage = read_generation(text.as_bytes()).unwrap();
        assert_eq!(
            usage,
            Usage {
                tokens: Tokens {
                    prompt: 11,
                    cached: 3,
                    completion: 24
                },
                cost_nano_usd: Some(1_500_000)
            }
        );
        assert_eq!(read_generation(b"{\"error\":{}}"), None);
    }
}
