//! What deliveries are signed with is told once, and nowhere else: not in the database, the log, or a refusal.

use serde_json::{Value, json};

use super::{batch, delivery, measured, open, post, rule, system, webhook};
use crate::{
    billing::NOW,
    support::{
        database::{Kind, on_both_databases},
        logs::logged,
        receiver::{Answer, Receiver},
        server::KEY_PEPPER,
    },
};

on_both_databases!(signing_secrets_are_written_down_nowhere);

async fn signing_secrets_are_written_down_nowhere(kind: Kind) {
    let ((secrets, told, dump), log) = logged(move || used(kind)).await;
    assert!(dump.contains("webhook_deliveries") && log.contains("TRACE"));
    for secret in secrets.iter().map(String::as_str).chain([KEY_PEPPER]) {
        let bare = secret.trim_start_matches("whsec_");
        for (place, text) in [("database", &dump), ("log", &log), ("answers", &told)] {
            assert!(!text.contains(bare), "a secret is in the {place}");
        }
    }
}

async fn used(kind: Kind) -> (Vec<String>, String, String) {
    let shop = open(kind).await;
    shop.subscribe("pro").await;
    let path = system(&shop, "one").await;
    rule(&shop, &path, 1).await;
    let receiver = Receiver::start().await;
    receiver.answers([Answer::Status(500), Answer::Drop]);
    let (hook, first) = webhook(&shop, &receiver.url).await;
    let (_, rotated) = post(&shop, &format!("{hook}/rotate"), &Value::Null).await;
    let second = rotated["secret"].as_str().unwrap().to_owned();
    measured(&shop, &path, &batch("b", "t", NOW, &[99.0])).await;
    for (attempt, status, after) in [(1, json!(500), 100), (2, Value::Null, 1_000)] {
        // It has ended: one under way tells the status and error of the one before.
        delivery(&shop, &hook, |d| {
            d["attempts"] == attempt && d["lastStatus"] == status && d["lastError"] != Value::Null
        })
        .await;
        shop.at(NOW + after);
    }
    delivery(&shop, &hook, |d| d["state"] == "delivered").await;
    let mut told = String::new();
    for path in [
        "/api/webhooks",
        &hook,
        &format!("{hook}/deliveries"),
        "/api/account",
    ] {
        told.push_str(&shop.get(path).await.1.to_string());
    }
    // A secret in the wrong place is not said back.
    let wrong = json!({ "url": &second, "events": [&first] });
    told.push_str(&post(&shop, "/api/webhooks", &wrong).await.1.to_string());
    (vec![first, second], told, shop.store.dump().await)
}
