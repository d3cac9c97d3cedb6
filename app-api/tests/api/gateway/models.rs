//! What is sold.

use reqwest::Method;
use serde_json::{Value, json};

use super::Gate;
use crate::support::{
    database::{Kind, on_both_databases},
    services::gateway,
};

on_both_databases!(models_are_listed_and_told, rules_of_the_database_count);

async fn models_are_listed_and_told(kind: Kind) {
    let gate = Gate::new(kind).await;
    let list = gate.get("/v1/models").await;
    assert_eq!(list["object"], "list");
    let ids: Vec<&str> = list["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|model| model["id"].as_str().unwrap())
        .collect();
    assert_eq!(ids, ["test/model", "test/vectors"]);
    for path in ["/v1/models/test%2Fmodel", "/v1/models/test/model"] {
        let model = gate.get(path).await;
        assert_eq!(
            (&model["id"], &model["object"]),
            (&json!("test/model"), &json!("model"))
        );
        // With what is put on it.
        assert_eq!(model["prompt_nano_usd"], "2400000000");
        assert_eq!(model["completion_nano_usd"], "9600000000");
    }
    // One that only a star matches.
    assert_eq!(gate.get("/v1/models/two%2Fx").await["id"], "two/x");
    let request = gate.server.request(Method::GET, "/v1/models/unknown");
    let response = request
        .bearer_auth(&gate.customer.key)
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 404);
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["error"]["code"], "model_not_found");
}

/// The file is for a database without rules; another server reads what the first one wrote.
async fn rules_of_the_database_count(kind: Kind) {
    let gate = Gate::new(kind).await;
    gate.get("/v1/models").await;
    gate.store
        .execute("DELETE FROM model_prices WHERE name = 'test/model'")
        .await;
    let gateway = gateway(
        &gate.first,
        &gate.second,
        concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"),
    );
    let other =
        crate::support::server::TestServer::start(&gate.store.store, gate.clock.clone(), |s| {
            s.gateway = gateway;
            for upstream in &mut s.gateway.upstreams {
                upstream.api_key_path = None;
            }
        })
        .await;
    let request = other.request(Method::GET, "/v1/models");
    let list: Value = request
        .bearer_auth(&gate.customer.key)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(list["data"].as_array().unwrap().len(), 1, "{list}");
}
