//! A price service that speaks Pyth's Hermes, with a key, on this machine. It quotes SOL around
//! $150 and remembers what it quoted, so that a conversion can be held against it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::Result;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header::AUTHORIZATION};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use jiff::Timestamp;
use serde_json::json;
use tokio::task::JoinHandle;

use crate::chain::Port;

/// Pyth's feed of SOL in USD.
pub const SOL_USD_FEED: &str = "ef0d8b6fda2ceba41da15d4095d1da392a0d2f8ed0c6c7bc0f4cfac8c280b56d";
/// Where the walk starts and what it is drawn to: $150, in units of 10⁻⁸ USD.
const HOME: i64 = 15_000_000_000;
/// Power of ten of a quoted price.
const EXPONENT: i32 = -8;
/// Confidence quoted: 2 basis points, as the real feed has on a calm day.
const CONFIDENCE_BPS: i64 = 2;
/// Nano-USD in a price unit of 10⁻⁸ USD.
const NANO_USD_PER_UNIT: u64 = 10;

/// A running price service; it stops when dropped.
pub struct Hermes {
    /// Its base address.
    pub url: String,
    /// The bearer key it asks for.
    pub key: String,
    book: Arc<Book>,
    task: JoinHandle<()>,
}

/// What the service knows.
struct Book {
    key: String,
    quotes: Mutex<Quotes>,
}

#[derive(Default)]
struct Quotes {
    price: i64,
    walks: bool,
    published_at: i64,
    /// Every price ever quoted, nano-USD for one SOL, in the order they were quoted.
    served: Vec<u64>,
}

impl Hermes {
    /// A service whose price walks a little each second.
    ///
    /// # Errors
    /// No port is free.
    pub async fn walking() -> Result<Self> {
        Self::start(true).await
    }

    /// A service that always quotes $150.
    ///
    /// # Errors
    /// No port is free.
    pub async fn still() -> Result<Self> {
        Self::start(false).await
    }

    async fn start(walks: bool) -> Result<Self> {
        let listener = Port::Any.listen().await?;
        let url = format!("http://{}", listener.local_addr()?);
        let key = hex::encode(rand::random::<[u8; 16]>());
        let quotes = Mutex::new(Quotes {
            price: HOME,
            walks,
            ..Quotes::default()
        });
        let book = Arc::new(Book {
            key: key.clone(),
            quotes,
        });
        let app = Router::new()
            .route("/v2/updates/price/latest", get(latest))
            .with_state(book.clone());
        let task = tokio::spawn(async move {
            // Ends with the task; an error of one connection is that client's.
            let _ = axum::serve(listener, app).await;
        });
        Ok(Self {
            url,
            key,
            book,
            task,
        })
    }

    /// The price now, nano-USD for one SOL.
    pub fn nano_usd_per_sol(&self) -> u64 {
        to_nano_usd(self.book.quotes().price)
    }

    /// Every price quoted to a client so far, nano-USD for one SOL.
    pub fn served(&self) -> Vec<u64> {
        self.book.quotes().served.clone()
    }
}

impl Drop for Hermes {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Book {
    fn quotes(&self) -> MutexGuard<'_, Quotes> {
        self.quotes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Quotes {
    /// Brings the price up to `now` and quotes it.
    fn quote(&mut self, now: i64) -> i64 {
        if self.walks && now > self.published_at {
            // At most 5 basis points a step, drawn back to where it came from: recognisably SOL
            // at $150, and never the same twice.
            let step = HOME / 2_000;
            self.price += rand::random_range(-step..=step) + (HOME - self.price) / 50;
        }
        self.published_at = now;
        let served = to_nano_usd(self.price);
        if self.served.last() != Some(&served) {
            self.served.push(served);
        }
        self.price
    }
}

/// `GET /v2/updates/price/latest?ids[]=…`.
async fn latest(
    State(book): State<Arc<Book>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let presented = headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    if presented != Some(format!("Bearer {}", book.key).as_str()) {
        return (StatusCode::UNAUTHORIZED, "an API key is required").into_response();
    }
    let query = query
        .unwrap_or_default()
        .replace("%5B%5D", "[]")
        .replace("%5b%5d", "[]");
    let feeds = query
        .split('&')
        .filter_map(|pair| pair.strip_prefix("ids[]="));
    let feeds: Vec<&str> = feeds.map(|id| id.trim_start_matches("0x")).collect();
    if feeds != [SOL_USD_FEED] {
        return (StatusCode::NOT_FOUND, "Price ids not found").into_response();
    }
    let now = Timestamp::now().as_second();
    let price = book.quotes().quote(now);
    let confidence = price * CONFIDENCE_BPS / 10_000;
    let quote = json!({ "price": price.to_string(), "conf": confidence.to_string(), "expo": EXPONENT, "publish_time": now });
    Json(json!({
        // The signed update a Pyth receiver would verify on chain; there is none on this machine.
        "binary": { "encoding": "hex", "data": [""] },
        "parsed": [{
            "id": SOL_USD_FEED,
            "price": quote,
            "ema_price": quote,
            "metadata": { "slot": 1, "proof_available_time": now, "prev_publish_time": now - 1 },
        }],
    }))
    .into_response()
}

/// 10⁻⁸ USD as nano-USD; the price is always positive.
fn to_nano_usd(price: i64) -> u64 {
    price.unsigned_abs().saturating_mul(NANO_USD_PER_UNIT)
}
