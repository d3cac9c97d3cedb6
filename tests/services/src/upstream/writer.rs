//! A model that does what it should: it writes as many words as it is asked for (`… in 300 words`) and
//! allowed to, piece by piece, and tells what it used, counted from the very text that it was given and gave.

use std::time::Duration;

use axum::{
    Json,
    body::{Body, Bytes},
    http::header::CONTENT_TYPE,
    response::{IntoResponse as _, Response},
};
use futures_util::{StreamExt as _, stream};
use serde_json::{Value, json};

use super::{
    Upstream, Written,
    answers::{Piece, event},
};

/// What the names of such models end in.
pub(super) const MODE: &str = "writes";
pub(super) const ENDING: &str = "/writes";
/// What it writes with; a token each.
const WORDS: [&str; 16] = [
    "stake ", "earns ", "what ", "compute ", "pays ", "and ", "a ", "part ", "of ", "it ",
    "makes ", "the ", "next ", "answer ", "cheaper", ". ",
];
/// Words of an answer where no number is asked for.
const USUAL_WORDS: u64 = 64;
/// Tokens that it writes at once, and what it rests after them: some thousand a second.
const PIECE_TOKENS: usize = 64;
const PIECE_EVERY: Duration = Duration::from_millis(15);
/// Tokens around each message and before the answer, as OpenAI's models have them.
const MESSAGE_TOKENS: u64 = 3;
/// Numbers of a vector.
const DIMENSIONS: usize = 8;

/// Tokens of a text: a word is one, and so is every mark.
pub fn tokens(text: &str) -> u64 {
    let mut count = 0;
    let mut in_word = false;
    for letter in text.chars() {
        let of_word = letter.is_alphanumeric();
        let goes_on = of_word && in_word;
        if !goes_on && !letter.is_whitespace() {
            count += 1;
        }
        in_word = of_word;
    }
    count
}

/// The texts of a conversation, a message each.
fn texts(body: &Value) -> Vec<String> {
    let text = |message: &Value| match &message["content"] {
        Value::Array(parts) => parts
            .iter()
            .filter_map(|part| part["text"].as_str())
            .collect(),
        content => content.as_str().unwrap_or_default().to_owned(),
    };
    body["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(text)
        .collect()
}

/// The number in `… 300 words …`.
fn words_wanted(text: &str) -> Option<u64> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let mut pairs = words.windows(2).rev();
    pairs.find_map(|pair| pair[0].parse().ok().filter(|_| pair[1].starts_with("word")))
}

pub(super) fn chat(upstream: Upstream, body: &Value) -> Response {
    let texts = texts(body);
    let wanted = texts
        .last()
        .and_then(|text| words_wanted(text))
        .unwrap_or(USUAL_WORDS);
    let most = body["max_tokens"].as_u64().unwrap_or(wanted);
    let words: Vec<&str> = WORDS
        .into_iter()
        .cycle()
        .take(usize::try_from(wanted.min(most)).unwrap())
        .collect();
    let text = words.concat();
    let finish = if wanted > most { "length" } else { "stop" };
    let of_prompt: u64 = texts.iter().map(|text| MESSAGE_TOKENS + tokens(text)).sum();
    let written = Written {
        model: body["model"].as_str().unwrap().to_owned(),
        prompt_tokens: MESSAGE_TOKENS + of_prompt,
        completion_tokens: tokens(&text),
    };
    let usage = json!({
        "prompt_tokens": written.prompt_tokens, "completion_tokens": written.completion_tokens,
        "total_tokens": written.prompt_tokens + written.completion_tokens,
    });
    let id = upstream.new_answer(body);
    upstream.bill(&id, usage.clone());
    upstream.log.lock().unwrap().written.push(written);
    let model = &body["model"];
    if body["stream"] != true {
        return Json(json!({
            "id": id, "object": "chat.completion", "created": 1_800_000_000, "model": model,
            "choices": [{"index": 0, "finish_reason": finish, "logprobs": null,
                "message": {"role": "assistant", "content": text, "refusal": null}}],
            "usage": usage,
        }))
        .into_response();
    }
    let chunk = |choices: Value, usage: Value| {
        event(
            &json!({"id": id, "object": "chat.completion.chunk", "created": 1_800_000_000,
            "model": model, "choices": choices, "usage": usage}),
        )
    };
    let choice = |delta: Value, finish: Value| json!([{"index": 0, "delta": delta, "finish_reason": finish, "logprobs": null}]);
    let mut pieces: Vec<Piece> = words
        .chunks(PIECE_TOKENS)
        .map(|words| {
            let delta = json!({"role": "assistant", "content": words.concat()});
            chunk(choice(delta, Value::Null), Value::Null)
        })
        .collect();
    pieces.push(chunk(choice(json!({}), json!(finish)), Value::Null));
    pieces.push(chunk(json!([]), usage));
    pieces.push(Ok(Bytes::from_static(b"data: [DONE]\n\n")));
    let pieces = stream::iter(pieces).then(|piece| async {
        tokio::time::sleep(PIECE_EVERY).await;
        piece
    });
    let kind = [(CONTENT_TYPE, "text/event-stream; charset=utf-8")];
    (kind, Body::from_stream(pieces)).into_response()
}

pub(super) fn vectors(upstream: &Upstream, body: &Value) -> Response {
    let texts: Vec<&str> = match &body["input"] {
        Value::Array(texts) => texts.iter().filter_map(Value::as_str).collect(),
        text => text.as_str().into_iter().collect(),
    };
    let written = Written {
        model: body["model"].as_str().unwrap().to_owned(),
        prompt_tokens: texts.iter().map(|text| tokens(text)).sum(),
        completion_tokens: 0,
    };
    let usage =
        json!({"prompt_tokens": written.prompt_tokens, "total_tokens": written.prompt_tokens});
    let id = upstream.new_answer(body);
    upstream.bill(&id, usage.clone());
    upstream.log.lock().unwrap().written.push(written);
    let data: Vec<Value> = (0..texts.len())
        .map(|index| json!({"object": "embedding", "index": index, "embedding": vec![0.25; DIMENSIONS]}))
        .collect();
    Json(json!({"object": "list", "data": data, "model": body["model"], "usage": usage}))
        .into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_words_is_read() {
        for (text, number) in [("Tell me of it in 300 words.", Some(300)), ("a test", None)] {
            assert_eq!(words_wanted(text), number, "{text}");
        }
    }

    #[test]
    fn words_and_marks_are_tokens() {
        for (text, count) in [("", 0), ("A test.", 3), ("it's 3.5 %", 7), ("a\n\nb", 2)] {
            assert_eq!(tokens(text), count, "{text}");
        }
        assert!(WORDS.iter().all(|word| tokens(word) == 1));
    }
}
