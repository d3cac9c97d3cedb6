//! A local Hermes with one price.

use axum::{Json, Router, extract::State, routing::get};
use primis_app_api::config::Price;
use serde_json::{Value, json};
use tokio::net::TcpListener;

pub const FEED: &str = "ef0d8b6fda2ceba41da15d4095d1da392a0d2f8ed0c6c7bc0f4cfac8c280b56d";

/// Settings of a Hermes that answers `usd` for SOL, published at `publish_time`.
pub async fn serve(usd: u64, publish_time: i64) -> Price {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new()
        .route("/v2/updates/price/latest", get(latest))
        .with_state((usd, publish_time));
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    Price {
        url,
        api_key_path: None,
        feed_id: FEED.into(),
        max_age_seconds: 60,
        max_confidence_bps: 100,
        check_binary: true,
    }
}

async fn latest(State((usd, publish_time)): State<(u64, i64)>) -> Json<Value> {
    let price = json!({
        "price": (usd * 100_000_000).to_string(), "conf": "5000000", "expo": -8, "publish_time": publish_time,
    });
    Json(json!({
        "binary": { "encoding": "hex", "data": [hex::encode(update(usd, publish_time))] },
        "parsed": [{
            "id": FEED, "price": price, "ema_price": price,
            "metadata": { "slot": 1, "proof_available_time": publish_time, "prev_publish_time": publish_time - 1 },
        }],
    }))
}

/// The signed update of the price, as Pyth's own crate would write it (see `tests/pyth`).
fn update(usd: u64, publish_time: i64) -> Vec<u8> {
    let message = [
        &[0][..],
        &hex::decode(FEED).unwrap(),
        &(usd * 100_000_000).to_be_bytes(),
        &5_000_000u64.to_be_bytes(),
        &(-8i32).to_be_bytes(),
        &publish_time.to_be_bytes(),
        &[0xee; 24],
    ]
    .concat();
    let length = u16::try_from(message.len()).unwrap().to_be_bytes();
    let head = b"PNAU\x01\x00\x02\x11\x22\x00\x00\x03\xdd\xdd\xdd";
    [&head[..], &[1], &length, &message, &[2], &[0xaa; 40]].concat()
}
