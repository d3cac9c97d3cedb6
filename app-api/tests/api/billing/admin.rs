//! Plans as data, and who changed them.

use reqwest::Method;
use serde_json::{Value, json};

use super::Shop;
use crate::support::{
    database::{Kind, on_both_databases},
    server::TestServer,
};

on_both_databases!(
    the_catalogues_are_data,
    a_change_is_a_version_and_a_line,
    changes_that_cannot_be,
    operators_only,
    a_server_that_sells_nothing,
);

async fn plan(shop: &Shop, id: &str) -> Value {
    let (status, all) = shop.admin(Method::GET, "/admin/plans", &Value::Null).await;
    assert_eq!(status, 200, "{all}");
    let found = all["plans"]
        .as_array()
        .unwrap()
        .iter()
        .find(|p| p["plan"] == id);
    found.cloned().unwrap_or_default()
}

async fn the_catalogues_are_data(kind: Kind) {
    let shop = Shop::open(kind).await;
    for (id, cents, systems, calls, overage, days) in [
        ("free", 0, json!(1), 1_000, Value::Null, 7),
        ("pro", 9_900, json!(10), 100_000, json!("500000000"), 30),
        (
            "enterprise",
            49_900,
            Value::Null,
            10_000_000,
            json!("100000000"),
            365,
        ),
    ] {
        let terms = plan(&shop, id).await["terms"].clone();
        assert_eq!(terms["priceCents"], cents);
        assert_eq!(
            (&terms["systems"], &terms["includedCalls"]),
            (&systems, &json!(calls))
        );
        assert_eq!(
            (&terms["overagePerThousandNanoUsd"], &terms["historyDays"]),
            (&overage, &json!(days))
        );
    }
    assert_eq!(
        plan(&shop, "pro").await["terms"]["features"],
        json!(["alerts", "webhooks"])
    );
    for (id, cents) in [
        ("sandbox_free", 0),
        ("sandbox_starter", 4_900),
        ("sandbox_team", 14_900),
        ("sandbox_scale", 50_000),
    ] {
        let terms = plan(&shop, id).await["terms"].clone();
        assert_eq!(
            (&terms["catalogue"], &terms["priceCents"]),
            (&json!("sandbox"), &json!(cents))
        );
        assert!(terms["sandbox"]["hours"].as_i64().unwrap() > 0);
    }
}

async fn a_change_is_a_version_and_a_line(kind: Kind) {
    let shop = Shop::open(kind).await;
    let was = plan(&shop, "pro").await;
    let mut terms = was["terms"].clone();
    terms["includedCalls"] = json!(200_000);
    let change = json!({ "plan": "pro", "replaces": 1, "terms": terms });
    let sent = futures_util::future::join_all(
        (0..6).map(|_| shop.admin(Method::PUT, "/admin/plans", &change)),
    )
    .await;
    let mut answers: Vec<u16> = sent.iter().map(|(status, _)| status.as_u16()).collect();
    answers.sort_unstable();
    assert_eq!(answers, [200, 409, 409, 409, 409, 409]);
    let now = plan(&shop, "pro").await;
    assert_eq!((&now["version"], &now["terms"]), (&json!(2), &terms));
    let new = json!({ "plan": "team", "replaces": 0, "terms": terms });
    assert_eq!(shop.admin(Method::PUT, "/admin/plans", &new).await.0, 200);
    let (_, log) = shop.admin(Method::GET, "/admin/audit", &Value::Null).await;
    let entries = log["entries"].as_array().unwrap();
    assert_eq!(entries.len(), 2);
    let of_pro = entries.iter().find(|e| e["object"] == "pro").unwrap();
    assert_eq!(
        (&of_pro["who"], &of_pro["action"]),
        (&json!("admin"), &json!("plan.changed"))
    );
    assert_eq!((&of_pro["before"], &of_pro["after"]), (&was, &now));
    assert_eq!(of_pro["atUnix"], super::NOW);
    let of_team = entries.iter().find(|e| e["object"] == "team").unwrap();
    assert_eq!(of_team["before"], Value::Null);
    // Line by line.
    let (_, first) = shop
        .admin(Method::GET, "/admin/audit?limit=1", &Value::Null)
        .await;
    let next = first["next"].as_str().unwrap();
    let (_, second) = shop
        .admin(
            Method::GET,
            &format!("/admin/audit?limit=1&before={next}"),
            &Value::Null,
        )
        .await;
    assert_eq!(
        json!([first["entries"][0], second["entries"][0]]),
        log["entries"]
    );
}

