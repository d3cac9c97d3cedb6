//! What makes no sense is refused, with a word on what to do.

use primis_keeper::revenue::{RevenueError, Stripe};
use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use crate::server::{KEY, NOW, STRETCH, ask, config, dated, ok, page, transaction};

#[tokio::test]
async fn nonsense_is_refused_and_named() {
    let good = || transaction("txn_1", STRETCH.from + 9, "charge", 1_000);
    let with = |key: &str, value: Value| {
        let mut changed = good();
        changed[key] = value;
        ok(page(&[changed], false))
    };
    let older = transaction("txn_2", STRETCH.from, "charge", 1_000);
    let hundred_and_one: Vec<Value> = (0..101)
        .map(|n| transaction(&format!("txn_{n}"), STRETCH.from, "charge", 1))
        .collect();
    for (response, named) in [
        (with("currency", json!("eur")), "usd only"),
        (with("net", json!(1_000)), "another number"),
        (with("created", json!(STRETCH.to)), "was not asked for"),
        (
            with("created", json!(STRETCH.from - 1)),
            "was not asked for",
        ),
        (
            with("reporting_category", json!("other_adjustment")),
            "ignored_categories",
        ),
        (with("reporting_category", Value::Null), "invalid type"),
        (with("type", json!("payout")), "nothing was sold"),
        (with("object", json!("charge")), "is a \"charge\""),
        (with("amount", json!(10.5)), "invalid type"),
        (with("amount", json!("1000")), "invalid type"),
        (with("amount", json!(1e30)), "invalid type"),
        (ok(page(&[good(), good()], false)), "comes twice"),
        (ok(page(&[older, good()], false)), "out of order"),
        (ok(page(&[], true)), "empty page"),
        (ok(page(&hundred_and_one, false)), "a page of 101"),
        (
            ok(json!({"object": "balance_transaction", "data": [], "has_more": false})),
            "instead of a list",
        ),
        (ok(json!({"data": []})), "missing field"),
        (ok(json!([])), "invalid"),
    ] {
        let error = ask(response).await.unwrap_err();
        assert!(
            matches!(error, RevenueError::Malformed { .. }),
            "{named}: {error:?}"
        );
        assert!(error.to_string().contains(named), "{named}: {error}");
        assert!(!error.is_transient());
    }
    for body in [
        "",
        "<html>Sorry</html>",
        "{\"object\":\"list\",\"data\":[{\"id\":\"txn",
    ] {
        let html = dated(ResponseTemplate::new(200).set_body_string(body), NOW);
        let error = ask(html).await.unwrap_err();
        assert!(matches!(error, RevenueError::Malformed { .. }), "{error:?}");
    }
    let endless = dated(
        ResponseTemplate::new(200).set_body_string("x".repeat(5_000_000)),
        NOW,
    );
    let error = ask(endless).await.unwrap_err();
    assert!(error.to_string().contains("longer than"), "{error}");
}

#[tokio::test]
async fn the_same_page_again_and_again_is_refused() {
    let data = [transaction("txn_1", STRETCH.from, "charge", 1_000)];
    let error = ask(ok(page(&data, true))).await.unwrap_err();
    assert!(error.to_string().contains("comes twice"), "{error}");
}

#[tokio::test]
async fn amounts_beyond_what_can_be_counted_are_refused() {
    let huge = |id: &str| {
        let mut t = transaction(id, STRETCH.from, "charge", 30);
        t["amount"] = json!(i64::MAX);
        t["net"] = json!(i64::MAX - 30);
        t
    };
    let error = ask(ok(page(&[huge("txn_1")], false))).await.unwrap_err();
    assert!(error.to_string().contains("nine billion"), "{error}");
}

#[tokio::test]
async fn a_wrong_key_needs_a_person() {
    for status in [400, 401, 403] {
        let body = json!({"error": {"message": "Invalid API Key provided: rk_live_****6789", "type": "invalid_request_error"}});
        let error = ask(ResponseTemplate::new(status).set_body_json(body))
            .await
            .unwrap_err();
        assert!(!error.is_transient(), "{error}");
        let text = error.to_string();
        assert!(
            text.contains("api_key_path") && !text.contains(KEY),
            "{text}"
        );
    }
    let redirect = ResponseTemplate::new(302).insert_header("location", "http://127.0.0.1:1/");
    let error = ask(redirect).await.unwrap_err();
    assert!(
        matches!(error, RevenueError::Status { status: 302, .. }),
        "{error:?}"
    );
}

#[test]
fn mistakes_of_configuration_are_found_before_anything_is_sent() {
    let new =
        |key: &str, more: Value| Stripe::new(&config("https://api.stripe.com", more), key.into());
    assert!(new(KEY, json!({})).is_ok());
    assert!(!format!("{:?}", new(KEY, json!({}))).contains(KEY));
    assert!(new("rk_test_1", json!({"test_mode": true})).is_ok());
    for (key, more, named) in [
        ("rk_test_1", json!({}), "test mode"),
        (KEY, json!({"test_mode": true}), "test mode"),
        ("rk live", json!({}), "header"),
        (KEY, json!({"categories": []}), "empty"),
        (KEY, json!({"categories": ["charge", "payout"]}), "payout"),
        (
            KEY,
            json!({"url": "ftp://stripe.com"}),
            "revenue.stripe.url",
        ),
        (
            KEY,
            json!({"url": "mailto:a@example.org"}),
            "revenue.stripe.url",
        ),
    ] {
        let error = new(key, more).unwrap_err();
        assert!(
            matches!(error, RevenueError::Config(_)) && error.to_string().contains(named),
            "{error}"
        );
    }
}
