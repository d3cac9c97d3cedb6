//! What an upstream's answer tells: its id, its usage, an error, and how much text it brought.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    failed::{Failed, failed},
    price::{Tokens, nano_usd},
    text::text_bytes,
};

/// Longest id of an answer, bytes.
const MAX_ID_BYTES: usize = 200;
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

/// Whether a field says something.
pub(super) fn is_said(raw: &RawValue) -> bool {
    raw.get() != "null"
}

fn id(raw: &RawValue) -> Option<String> {
    let id: String = serde_json::from_str(raw.get()).ok()?;
    // It goes into an address and into the database.
    let fits = (1..=MAX_ID_BYTES).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_graphic());
    fits.then_some(id)
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