async fn changes_that_cannot_be(kind: Kind) {
    let shop = Shop::open(kind).await;
    let terms = plan(&shop, "pro").await["terms"].clone();
    let changed = |name: &str, value: Value| {
        let mut terms = terms.clone();
        terms[name] = value;
        json!({ "plan": "pro", "replaces": 1, "terms": terms })
    };
    for (body, status, code) in [
        (
            json!({ "plan": "pro", "replaces": 7, "terms": terms }),
            409,
            "version_conflict",
        ),
        (
            json!({ "plan": "PRO", "replaces": 0, "terms": terms }),
            422,
            "invalid_plan",
        ),
        (changed("priceCents", json!(-1)), 422, "invalid_plan"),
        (changed("name", json!("<script>")), 422, "invalid_plan"),
        (changed("features", json!(["A B"])), 422, "invalid_plan"),
        (changed("requestsPerMinute", json!(0)), 422, "invalid_plan"),
        (
            changed("catalogue", json!("sandbox")),
            422,
            "catalogue_fixed",
        ),
        (
            changed("overagePerThousandNanoUsd", json!(5)),
            422,
            "invalid_body",
        ),
        (
            changed("overagePerThousandNanoUsd", json!("-5")),
            422,
            "invalid_plan",
        ),
        (changed("colour", json!("red")), 422, "invalid_body"),
    ] {
        let (answered, refusal) = shop.admin(Method::PUT, "/admin/plans", &body).await;
        assert_eq!(
            (answered.as_u16(), refusal["code"].as_str()),
            (status, Some(code)),
            "{body}: {refusal}"
        );
    }
    let (_, log) = shop.admin(Method::GET, "/admin/audit", &Value::Null).await;
    assert_eq!(log["entries"], json!([]));
}

async fn operators_only(kind: Kind) {
    let shop = Shop::open(kind).await;
    for (method, path) in [
        (Method::GET, "/admin/plans"),
        (Method::PUT, "/admin/plans"),
        (Method::GET, "/admin/audit"),
        (Method::POST, "/admin/refunds"),
    ] {
        for key in ["", "wrong-key-0123456789", &shop.customer.key] {
            let request = shop.server.request(method.clone(), path).bearer_auth(key);
            assert_eq!(request.send().await.unwrap().status(), 401, "{path} {key}");
        }
    }
}

async fn a_server_that_sells_nothing(kind: Kind) {
    let shop = Shop::open(kind).await;
    let server = TestServer::start(&shop.store.store, shop.clock.clone(), |s| {
        s.platform.admin_key_path = None
    })
    .await;
    let customer = &shop.customer;
    for (request, key) in [
        (
            customer
                .request(&server, Method::POST, "/api/billing/checkout")
                .json(&json!({ "pack": "small" })),
            "success_url",
        ),
        (
            customer
                .request(&server, Method::POST, "/api/billing/subscription")
                .json(&json!({ "plan": "pro" })),
            "success_url",
        ),
        (
            server.request(Method::POST, "/webhooks/stripe").body("{}"),
            "webhook_secret_path",
        ),
        (
            server
                .request(Method::GET, "/admin/plans")
                .bearer_auth("any"),
            "admin_key_path",
        ),
    ] {
        let (status, refusal) = crate::support::platform::answer(request).await;
        assert_eq!(
            (status.as_u16(), refusal["code"].as_str()),
            (503, Some("not_configured")),
            "{key}"
        );
        assert!(
            refusal["message"].as_str().unwrap().contains(key),
            "{refusal}"
        );
    }
    // What there is can be seen all the same.
    let request = customer.request(&server, Method::GET, "/api/billing");
    assert_eq!(request.send().await.unwrap().status(), 200);
}
