//! Answers that come piece by piece.

use serde_json::json;

use super::{Gate, data, said, say};
use crate::support::database::{Kind, on_both_databases};

on_both_databases!(
    pieces_are_passed_on_as_they_are,
    the_usage_is_told_if_it_was_asked_for,
    errors_on_the_way,
    the_request_is_passed_on,
);

async fn pieces_are_passed_on_as_they_are(kind: Kind) {
    let gate = Gate::new(kind).await;
    for model in [
        "test/plain",
        "test/comments",
        "test/joined",
        "test/no-usage",
        "test/slow-first",
    ] {
        let response = gate
            .post("/v1/chat/completions", &say(model, true))
            .send()
            .await
            .unwrap();
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        let id = response.headers()["x-primis-request-id"].clone();
        assert!(id.to_str().unwrap().starts_with("req_"));
        assert_eq!(response.headers()["x-ratelimit-limit"], "100");
        let text = response.text().await.unwrap();
        assert_eq!(said(&text), "This is a test.", "{model}");
        assert!(text.ends_with("data: [DONE]\n\n"), "{text}");
        assert_eq!(
            model == "test/comments",
            text.contains(": OPENROUTER PROCESSING\n\n")
        );
    }
    let (status, text) = gate.ask(&say("test/huge", true)).await;
    assert_eq!(
        (status.as_u16(), said(&text).len()),
        (200, 3 * 1024 * 1024 + 15)
    );
    gate.ended().await;
}

async fn the_usage_is_told_if_it_was_asked_for(kind: Kind) {
    let gate = Gate::new(kind).await;
    let usages = |text: &str| {
        let all = data(text);
        all.iter()
            .filter(|chunk| chunk["usage"].is_object())
            .count()
    };
    for (options, count) in [
        (json!(null), 0),
        (json!({"include_usage": false}), 0),
        (
            json!({"include_usage": true, "include_obfuscation": false}),
            1,
        ),
    ] {
        let mut body = say("test/plain", true);
        body["stream_options"] = options;
        let (_, text) = gate.ask(&body).await;
        assert_eq!(usages(&text), count, "{text}");
        assert_eq!(said(&text), "This is a test.");
    }
    let asked = gate.first.asked();
    assert!(
        asked
            .iter()
            .all(|body| body["stream_options"]["include_usage"] == true)
    );
    assert_eq!(asked[2]["stream_options"]["include_obfuscation"], false);
    gate.ended().await;
}

/// What was said before is charged, an error's text is not.
async fn errors_on_the_way(kind: Kind) {
    let gate = Gate::new(kind).await;
    let (status, error) = gate.refused(&say("test/error-first", true)).await;
    assert_eq!((status, &error["code"]), (429, &json!("upstream_busy")));
    assert_eq!(gate.lines().await, []);
    for (model, code) in [
        ("test/error-mid", "upstream_failed"),
        ("test/cut", "upstream_cut_off"),
        ("test/stalls", "upstream_cut_off"),
        ("test/ends", "upstream_cut_off"),
    ] {
        let (status, text) = gate.ask(&say(model, true)).await;
        assert_eq!(status, 200);
        let told = data(&text);
        let (last, before) = told.split_last().unwrap();
        assert_eq!(last["error"]["code"], code, "{model}: {text}");
        assert!(before.iter().all(|chunk| chunk["error"].is_null()));
        assert_eq!(said(&text), "This is a ", "{model}");
        assert!(!text.contains("[DONE]"));
        let lines = gate.lines().await;
        let line = lines.iter().find(|line| line.sku == model).unwrap();
        // Ten letters are three tokens.
        assert!(line.estimated && line.tokens.2 == 3, "{line:?}");
    }
    assert_eq!(gate.lines().await.len(), 4);
    assert_eq!(gate.first.billed(), [""; 0]);
}

async fn the_request_is_passed_on(kind: Kind) {
    let gate = Gate::new(kind).await;
    let mut body = say("test/model", false);
    body["temperature"] = json!(0.1);
    body["unknown_to_us"] = json!({"deep": [1, null, "x"], "large": 12_345_678_901_234_567_890u64});
    body["max_completion_tokens"] = json!(7);
    assert_eq!(gate.ask(&body).await.0, 200);
    body["max_tokens"] = json!(1_000_000);
    body.as_object_mut()
        .unwrap()
        .remove("max_completion_tokens");
    assert_eq!(gate.ask(&body).await.0, 200);
    body.as_object_mut().unwrap().remove("max_tokens");
    assert_eq!(gate.ask(&body).await.0, 200);
    let asked = gate.first.asked();
    let max: Vec<_> = asked
        .iter()
        .map(|body| body["max_tokens"].as_u64())
        .collect();
    // As asked for, but at most what the rule allows, and never without.
    assert_eq!(max, [Some(7), Some(1_000), Some(1_000)]);
    assert_eq!(asked[0]["model"], "test/plain");
    assert_eq!(asked[0]["temperature"], 0.1);
    assert_eq!(asked[0]["unknown_to_us"], body["unknown_to_us"]);
    assert_eq!(asked[0]["messages"], body["messages"]);
    assert!(asked[0].get("max_completion_tokens").is_none());
    assert_eq!(gate.lines().await.len(), 3);
}
