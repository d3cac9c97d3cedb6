//! The price by Pyth's account on chain, read from an RPC that answers as one does.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a broken expectation is a failed test"
)]

use base64::{Engine as _, prelude::BASE64_STANDARD};
use primis_keeper::{
    chain::Rpc,
    config::PriceConfig,
    error::{Error, Exit},
    price::PriceSource,
};
use primis_price::SolUsd;
use serde_json::{Value, json};
use solana_commitment_config::CommitmentConfig;
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::body_partial_json};

/// Pyth's receiver program.
const RECEIVER: &str = "rec5EKMGg6MxZYaMdyBfgwp4d5rB9T1VQH5pJv5LtFJ";
const ADDRESS: &str = "So11111111111111111111111111111111111111112";
const ACCOUNTS: &str = include_str!("../../tests/pyth/price-updates.json");

fn accounts() -> Value {
    serde_json::from_str(ACCOUNTS).unwrap()
}

/// An account of this owner with the data of one of Pyth's own.
fn account(owner: &str, case: &str) -> Value {
    let accounts = accounts();
    let mut cases = accounts["cases"].as_array().unwrap().iter();
    let found = cases.find(|found| found["name"] == case).unwrap();
    let data = hex::decode(found["data_hex"].as_str().unwrap()).unwrap();
    json!({
        "data": [BASE64_STANDARD.encode(data), "base64"], "executable": false, "lamports": 1, "owner": owner,
        "rentEpoch": 0, "space": 134,
    })
}

async fn sol_usd(value: Value) -> Result<SolUsd, Error> {
    let server = MockServer::start().await;
    let body =
        json!({"jsonrpc": "2.0", "id": 0, "result": {"context": {"slot": 1}, "value": value}});
    Mock::given(body_partial_json(json!({"method": "getAccountInfo"})))
        .respond_with(ResponseTemplate::new(200).set_body_json(body))
        .mount(&server)
        .await;
    ask(&server.uri()).await
}

async fn ask(url: &str) -> Result<SolUsd, Error> {
    let accounts = accounts();
    let config = json!({
        "kind": "account",
        "account": {"address": ADDRESS, "feed_id": accounts["feed_hex"], "max_age_seconds": 3_600},
    });
    let config: PriceConfig = serde_json::from_value(config).unwrap();
    let rpc = Rpc::new(&[url.to_owned()], CommitmentConfig::confirmed());
    let source = PriceSource::from_config(Some(&config), &rpc)?;
    source.sol_usd(accounts["now"].as_i64().unwrap()).await
}

#[tokio::test]
async fn a_sound_account_of_the_receiver_is_a_price() {
    let got = sol_usd(account(RECEIVER, "sound")).await.unwrap();
    assert_eq!(got.nano_usd_per_sol, 1_250_000_000);
}

#[tokio::test]
async fn a_price_that_may_get_better_is_waited_for() {
    for case in ["a second too old", "of some signatures"] {
        let error = sol_usd(account(RECEIVER, case)).await.unwrap_err();
        assert_eq!(error.exit(), Exit::TryLater, "{case}: {error}");
    }
    let error = ask("http://127.0.0.1:1").await.unwrap_err();
    assert!(
        matches!(error, Error::Rpc { .. }) && error.exit() == Exit::TryLater,
        "{error}"
    );
}

#[tokio::test]
async fn a_wrong_account_needs_a_person() {
    for (value, named) in [
        (Value::Null, "does not exist"),
        (account(ADDRESS, "sound"), "not to Pyth's receiver"),
        (account(RECEIVER, "of another feed"), "feed_id"),
    ] {
        let error = sol_usd(value).await.unwrap_err();
        assert_eq!(error.exit(), Exit::NeedsPerson, "{error}");
        assert!(error.to_string().contains(named), "{error}");
    }
}

#[test]
fn mistakes_of_configuration_are_named() {
    let rpc = Rpc::new(
        &["http://127.0.0.1:1".to_owned()],
        CommitmentConfig::confirmed(),
    );
    for (section, named) in [
        (json!({"kind": "account"}), "[price.account] is missing"),
        (
            json!({"kind": "account", "account": {"address": ADDRESS, "feed_id": "ef0d"}}),
            "feed_id",
        ),
    ] {
        let config: PriceConfig = serde_json::from_value(section).unwrap();
        let error = PriceSource::from_config(Some(&config), &rpc).unwrap_err();
        assert!(error.to_string().contains(named), "{error}");
    }
}
