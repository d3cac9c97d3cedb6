//! The OpenAPI document and the page to read it.

use std::path::Path;

use reqwest::Method;
use serde_json::Value;

use crate::support::{
    database::{self, Kind},
    server::{ManualClock, TestServer},
    vault::BORN,
};

const COMMITTED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json");

/// The committed document is the one the routes give; `UPDATE_OPENAPI=1` writes it.
#[test]
fn the_committed_document_is_up_to_date() {
    let document = primis_app_api::http::document();
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        let text = document.to_pretty_json().unwrap();
        std::fs::write(Path::new(COMMITTED), text + "\n").unwrap();
    }
    let committed = std::fs::read_to_string(COMMITTED).unwrap_or_default();
    // Compared by content: the order of an example's keys depends on what else is built.
    let committed: Value = serde_json::from_str(&committed).unwrap_or_default();
    assert!(
        committed == serde_json::to_value(&document).unwrap(),
        "app-api/openapi.json is not what the routes give; write it anew and commit it:\n  \
         UPDATE_OPENAPI=1 cargo test -p primis-app-api --test api the_committed_document"
    );
}

fn document() -> Value {
    serde_json::to_value(primis_app_api::http::document()).unwrap()
}

/// Everything named in the document, with what is said of it.
fn operations(document: &Value) -> Vec<(String, &Value)> {
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            found.push((format!("{method} {path}"), operation));
        }
    }
    assert!(found.len() >= 15, "{found:?}");
    found
}

#[test]
fn every_operation_is_described() {
    let document = document();
    assert_eq!(document["openapi"], "3.1.0");
    let tags: Vec<&Value> = document["tags"].as_array().unwrap().iter().collect();
    let mut names = Vec::new();
    for (name, operation) in operations(&document) {
        for field in ["summary", "description", "operationId"] {
            let text = operation[field].as_str().unwrap_or_default();
            assert!(!text.is_empty(), "{name} has no {field}");
        }
        names.push(operation["operationId"].as_str().unwrap());
        let tag = &operation["tags"][0];
        assert!(
            tags.iter().any(|known| known["name"] == *tag),
            "{name}: tag {tag} is not described"
        );
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            assert!(parameter["description"].is_string(), "{name}: {parameter}");
        }
    }
    let all = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), all, "an operationId is there twice");
}

/// A refusal has the one form, and its codes are listed.
#[test]
fn every_refusal_lists_its_codes() {
    let document = document();
    for (name, operation) in operations(&document) {
        for (status, response) in operation["responses"].as_object().unwrap() {
            // These two have a form of their own, with more in it.
            let own = [("get /readyz", "503"), ("post /api/simulate", "402")];
            if !status.starts_with(['4', '5']) || own.contains(&(&*name, &**status)) {
                continue;
            }
            // Those that speak OpenAI's protocol answer in its form.
            if ["/v1/chat", "/v1/embeddings", "/v1/models"]
                .iter()
                .any(|path| name.contains(path))
            {
                let form = &response["content"]["application/json"]["schema"]["$ref"];
                assert_eq!(form, "#/components/schemas/OpenAiError", "{name} {status}");
                continue;
            }
            let parts = &response["content"]["application/json"]["schema"]["allOf"];
            assert_eq!(
                parts[0]["$ref"], "#/components/schemas/ErrorBody",
                "{name} {status}"
            );
            let codes = parts[1]["properties"]["code"]["enum"].as_array();
            assert!(codes.is_some_and(|c| !c.is_empty()), "{name} {status}");
        }
    }
}

/// What the specification of Solana Actions leaves out where it says nothing, and what a request need not say.
const OPTIONAL: [&str; 30] = [
    "ChatRequest.max_tokens",
    "ChatRequest.n",
    "ChatRequest.stream",
    "KeyRequest.expiresAtUnix",
    "KeyRequest.requestsPerMinute",
    "KeyRequest.scopes",
    "LogIn.transport",
    "Refresh.refreshToken",
    "SignUp.displayName",
    "SignedChallenge.transport",
    "SimulateRequest.outputs",
    "SimulateRequest.startValues",
    "ActionRequest.data",
    "ActionView.error",
    "ActionView.links",
    "LinkedAction.parameters",
    "Parameter.max",
    "Parameter.min",
    "CheckoutRequest.amountCents",
    "CheckoutRequest.pack",
    "CheckoutRequest.runPack",
    "RefundRequest.amountCents",
    "PriceRule.cached_nano_usd",
    "PriceRule.cost",
    "PriceRule.kind",
    "PriceRule.markup_bps",
    "PriceRule.priority",
    "PriceRule.upstream_model",
    "RuleRequest.consecutive",
    "WebhookRequest.events",
];

#[test]
fn every_field_is_described_and_none_is_left_out() {
    let document = document();
    let mut fields = 0;
    let schemas = document["components"]["schemas"].as_object().unwrap();
    for (name, schema) in schemas {
        let parts = schema["allOf"].as_array().cloned();
        for part in parts.unwrap_or_else(|| vec![schema.clone()]) {
            let required = part["required"].as_array().cloned().unwrap_or_default();
            for (field, property) in part["properties"].as_object().into_iter().flatten() {
                fields += 1;
                // Of what may be `null` beside a schema of its own.
                let other = &property["oneOf"][1];
                let told = [property, other]
                    .iter()
                    .any(|p| p["description"].is_string());
                assert!(told, "{name}.{field} has no description");
                let there = required.contains(&Value::from(field.as_str()));
                let optional = OPTIONAL.contains(&format!("{name}.{field}").as_str());
                assert!(there != optional, "{name}.{field} is required: {there}");
            }
        }
    }
    assert!(fields > 100, "{fields}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_serves_the_document_and_the_page() {
    let store = database::open(Kind::Sqlite).await;
    let server = TestServer::start(&store.store, ManualClock::at(BORN), |_| {}).await;
    assert_eq!(server.get_ok("/api/openapi.json").await, document());

    let response = server.request(Method::GET, "/docs").send().await.unwrap();
    assert_eq!(response.status(), 200);
    let policy = response.headers()["content-security-policy"]
        .to_str()
        .unwrap();
    assert!(
        policy.starts_with("default-src 'none'; script-src 'self'; "),
        "{policy}"
    );
    let page = response.text().await.unwrap();
    // Nothing of it is elsewhere, and all of it is there.
    assert!(!page.contains("//"), "{page}");
    let mut parts = 0;
    for attribute in ["src=\"", "href=\""] {
        for rest in page.split(attribute).skip(1) {
            let path = rest.split('"').next().unwrap();
            let response = server
                .request(Method::GET, &format!("/{path}"))
                .send()
                .await
                .unwrap();
            assert_eq!(response.status(), 200, "{path}");
            assert!(!response.bytes().await.unwrap().is_empty(), "{path}");
            parts += 1;
        }
    }
    assert_eq!(parts, 4);
    let (status, _) = server.get("/docs/nothing.js").await;
    assert_eq!(status, 404);
}
