//! Every refusal, in OpenAI's form; none of them costs anything.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Gate, USD, say};
use crate::support::{
    database::{Kind, on_both_databases},
    upstream::KEY,
};

on_both_databases!(
    requests_that_are_none,
    fields_without_a_price,
    without_money,
    beyond_the_limit,
    without_a_key,
    what_the_upstream_refuses,
    a_server_without_upstreams,
);

fn changed(field: &str, value: Value) -> Value {
    let mut body = say("test/plain", false);
    body[field] = value;
    body
}

async fn requests_that_are_none(kind: Kind) {
    let gate = Gate::new(kind).await;
    for (body, status, code, param) in [
        (
            changed("model", json!(null)),
            400,
            "missing_required_parameter",
            json!("model"),
        ),
        (
            changed("model", json!(7)),
            400,
            "invalid_value",
            json!("model"),
        ),
        (
            changed("model", json!("")),
            400,
            "invalid_value",
            json!("model"),
        ),
        (
            changed("model", json!("m".repeat(201))),
            400,
            "invalid_value",
            json!("model"),
        ),
        (
            changed("model", json!("a\0b")),
            400,
            "invalid_value",
            json!("model"),
        ),
        (
            changed("model", json!("unknown")),
            404,
            "model_not_found",
            json!(null),
        ),
        // Another way to be served, which the rule of the star has no price for.
        (
            changed("model", json!("test/plain:online")),
            404,
            "model_not_found",
            json!(null),
        ),
        // Some upstreams would take it for n.
        (changed("N", json!(2)), 400, "invalid_body", json!(null)),
        (
            changed("Max_Completion_Tokens", json!(2)),
            400,
            "invalid_body",
            json!(null),
        ),
        (
            changed("Plugins", json!([])),
            400,
            "invalid_body",
            json!(null),
        ),
        (
            changed("model", json!("test/vectors/x")),
            200,
            "",
            json!(null),
        ),
        (
            changed("messages", json!(null)),
            400,
            "missing_required_parameter",
            json!("messages"),
        ),
        (
            changed("messages", json!("hello")),
            400,
            "invalid_value",
            json!("messages"),
        ),
        (
            changed("messages", json!([{"content": [7]}])),
            400,
            "invalid_value",
            json!("messages"),
        ),
        (
            changed("stream", json!("yes")),
            400,
            "invalid_value",
            json!("stream"),
        ),
        (
            changed("stream_options", json!(7)),
            400,
            "invalid_value",
            json!("stream_options"),
        ),
        (changed("n", json!(0)), 400, "invalid_value", json!("n")),
        (changed("n", json!(129)), 400, "invalid_value", json!("n")),
        (
            changed("max_tokens", json!(0)),
            400,
            "invalid_value",
            json!("max_tokens"),
        ),
        (
            changed("max_tokens", json!(-1)),
            400,
            "invalid_value",
            json!("max_tokens"),
        ),
        (
            changed("max_tokens", json!(1.5)),
            400,
            "invalid_value",
            json!("max_tokens"),
        ),
        (json!([]), 400, "invalid_body", json!(null)),
    ] {
        if status == 200 {
            assert_eq!(gate.ask(&body).await.0, 200);
            continue;
        }
        let (told, error) = gate.refused(&body).await;
        assert_eq!((told, &error["code"]), (status, &json!(code)), "{body}");
        assert_eq!(error["param"], param, "{body}");
    }
    for (text, code) in [
        ("{", "invalid_body"),
        ("", "invalid_body"),
        ("{\"model\":\"test/plain\"", "invalid_body"),
    ] {
        let request = gate.server.request(Method::POST, "/v1/chat/completions");
        let response = request
            .bearer_auth(&gate.customer.key)
            .body(text)
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 400);
        assert_eq!(
            response.json::<Value>().await.unwrap()["error"]["code"],
            code
        );
    }
    for input in [
        json!(null),
        json!(7),
        json!([{"image": "x"}]),
        json!([null]),
        json!({}),
    ] {
        let body = json!({"model": "test/vectors", "input": input});
        let response = gate.post("/v1/embeddings", &body).send().await.unwrap();
        assert_eq!(response.status(), 400, "{input}");
        assert_eq!(
            response.json::<Value>().await.unwrap()["error"]["param"],
            "input"
        );
    }
    // By no more than is read at once: where more is left the connection ends while it is written.
    let long = say(&"x".repeat(16 * 1024 * 1024), false);
    let (status, error) = gate.refused(&long).await;
    assert_eq!((status, &error["code"]), (413, &json!("body_too_large")));
    // Paths and methods too.
    let response = gate
        .server
        .request(Method::GET, "/v1/chat/completions")
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 405);
    assert_eq!(
        response.json::<Value>().await.unwrap()["error"]["code"],
        "method_not_allowed"
    );
    assert_eq!(gate.lines().await.len(), 1);
}

async fn fields_without_a_price(kind: Kind) {
    let gate = Gate::new(kind).await;
    for (field, value) in [
        ("models", json!(["openai/o1-pro"])),
        ("route", json!("fallback")),
        ("provider", json!({"order": ["dear"]})),
        ("preset", json!("dear")),
        ("plugins", json!([{"id": "web"}])),
        ("web_search_options", json!({})),
        ("prediction", json!({"type": "content", "content": "x"})),
        ("audio", json!({"voice": "alloy"})),
        ("background", json!(true)),
        ("best_of", json!(5)),
        ("service_tier", json!("priority")),
        ("modalities", json!(["text", "audio"])),
        ("tools", json!([{"type": "web_search"}])),
    ] {
        let (status, error) = gate.refused(&changed(field, value)).await;
        assert_eq!(
            (status, &error["code"]),
            (400, &json!("unsupported_parameter")),
            "{field}"
        );
        assert_eq!(error["param"], field);
    }
    for (field, value) in [
        ("models", json!(null)),
        ("service_tier", json!("auto")),
        ("modalities", json!(["text"])),
        (
            "tools",
            json!([{"type": "function", "function": {"name": "f"}}]),
        ),
    ] {
        assert_eq!(gate.ask(&changed(field, value)).await.0, 200, "{field}");
    }
    assert_eq!(gate.lines().await.len(), 4);
}

