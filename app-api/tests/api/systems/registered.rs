//! Systems: as many as the plan has, and nobody else's.

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use super::{ask, batch, delete, open, post, serve, system};
use crate::support::{
    database::{Kind, on_both_databases},
    platform::{Customer, answer},
};

on_both_databases!(
    a_system_is_made_renamed_and_deleted,
    as_many_as_the_plan_has_at_the_same_time,
    anothers_system_is_as_none,
);

async fn a_system_is_made_renamed_and_deleted(kind: Kind) {
    let shop = open(kind).await;
    let path = system(&shop, " Pump 7 ").await;
    let shown = shop.get_ok(&path).await;
    assert_eq!(shown["name"], "Pump 7");
    let name = json!({ "name": "Pump 8" });
    let (status, renamed) = ask(&shop, &shop.customer, Method::PATCH, &path, &name).await;
    assert_eq!((status, &renamed["name"]), (200, &json!("Pump 8")));
    let listed = shop.get_ok("/api/systems").await;
    assert_eq!(listed, json!({ "systems": [renamed], "nextCursor": null }));
    for (body, code) in [
        (json!({ "name": " " }), "invalid_name"),
        (json!({ "nam": "x" }), "invalid_body"),
    ] {
        let (status, refusal) = post(&shop, "/api/systems", &body).await;
        assert_eq!((status, &refusal["code"]), (422, &json!(code)));
    }
    assert_eq!(delete(&shop, &path).await.0, 204);
    for method in [Method::GET, Method::DELETE] {
        let (status, refusal) = ask(&shop, &shop.customer, method, &path, &Value::Null).await;
        assert_eq!((status, &refusal["code"]), (404, &json!("no_such_system")));
    }
    // It made room.
    system(&shop, "next").await;
}

async fn as_many_as_the_plan_has_at_the_same_time(kind: Kind) {
    let shop = open(kind).await;
    system(&shop, "one").await;
    let (status, refusal) = post(&shop, "/api/systems", &json!({ "name": "two" })).await;
    assert_eq!((status, &refusal["code"]), (403, &json!("plan_limit")));
    assert!(refusal["message"].as_str().unwrap().contains("PRO"));

    shop.subscribe("pro").await;
    let beside = serve(&shop.store, &shop.clock, &shop.stripe, 1_000).await;
    let answers = join_all((0..30).map(|n| {
        let server = if n % 2 == 0 { &shop.server } else { &beside };
        let request = shop.customer.request(server, Method::POST, "/api/systems");
        answer(request.json(&json!({ "name": format!("s{n}") })))
    }))
    .await;
    let made = answers.iter().filter(|(status, _)| *status == 201).count();
    assert_eq!(made, 9, "{answers:?}");
    let refused = answers.iter().filter(|(status, body)| {
        let named = body["message"].as_str().unwrap_or_default();
        *status == 403 && body["code"] == "plan_limit" && named.contains("ENTERPRISE")
    });
    assert_eq!(refused.count(), 21);
    // Pages of all of them, each once, the newest first.
    let mut seen = Vec::new();
    let mut path = "/api/systems?limit=4".to_owned();
    loop {
        let page = shop.get_ok(&path).await;
        let ids = page["systems"].as_array().unwrap().iter();
        seen.extend(ids.map(|system| system["id"].as_str().unwrap().to_owned()));
        let Some(cursor) = page["nextCursor"].as_str() else {
            break;
        };
        path = format!("/api/systems?limit=4&cursor={cursor}");
    }
    assert_eq!(seen.len(), 10);
    assert!(seen.is_sorted_by(|a, b| a > b));
    for query in ["limit=0", "limit=201", "cursor=x", "cursor=%00", "page=1"] {
        let (status, _) = shop.get(&format!("/api/systems?{query}")).await;
        assert_eq!(status, 400, "{query}");
    }
}

async fn anothers_system_is_as_none(kind: Kind) {
    let shop = open(kind).await;
    shop.subscribe("pro").await;
    let path = system(&shop, "hers").await;
    let rule = super::rule(&shop, &path, 1).await;
    let eve = Customer::new(&shop.server).await;
    let none = "/api/systems/sys_0193f0c4a1b27c3e8d4f5a6b7c8d9e0f";
    let points = batch("b", "t", crate::billing::NOW, &[1.0]);
    for (method, more, body) in [
        (Method::GET, "", Value::Null),
        (Method::PATCH, "", json!({ "name": "mine" })),
        (Method::DELETE, "", Value::Null),
        (Method::POST, "/metrics", points),
        (Method::GET, "/metrics", Value::Null),
        (Method::DELETE, &*format!("/alerts/{rule}"), Value::Null),
    ] {
        let theirs = ask(&shop, &eve, method.clone(), &format!("{path}{more}"), &body).await;
        let nobodys = ask(&shop, &eve, method, &format!("{none}{more}"), &body).await;
        assert_eq!(theirs, nobodys, "{more}");
        assert_eq!(
            (theirs.0, &theirs.1["code"]),
            (404, &json!("no_such_system"))
        );
    }
    for odd in [
        "x",
        "%00",
        "%FF",
        "sys_",
        "SYS_0193f0c4a1b27c3e8d4f5a6b7c8d9e0f",
    ] {
        let (status, _) = shop.get(&format!("/api/systems/{odd}")).await;
        assert_eq!(status, 404, "{odd}");
    }
    assert_eq!(shop.get_ok(&path).await["name"], "hers");
}
