//! Operators change the prices.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{Gate, NOW, PLAIN, say};
use crate::support::{
    database::{Kind, on_both_databases},
    platform::answer,
    server::{ADMIN_KEY, TestServer},
    services,
    stand::eventually,
};

on_both_databases!(
    a_change_counts_at_once_and_is_written_down,
    a_request_under_way_keeps_its_prices,
    other_servers_follow,
    of_changes_at_the_same_time_one_is_whole,
    operators_alone,
    rules_that_cannot_be,
);

const PRICES: &str = "/admin/prices";

impl Gate {
    async fn operate(&self, method: Method, path: &str, body: Option<&Value>) -> (u16, Value) {
        let mut request = self.server.request(method, path).bearer_auth(ADMIN_KEY);
        if let Some(body) = body {
            request = request.json(body);
        }
        let (status, told) = answer(request).await;
        (status.as_u16(), told)
    }

    async fn prices(&self) -> Value {
        let (status, told) = self.operate(Method::GET, PRICES, None).await;
        assert_eq!(status, 200, "{told}");
        told
    }

    async fn set(&self, rules: &Value) -> (u16, Value) {
        self.operate(Method::PUT, PRICES, Some(rules)).await
    }

    /// The audit log, the oldest line first.
    async fn log(&self) -> Vec<Value> {
        let (_, log) = self.operate(Method::GET, "/admin/audit", None).await;
        let mut lines = log["entries"].as_array().unwrap().clone();
        lines.reverse();
        lines
    }
}

/// The rule of `name` at the first upstream.
fn rule<'a>(rules: &'a Value, name: &str) -> &'a Value {
    let mut all = rules["models"].as_array().unwrap().iter();
    all.find(|rule| rule["name"] == name && rule["upstream"] == "first")
        .unwrap()
}

/// `rules` where answers of `test/*` cost `completion` nano-USD for a million tokens.
fn at(rules: &Value, completion: u64) -> Value {
    let mut rules = rules.clone();
    for rule in rules["models"].as_array_mut().unwrap() {
        if rule["name"] == "test/*" {
            rule["completion_nano_usd"] = json!(completion);
        }
    }
    rules
}

async fn a_change_counts_at_once_and_is_written_down(kind: Kind) {
    let gate = Gate::new(kind).await;
    let was = gate.prices().await;
    assert_eq!(gate.ask(&say("test/plain", false)).await.0, 200);
    let mut dearer = at(&was, 16_000_000_000);
    let models = dearer["models"].as_array_mut().unwrap();
    models.retain(|rule| rule["name"] != "large/*");
    let mut new = rule(&was, "cost/*").clone();
    new["name"] = json!("new/*");
    models.push(new.clone());
    let (status, now) = gate.set(&dearer).await;
    assert_eq!(status, 200, "{now}");
    assert_eq!(gate.prices().await, now);
    assert_eq!(gate.ask(&say("test/plain", false)).await.0, 200);
    assert_eq!(gate.ask(&say("new/plain", false)).await.0, 200);
    assert_eq!(gate.ask(&say("large/plain", false)).await.0, 404);
    let charges: Vec<i64> = gate.lines().await.iter().map(|l| l.charge).collect();
    // 5 tokens of the answer at twice the price, and 20 % on them.
    assert_eq!(charges[..2], [PLAIN, PLAIN + 48_000]);
    assert_eq!(charges.len(), 3);

    // Only what is different stands in the log.
    let log = gate.log().await;
    assert_eq!(log.len(), 1, "{log:?}");
    let line = &log[0];
    assert_eq!(
        [&line["action"], &line["object"], &line["who"]],
        ["prices.changed", "models", "admin"]
    );
    assert_eq!(line["atUnix"], NOW);
    let pair =
        |rules: &Value, one: &str, other: &str| json!([rule(rules, one), rule(rules, other)]);
    assert_eq!(line["before"]["models"], pair(&was, "large/*", "test/*"));
    assert_eq!(line["after"]["models"], pair(&now, "new/*", "test/*"));

    // The same again is a change of nothing, and somebody's all the same.
    assert_eq!(gate.set(&now).await, (200, now));
    let log = gate.log().await;
    assert_eq!(log.len(), 2);
    let nothing = json!({ "models": [] });
    assert_eq!([&log[1]["before"], &log[1]["after"]], [&nothing, &nothing]);
}

async fn a_request_under_way_keeps_its_prices(kind: Kind) {
    let gate = Gate::new(kind).await;
    let dearer = at(&gate.prices().await, 16_000_000_000);
    let body = say("test/slow-first", false);
    let change = async {
        eventually("the upstream is asked", || async {
            (!gate.first.asked().is_empty()).then_some(())
        })
        .await;
        gate.set(&dearer).await
    };
    let ((status, text), (changed, _)) = tokio::join!(gate.ask(&body), change);
    assert_eq!((status.as_u16(), changed), (200, 200), "{text}");
    assert_eq!(gate.lines().await[0].charge, PLAIN);
}

