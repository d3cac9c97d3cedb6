//! Alerts: for plans that have them, once for each crossing.

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use super::{ask, batch, delete, measured, open, post, rule, system};
use crate::{
    billing::{NOW, Shop},
    support::{
        database::{Kind, on_both_databases},
        platform::{Customer, answer},
    },
};

on_both_databases!(
    plans_without_them_have_none,
    a_rule_changes_its_state_once_for_each_crossing,
    rules_that_cannot_be,
);

async fn states(shop: &Shop, system: &str) -> Vec<(String, f64)> {
    let page = shop.get_ok(&format!("{system}/alert-events")).await;
    let events = page["events"].as_array().unwrap().iter();
    events
        .map(|e| {
            (
                e["state"].as_str().unwrap().to_owned(),
                e["value"].as_f64().unwrap(),
            )
        })
        .collect()
}

async fn plans_without_them_have_none(kind: Kind) {
    let shop = open(kind).await;
    let path = system(&shop, "one").await;
    let rule = json!({ "metric": "t", "condition": "above", "threshold": 1 });
    let hook = json!({ "url": "https://customer.example/hook" });
    let id = "wh_0193f0c4a1b27c3e8d4f5a6b7c8d9e0f";
    for (method, path, body) in [
        (Method::POST, format!("{path}/alerts"), rule),
        (Method::GET, format!("{path}/alerts"), Value::Null),
        (Method::GET, format!("{path}/alert-events"), Value::Null),
        (Method::POST, "/api/webhooks".to_owned(), hook),
        (Method::GET, "/api/webhooks".to_owned(), Value::Null),
        (
            Method::POST,
            format!("/api/webhooks/{id}/rotate"),
            Value::Null,
        ),
        (
            Method::GET,
            format!("/api/webhooks/{id}/deliveries"),
            Value::Null,
        ),
    ] {
        let (status, refusal) = ask(&shop, &shop.customer, method, &path, &body).await;
        let told = (status, &refusal["code"]);
        assert_eq!(told, (403, &json!("feature_not_in_plan")), "{path}");
        assert!(refusal["message"].as_str().unwrap().contains("PRO"));
    }
}

async fn a_rule_changes_its_state_once_for_each_crossing(kind: Kind) {
    let shop = open(kind).await;
    shop.subscribe("pro").await;
    let path = system(&shop, "one").await;
    let id = rule(&shop, &path, 2).await;
    let state = async || shop.get_ok(&format!("{path}/alerts")).await["rules"][0]["state"].clone();
    measured(&shop, &path, &batch("b1", "t", NOW, &[81.0, 79.0, 82.0])).await;
    assert_eq!(state().await, "ok");
    // The second in a row comes with the next batch, sent more than once.
    let second = batch("b2", "t", NOW + 3, &[83.0, 84.0]);
    for _ in 0..3 {
        measured(&shop, &path, &second).await;
    }
    assert_eq!(state().await, "firing");
    let fired = ("firing".to_owned(), 83.0);
    assert_eq!(states(&shop, &path).await, std::slice::from_ref(&fired));
    // Late points and other names say nothing.
    measured(&shop, &path, &batch("b3", "t", NOW - 60, &[1.0])).await;
    measured(&shop, &path, &batch("b4", "u", NOW + 10, &[1.0])).await;
    assert_eq!(state().await, "firing");
    measured(&shop, &path, &batch("b5", "t", NOW + 10, &[80.0])).await;
    assert_eq!(state().await, "ok");
    let ended = ("ok".to_owned(), 80.0);
    assert_eq!(states(&shop, &path).await, [ended, fired]);
    // Batches that come together change it once.
    join_all((0..8).map(|n| {
        let request = shop
            .customer
            .request(&shop.server, Method::POST, &format!("{path}/metrics"));
        answer(request.json(&batch(&format!("c{n}"), "t", NOW + 20, &[90.0])))
    }))
    .await;
    assert_eq!(states(&shop, &path).await.len(), 3);
    // A rule that is deleted leaves what happened.
    let path_of_rule = format!("{path}/alerts/{id}");
    assert_eq!(delete(&shop, &path_of_rule).await.0, 204);
    let (status, refusal) = delete(&shop, &path_of_rule).await;
    assert_eq!((status, &refusal["code"]), (404, &json!("no_such_rule")));
    assert_eq!(states(&shop, &path).await.len(), 3);
    let page = shop.get_ok(&format!("{path}/alert-events?limit=2")).await;
    let next = page["nextCursor"].as_str().unwrap();
    let rest = shop
        .get_ok(&format!("{path}/alert-events?limit=2&cursor={next}"))
        .await;
    assert_eq!(rest["events"].as_array().unwrap().len(), 1);
}

async fn rules_that_cannot_be(kind: Kind) {
    let shop = open(kind).await;
    shop.subscribe("pro").await;
    let path = system(&shop, "one").await;
    let alerts = format!("{path}/alerts");
    let rule = |condition: &str, threshold: Value, consecutive: i64| json!({ "metric": "t", "condition": condition, "threshold": threshold, "consecutive": consecutive });
    for (body, code) in [
        (rule("above", json!(1), 0), "invalid_consecutive"),
        (rule("above", json!(1), 1_001), "invalid_consecutive"),
        (rule("beside", json!(1), 1), "invalid_body"),
        (rule("above", json!("1"), 1), "invalid_body"),
        (
            json!({ "metric": "a b", "condition": "below", "threshold": 1 }),
            "invalid_name",
        ),
    ] {
        let (status, refusal) = post(&shop, &alerts, &body).await;
        assert_eq!((status, &refusal["code"]), (422, &json!(code)), "{body}");
    }
    // Fifty, though asked for at the same time, and another's system has none.
    let answers = join_all((0..60).map(|_| {
        let request = shop.customer.request(&shop.server, Method::POST, &alerts);
        answer(request.json(&rule("below", json!(1), 1)))
    }))
    .await;
    let made = answers.iter().filter(|(status, _)| *status == 201).count();
    assert_eq!(made, 50);
    let refused = answers
        .iter()
        .filter(|(_, body)| body["code"] == "too_many_rules");
    assert_eq!(refused.count(), 10);
    let eve = Customer::new(&shop.server).await;
    let (status, _) = ask(&shop, &eve, Method::GET, &path, &Value::Null).await;
    assert_eq!(status, 404);
}