/// What is missing is told; a request that is affordable is served.
async fn without_money(kind: Kind) {
    // Of say("test/plain"), 100 × $8 and at most 160 × $2 for a million tokens, and 20 %.
    let gate = Gate::with(kind, 1_500_000, |_| {}).await;
    assert_eq!(gate.ask(&say("test/plain", false)).await.0, 200);
    gate.ended().await;
    let (status, error) = gate.refused(&changed("max_tokens", json!(1_000))).await;
    assert_eq!(
        (status, &error["code"]),
        (402, &json!("insufficient_balance"))
    );
    assert_eq!(error["type"], "insufficient_quota");
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("$0.001428 are available"), "{message}");
    // As many answers as there may be are all held for.
    let (status, _) = gate.refused(&changed("n", json!(10))).await;
    assert_eq!(status, 402);
    // What an image takes its bytes do not tell: the whole context is held.
    let image = json!([{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://x/y.png"}}]}]);
    let (status, _) = gate.refused(&changed("messages", image)).await;
    assert_eq!(status, 402);
    assert_eq!(gate.lines().await.len(), 1);
    assert_eq!(gate.first.asked().len(), 1);
    assert_eq!(gate.balance().await, 1_500_000 - 72_000);
}

async fn beyond_the_limit(kind: Kind) {
    let gate = Gate::new(kind).await;
    let response = gate
        .post("/v1/chat/completions", &say("test/plain", false))
        .send()
        .await
        .unwrap();
    let header = |name: &str| {
        response.headers()[name]
            .to_str()
            .unwrap()
            .parse::<i64>()
            .unwrap()
    };
    let (limit, remaining) = (header("x-ratelimit-limit"), header("x-ratelimit-remaining"));
    assert_eq!(remaining, limit - 1);
    assert_eq!(
        header("x-ratelimit-reset"),
        super::NOW + 60 - super::NOW % 60
    );
    for _ in 0..remaining {
        let (status, text) = gate.ask(&say("test/plain", false)).await;
        assert_eq!(status, 200, "{text}");
    }
    let response = gate
        .post("/v1/chat/completions", &say("test/plain", false))
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 429);
    assert_eq!(response.headers()["x-ratelimit-remaining"], "0");
    assert_eq!(response.headers()["retry-after"], "60");
    let error = response.json::<Value>().await.unwrap()["error"].take();
    assert_eq!(
        (&error["code"], &error["type"]),
        (&json!("rate_limit_exceeded"), &json!("rate_limit_error"))
    );
    // In the next window.
    gate.clock.set(super::NOW + 60);
    assert_eq!(gate.ask(&say("test/plain", false)).await.0, 200);
    assert_eq!(
        gate.lines().await.len(),
        usize::try_from(limit).unwrap() + 1
    );
}

async fn without_a_key(kind: Kind) {
    let gate = Gate::new(kind).await;
    for (method, path) in [
        (Method::POST, "/v1/chat/completions"),
        (Method::POST, "/v1/embeddings"),
        (Method::GET, "/v1/models"),
        (Method::GET, "/v1/models/test%2Fmodel"),
    ] {
        let response = gate.server.request(method, path).send().await.unwrap();
        assert_eq!(response.status(), 401, "{path}");
        let error = response.json::<Value>().await.unwrap()["error"].take();
        assert_eq!(
            (&error["code"], &error["type"]),
            (&json!("unauthorized"), &json!("authentication_error"))
        );
    }
    assert_eq!(gate.first.asked().len(), 0);
}

/// Nothing was done, so nothing is charged; what is between the platform and the upstream stays there.
async fn what_the_upstream_refuses(kind: Kind) {
    let gate = Gate::new(kind).await;
    for (mode, status, code) in [
        ("status-400", 400, "upstream_refused"),
        ("status-401", 502, "upstream_failed"),
        ("status-402", 502, "upstream_failed"),
        ("status-403", 502, "upstream_failed"),
        ("status-404", 404, "upstream_refused"),
        ("status-413", 413, "upstream_refused"),
        ("status-422", 422, "upstream_refused"),
        ("status-429", 429, "upstream_busy"),
        ("status-500", 502, "upstream_failed"),
        ("status-503", 503, "upstream_busy"),
        ("error-body", 502, "upstream_failed"),
    ] {
        for stream in [false, true] {
            let (told, error) = gate.refused(&say(&format!("test/{mode}"), stream)).await;
            assert_eq!((told, &error["code"]), (status, &json!(code)), "{mode}");
            if ![400, 404, 413, 422, 500]
                .iter()
                .any(|s| mode.ends_with(&s.to_string()))
            {
                assert!(!error["message"].as_str().unwrap().contains(KEY));
            }
        }
    }
    assert_eq!(gate.lines().await, []);
    assert_eq!(gate.balance().await, 10 * USD);
}

async fn a_server_without_upstreams(kind: Kind) {
    let gate = Gate::with(kind, USD, |settings| settings.gateway.upstreams.clear()).await;
    let (status, error) = gate.refused(&say("test/plain", false)).await;
    assert_eq!((status, &error["code"]), (503, &json!("not_configured")));
    assert!(
        error["message"]
            .as_str()
            .unwrap()
            .contains("gateway.upstreams")
    );
}
