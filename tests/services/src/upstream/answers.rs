//! Its answers.

use std::{convert::Infallible, io, time::Duration};

use axum::{
    Json,
    body::{Body, Bytes},
    http::header::CONTENT_TYPE,
    response::{IntoResponse as _, Response},
};
use futures_util::{StreamExt as _, stream};
use serde_json::{Value, json};

use super::{PATIENCE, Upstream};

/// What every answer says: five words, a token each.
pub const WORDS: [&str; 5] = ["This ", "is ", "a ", "test", "."];
/// Bytes of the event of `test/huge`.
const HUGE: usize = 3 * 1024 * 1024;

/// Between two pieces of `test/long`.
const LONG_PAUSE: Duration = Duration::from_millis(450);

pub(super) type Piece = Result<Bytes, io::Error>;

/// What an answer used, unless its name or the request (`test_usage`) says otherwise.
fn usage(mode: &str, body: &Value) -> Value {
    if let Some(usage) = body.get("test_usage") {
        return usage.clone();
    }
    match mode {
        "cached" => json!({"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15,
            "prompt_tokens_details": {"cached_tokens": 8}}),
        "negative-usage" => json!({"prompt_tokens": -10, "completion_tokens": 5}),
        "absurd-usage" => {
            json!({"prompt_tokens": 1_000_000_000_000_000u64, "completion_tokens": 5})
        }
        "zero-usage" => json!({"prompt_tokens": 10, "completion_tokens": 0}),
        "cost" => {
            json!({"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15, "cost": 0.000_012_3})
        }
        _ => json!({"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}),
    }
}

pub async fn chat(upstream: Upstream, mode: &str, body: Value) -> Response {
    match mode {
        "never" => std::future::pending().await,
        "slow-first" => tokio::time::sleep(PATIENCE / 3).await,
        "error-body" => {
            let error = json!({"error": {"code": 502, "message": "provider returned error"}});
            return Json(error).into_response();
        }
        "page" => return "<html>welcome</html>".into_response(),
        _ => {}
    }
    let id = upstream.new_answer(&body);
    if body["stream"] == true {
        streamed(upstream, mode, &body, &id)
    } else {
        whole(&upstream, mode, &body, &id)
    }
}

fn whole(upstream: &Upstream, mode: &str, body: &Value, id: &str) -> Response {
    let usage = usage(mode, body);
    let text = if mode == "huge" {
        "x".repeat(HUGE)
    } else {
        WORDS.concat()
    };
    let mut answer = json!({
        "id": id, "object": "chat.completion", "created": 1_800_000_000, "model": body["model"],
        "choices": [{"index": 0, "finish_reason": "stop", "logprobs": null,
            "message": {"role": "assistant", "content": text, "refusal": null}}],
    });
    if !mode.starts_with("no-usage") {
        answer["usage"] = usage.clone();
    }
    if mode != "no-usage-unknown" {
        upstream.bill(id, usage);
    }
    if mode == "cut" {
        let text = answer.to_string();
        let begin = Ok::<_, io::Error>(Bytes::from(text[..text.len() / 2].to_owned()));
        let pieces = stream::iter([begin, Err(io::Error::other("cut"))]);
        let json = [(CONTENT_TYPE, "application/json")];
        return (json, Body::from_stream(pieces)).into_response();
    }
    Json(answer).into_response()
}

pub(super) fn event(value: &Value) -> Piece {
    Ok(format!("data: {value}\n\n").into())
}

fn streamed(upstream: Upstream, mode: &str, body: &Value, id: &str) -> Response {
    let usage = usage(mode, body);
    let chunk = |delta: Value, finish: Value| {
        json!({"id": id, "object": "chat.completion.chunk", "created": 1_800_000_000, "model": body["model"],
            "choices": [{"index": 0, "delta": delta, "finish_reason": finish, "logprobs": null}]})
    };
    let error = json!({"id": id, "error": {"code": 502, "message": "provider disconnected: secret detail", "metadata": {}},
        "choices": [{"index": 0, "delta": {"content": ""}, "finish_reason": "error"}]});
    let comment = || Ok(Bytes::from_static(b": OPENROUTER PROCESSING\n\n"));
    let mut pieces: Vec<Piece> = Vec::new();
    match mode {
        "error-first" => {
            return sse(
                vec![event(
                    &json!({"error": {"code": 429, "message": "slow down"}}),
                )],
                None,
            );
        }
        "comments" => pieces.extend([comment(), comment()]),
        "huge" | "flood" => {
            let content = json!({"content": "x".repeat(HUGE)});
            let huge = Bytes::from(format!("data: {}\n\n", chunk(content, Value::Null)));
            let times = if mode == "flood" { 12 } else { 1 };
            pieces.extend((0..times).map(|_| Ok(huge.clone())));
        }
        _ => {}
    }
    pieces.push(event(&chunk(
        json!({"role": "assistant", "content": ""}),
        Value::Null,
    )));
    for (index, word) in WORDS.iter().enumerate() {
        if index == 3 {
            match mode {
                "error-mid" => {
                    pieces.push(event(&error));
                    return sse(pieces, None);
                }
                "cut" => {
                    pieces.push(Err(io::Error::other("cut")));
                    return sse(pieces, None);
                }
                "stalls" => return sse(pieces, Some(Duration::from_secs(3_600))),
                "ends" => return sse(pieces, None),
                "comments" => pieces.push(comment()),
                _ => {}
            }
        }
        pieces.push(event(&chunk(json!({"content": word}), Value::Null)));
    }
    pieces.push(event(&chunk(json!({}), json!("stop"))));
    if !mode.starts_with("no-usage") {
        assert_eq!(body["stream_options"]["include_usage"], true);
        pieces.push(event(
            &json!({"id": id, "object": "chat.completion.chunk", "created": 1_800_000_000,
            "model": body["model"], "choices": [], "usage": usage}),
        ));
    }
    if mode != "no-usage-unknown" {
        upstream.bill(id, usage);
    }
    pieces.push(Ok(Bytes::from_static(b"data: [DONE]\n\n")));
    match mode {
        "gated" => gated(upstream, pieces),
        "long" => long(pieces),
        // Everything in one write, cut where no event ends.
        "joined" => {
            let all: Vec<u8> = pieces
                .into_iter()
                .flat_map(|piece| piece.unwrap())
                .collect();
            let pieces = all.chunks(7).map(|part| Ok(Bytes::copy_from_slice(part)));
            sse(pieces.collect(), None)
        }
        _ => sse(pieces, None),
    }
}

/// Sends a piece for each permit of the gate.
fn gated(upstream: Upstream, pieces: Vec<Piece>) -> Response {
    let pieces = stream::iter(pieces).then(move |piece| {
        let gate = upstream.gate.clone();
        async move {
            gate.acquire().await.unwrap().forget();
            piece
        }
    });
    let kind = [(CONTENT_TYPE, "text/event-stream; charset=utf-8")];
    (kind, Body::from_stream(pieces)).into_response()
}

/// Sends a piece now and then: some seconds in all.
fn long(pieces: Vec<Piece>) -> Response {
    let pieces = stream::iter(pieces).then(|piece| async {
        tokio::time::sleep(LONG_PAUSE).await;
        piece
    });
    let kind = [(CONTENT_TYPE, "text/event-stream; charset=utf-8")];
    (kind, Body::from_stream(pieces)).into_response()
}

fn sse(pieces: Vec<Piece>, then: Option<Duration>) -> Response {
    let rest = stream::once(async move {
        if let Some(pause) = then {
            tokio::time::sleep(pause).await;
        }
        Ok::<_, Infallible>(Bytes::new())
    })
    .map(|piece| Ok(piece.unwrap_or_default()));
    // Each for itself, as they come.
    let pieces = stream::iter(pieces).then(|piece| async {
        tokio::task::yield_now().await;
        piece
    });
    let kind = [(CONTENT_TYPE, "text/event-stream; charset=utf-8")];
    (kind, Body::from_stream(pieces.chain(rest))).into_response()
}
