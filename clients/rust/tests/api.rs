//! The HTTP client against a server that answers what the API does.

use std::{net::SocketAddr, time::Duration};

use anyhow::Result;
use axum::{Json, Router, extract::Query, http::StatusCode, routing::get};
use primis_client::PrimisClient;
use serde::Deserialize;
use serde_json::{Value, json};
use solana_address::Address;

#[derive(Deserialize)]
struct Page {
    cursor: Option<String>,
}

async fn serve(routes: Router) -> Result<PrimisClient> {
    let listener = tokio::net::TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
    let url = format!("http://{}/", listener.local_addr()?);
    tokio::spawn(async move { axum::serve(listener, routes).await });
    Ok(PrimisClient::new(&url, Address::new_from_array([7; 32])))
}

#[allow(clippy::indexing_slicing, reason = "a field that is not there is made")]
fn distribution(number: u64) -> Value {
    let mut row = json!({
        "signature": "s", "slot": number, "source": "compute", "intervalFromUnix": 1, "intervalToUnix": 2,
        "distributedAtUnix": 3,
    });
    for name in [
        "amount",
        "stakers",
        "subsidy",
        "reserve",
        "treasury",
        "carriedIn",
        "carriedOut",
        "totalValue",
    ] {
        row[format!("{name}Lamports")] = json!("18446744073709551615");
    }
    row
}

#[tokio::test]
async fn distributions_follow_cursors_to_the_end() -> Result<()> {
    let page = async |Query(page): Query<Page>| {
        Json(match page.cursor.as_deref() {
            None => {
                json!({ "distributions": [distribution(9), distribution(8)], "nextCursor": "8.0.0" })
            }
            Some("8.0.0") => json!({ "distributions": [distribution(7)], "nextCursor": null }),
            Some(other) => panic!("asked for {other}"),
        })
    };
    let primis = serve(Router::new().route("/api/yield/distributions", get(page))).await?;
    let mut rows = primis.distributions();
    let mut slots = Vec::new();
    while let Some(row) = rows.next().await? {
        assert_eq!(row.stakers_lamports, u64::MAX.to_string());
        slots.push(row.slot);
    }
    assert_eq!(slots, [9, 8, 7]);
    assert_eq!(rows.next().await?, None);
    Ok(())
}

#[tokio::test]
async fn a_refusal_is_told_by_its_code() -> Result<()> {
    let refusal = async || {
        let body =
            json!({ "message": "the vault has not been read yet", "code": "chain_not_indexed" });
        (StatusCode::SERVICE_UNAVAILABLE, Json(body))
    };
    let primis = serve(Router::new().route("/api/pools", get(refusal))).await?;
    let error = primis
        .until_indexed(1, Duration::from_secs(5))
        .await
        .unwrap_err();
    assert_eq!(
        (&*error.code, error.status),
        ("chain_not_indexed", Some(503))
    );
    assert_eq!(
        error.to_string(),
        "the vault has not been read yet (chain_not_indexed)"
    );
    Ok(())
}

#[tokio::test]
async fn what_is_no_answer_is_told_apart() -> Result<()> {
    let gone = PrimisClient::new("http://127.0.0.1:9", Address::new_from_array([7; 32]));
    let error = primis_client::Error::from(gone.api().stats().send().await.unwrap_err());
    assert_eq!((&*error.code, error.status), ("unreachable", None));

    let primis = serve(Router::new().route("/api/stats", get(async || "hello"))).await?;
    let error = primis_client::Error::from(primis.api().stats().send().await.unwrap_err());
    assert_eq!(error.code, "invalid_answer");
    Ok(())
}