/// A server that reads its own rules keeps them for some seconds.
async fn other_servers_follow(kind: Kind) {
    let gate = Gate::new(kind).await;
    let gateway = services::gateway(&gate.first, &gate.second, "");
    let other = TestServer::start(&gate.store.store, gate.clock.clone(), |settings| {
        settings.gateway = gateway;
        for upstream in &mut settings.gateway.upstreams {
            upstream.api_key_path = None;
        }
    })
    .await;
    let seen = async || {
        let request = other.request(Method::GET, PRICES).bearer_auth(ADMIN_KEY);
        let (status, rules) = answer(request).await;
        assert_eq!(status, StatusCode::OK, "{rules}");
        rules
    };
    let was = gate.prices().await;
    assert_eq!(seen().await, was);
    let (_, now) = gate.set(&at(&was, 16_000_000_000)).await;
    eventually("the other server has the new prices", || async {
        (seen().await == now).then_some(())
    })
    .await;
}

/// Lists without a rule in common: nothing of one is left in another, and each line of the log begins where
/// the one before it ended.
async fn of_changes_at_the_same_time_one_is_whole(kind: Kind) {
    let gate = Gate::new(kind).await;
    let was = gate.prices().await;
    let list = |name: &str| {
        let models: Vec<Value> = (0..20)
            .map(|n| {
                let mut one = rule(&was, "test/*").clone();
                one["name"] = json!(format!("{name}-{n:02}"));
                one
            })
            .collect();
        json!({ "models": models })
    };
    let lists: Vec<Value> = ["a", "b", "c", "d", "e", "f"].map(list).to_vec();
    let sent = futures_util::future::join_all(lists.iter().map(|rules| gate.set(rules))).await;
    for (status, told) in sent {
        assert_eq!(status, 200, "{told}");
    }
    let stored = gate
        .store
        .rows("SELECT SUBSTR(name, 1, 1), COUNT(*) FROM model_prices GROUP BY 1")
        .await;
    assert!(stored.len() == 1 && stored[0].1 == 20, "{stored:?}");
    let log = gate.log().await;
    assert_eq!(log.len(), 6);
    let mut ends: Vec<&Value> = log.iter().map(|line| &line["after"]).collect();
    ends.push(&was);
    for line in &log {
        let place = ends.iter().position(|end| *end == &line["before"]);
        ends.remove(place.expect("a line begins where another ended"));
    }
    // What nothing followed is what there is.
    assert_eq!(ends.len(), 1);
    assert_eq!(ends[0], &gate.prices().await);
}

async fn operators_alone(kind: Kind) {
    let gate = Gate::new(kind).await;
    let was = gate.prices().await;
    let dearer = at(&was, 16_000_000_000);
    for key in ["", "wrong-key-0123456789", &gate.customer.key] {
        for method in [Method::GET, Method::PUT] {
            let request = gate.server.request(method, PRICES).bearer_auth(key);
            let (status, refusal) = answer(request.json(&dearer)).await;
            assert_eq!(
                (status.as_u16(), refusal["code"].as_str()),
                (401, Some("unauthorized"))
            );
        }
    }
    assert_eq!(gate.prices().await, was);
    assert!(gate.log().await.is_empty());
}

async fn rules_that_cannot_be(kind: Kind) {
    let gate = Gate::new(kind).await;
    let was = gate.prices().await;
    let good = rule(&was, "cost/*").clone();
    let with = |name: &str, value: Value| {
        let mut rule = good.clone();
        rule[name] = value;
        json!({ "models": [rule] })
    };
    for (body, code) in [
        (json!({ "models": [] }), "invalid_rules"),
        (json!({ "models": [good, good] }), "invalid_rules"),
        (json!({ "models": vec![&good; 5_001] }), "invalid_rules"),
        (with("name", json!("a**")), "invalid_rules"),
        (with("name", json!("a\u{0}")), "invalid_rules"),
        (with("upstream", json!("")), "invalid_rules"),
        (with("priority", json!(1_001)), "invalid_rules"),
        (with("max_output_tokens", json!(0)), "invalid_rules"),
        (with("markup_bps", json!(1_000_001)), "invalid_rules"),
        (
            with("cached_nano_usd", json!(2_000_000_001u64)),
            "invalid_rules",
        ),
        (with("prompt_nano_usd", json!(0.5)), "invalid_body"),
        (with("prompt_nano_usd", json!(-1)), "invalid_body"),
        (with("price", json!(1)), "invalid_body"),
        (json!({}), "invalid_body"),
    ] {
        let (status, refusal) = gate.set(&body).await;
        assert_eq!((status, refusal["code"].as_str()), (422, Some(code)));
    }
    let put = || {
        let request = gate.server.request(Method::PUT, PRICES);
        request.bearer_auth(ADMIN_KEY)
    };
    let json = "application/json";
    for (content_type, body, status, code) in [
        (json, "{".to_owned(), 400, "invalid_body"),
        ("text/plain", was.to_string(), 415, "not_json"),
        (json, " ".repeat(2 * 1024 * 1024 + 1), 413, "body_too_large"),
    ] {
        let request = put().header("content-type", content_type).body(body);
        let (answered, refusal) = answer(request).await;
        assert_eq!(
            (answered.as_u16(), refusal["code"].as_str()),
            (status, Some(code))
        );
    }
    assert_eq!(gate.prices().await, was);
    assert!(gate.log().await.is_empty());
    // Nothing of the operators' is for whoever stands in front of the gateway.
    assert!(gate.first.asked().is_empty() && gate.second.asked().is_empty());
}
