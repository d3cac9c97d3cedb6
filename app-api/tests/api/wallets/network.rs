//! Which network it is, and the addresses that follow from where the server is reached.

use primis_app_api::config::Cluster;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{
    cluster::GENESIS,
    database::{Kind, on_both_databases},
    stand::Stand,
    vault::World,
};

on_both_databases!(
    the_network_is_told_by_its_first_block_and_asked_once,
    a_configured_network_counts_more,
    a_cluster_that_does_not_answer_is_told_as_such,
    addresses_are_those_the_server_is_reached_at,
);

async fn the_network_is_told_by_its_first_block_and_asked_once(kind: Kind) {
    let stand = Stand::new(kind).await;
    let network = stand.server.get_ok("/api/network").await;
    assert_eq!(
        network,
        json!({
            "network": "devnet", "chain": "solana:devnet", "genesisHash": GENESIS,
            "programId": primis_vault_interface::ID.to_string(), "vault": stand.world.name(),
            "faucet": false,
            "explorerTransactionUrl": "https://explorer.solana.com/tx/{signature}?cluster=devnet",
            "explorerAddressUrl": "https://explorer.solana.com/address/{address}?cluster=devnet",
        })
    );
    stand.server.get_ok("/api/network").await;
    stand.server.get_ok("/actions.json").await;
    let asked = stand.world.cluster.with(|c| c.calls["getGenesisHash"]);
    assert_eq!(asked, 1);
}

async fn a_configured_network_counts_more(kind: Kind) {
    for (cluster, name, explorer, faucet) in [
        (Cluster::Localnet, "localnet", Value::Null, true),
        (
            Cluster::Mainnet,
            "mainnet",
            json!("https://explorer.solana.com/tx/{signature}"),
            // Nobody gives real SOL away.
            false,
        ),
    ] {
        let stand = Stand::with(kind, World::new().await, |settings| {
            settings.chain.network = Some(cluster);
            settings.chain.faucet_lamports = Some(1);
        })
        .await;
        let network = stand.server.get_ok("/api/network").await;
        assert_eq!(network["network"], name);
        assert_eq!(network["chain"], format!("solana:{name}"));
        assert_eq!(network["explorerTransactionUrl"], explorer);
        assert_eq!(network["faucet"], faucet);
    }
}

async fn a_cluster_that_does_not_answer_is_told_as_such(kind: Kind) {
    let stand = Stand::new(kind).await;
    stand.world.cluster.with(|c| {
        c.failures.insert("getGenesisHash".into(), 1);
    });
    let (status, body) = stand.server.get("/api/network").await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(body["code"], "rpc_unavailable");
    // A failure is not remembered.
    stand.server.get_ok("/api/network").await;
}

async fn addresses_are_those_the_server_is_reached_at(kind: Kind) {
    let stand = Stand::new(kind).await;
    let icon = async |header: &'static str, value: &'static str| {
        let request = stand.server.request(Method::GET, "/api/actions/stake");
        let response = request.header(header, value).send().await.unwrap();
        let body: Value = response.json().await.unwrap();
        body["icon"].clone()
    };
    let own = format!("{}/api/actions/icon.svg", stand.server.base);
    assert_eq!(icon("accept", "*/*").await, own);
    assert_eq!(
        icon("x-forwarded-proto", "https").await,
        own.replace("http:", "https:")
    );
    assert_eq!(
        icon("host", "primis.example").await,
        "http://primis.example/api/actions/icon.svg"
    );
    // A host that would be more than a host in the address is none.
    assert_eq!(icon("host", "a/b?c").await, Value::Null);

    let named = Stand::with(kind, World::new().await, |settings| {
        settings.http.public_url = Some("https://primis.example".into());
    })
    .await;
    let shown = named.server.get_ok("/api/actions/stake").await;
    assert_eq!(shown["icon"], "https://primis.example/api/actions/icon.svg");
}
