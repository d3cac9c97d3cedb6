//! Another upstream is asked only where the first can have done nothing.

use serde_json::json;

use super::{Gate, Line, PLAIN, USD, say};
use crate::support::{
    database::{Kind, on_both_databases},
    upstream,
};

on_both_databases!(
    the_next_is_asked_when_the_first_has_no_time,
    the_next_is_asked_when_nobody_is_there,
    nobody_else_is_asked_for_what_may_have_been_done,
    all_refuse,
);

async fn the_next_is_asked_when_the_first_has_no_time(kind: Kind) {
    let gate = Gate::new(kind).await;
    for stream in [false, true] {
        for model in ["two/status-429", "two/status-503"] {
            assert_eq!(gate.ask(&say(model, stream)).await.0, 200, "{model}");
        }
    }
    assert_eq!(gate.ask(&say("two/plain", false)).await.0, 200);
    assert_eq!(
        (gate.first.asked().len(), gate.second.asked().len()),
        (5, 4)
    );
    assert_eq!(gate.second.asked()[0]["model"], "test/plain");
    for line in gate.lines().await {
        // By the prices of who answered: 10 × $4 and 5 × $8, and 20 %.
        let charge = if line.sku == "two/plain" {
            PLAIN
        } else {
            96_000
        };
        assert_eq!((line.charge, line.tokens), (charge, (10, 0, 5)));
    }
}

async fn the_next_is_asked_when_nobody_is_there(kind: Kind) {
    let nobody = upstream::nobody().await;
    let gate = Gate::with(kind, USD, |s| s.gateway.upstreams[0].base_url = nobody).await;
    assert_eq!(gate.ask(&say("two/plain", true)).await.0, 200);
    let (status, error) = gate.refused(&say("test/plain", true)).await;
    assert_eq!(
        (status, &error["code"]),
        (503, &json!("upstream_unreachable"))
    );
    assert_eq!(gate.lines().await.len(), 1);
}

/// It was asked: what it may have done is charged by an estimate of the prompt.
async fn nobody_else_is_asked_for_what_may_have_been_done(kind: Kind) {
    let hanging_up = upstream::hanging_up().await;
    let gate = Gate::with(kind, USD, |s| s.gateway.upstreams[0].base_url = hanging_up).await;
    let (status, error) = gate.refused(&say("two/plain", true)).await;
    assert_eq!((status, &error["code"]), (502, &json!("upstream_lost")));

    let silent = Gate::new(kind).await;
    for (model, code) in [
        ("two/never", "upstream_lost"),
        ("two/page", "upstream_lost"),
        ("two/cut", "upstream_lost"),
    ] {
        let (status, error) = silent.refused(&say(model, false)).await;
        assert_eq!((status, &error["code"]), (502, &json!(code)), "{model}");
    }
    let (status, _) = silent.refused(&say("two/status-500", false)).await;
    assert_eq!(status, 502);

    for (gate, count) in [(&gate, 1), (&silent, 3)] {
        let lines = gate.lines().await;
        assert_eq!(lines.len(), count);
        for Line {
            charge,
            tokens,
            estimated,
            ..
        } in lines
        {
            assert!(
                estimated && charge > 0 && tokens.0 > 0 && tokens.2 == 0,
                "{tokens:?}"
            );
        }
        assert_eq!(gate.second.asked().len(), 0);
    }
}

async fn all_refuse(kind: Kind) {
    let nobody = upstream::nobody().await;
    let gate = Gate::with(kind, USD, |s| s.gateway.upstreams[1].base_url = nobody).await;
    let (status, error) = gate.refused(&say("two/status-429", false)).await;
    assert_eq!(
        (status, &error["code"]),
        (503, &json!("upstream_unreachable"))
    );
    assert_eq!(gate.lines().await, []);
    assert_eq!(gate.balance().await, USD);
}
