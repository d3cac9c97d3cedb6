//! What the keeper learns revenue and price from: a server that speaks the platform's signed
//! report and Pyth's Hermes, and fails as it is told to. What is right follows from the seed and
//! the second alone, so that it can be said again after the run.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result};
use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header::RETRY_AFTER};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use hmac::{Hmac, Mac as _};
use primis_localnet::{Port, SOL_USD_FEED};
use serde_json::json;
use sha2::Sha256;
use tokio::task::JoinHandle;
use tokio::time::sleep;

/// Most that a second earns, nano-USD: $20.
const MOST_A_SECOND_NANO_USD: u64 = 20_000_000_000;
/// Least that a SOL costs, in units of 10⁻⁸ USD, and by how much it moves.
const LEAST_PRICE: u64 = 14_000_000_000;
const PRICE_SPAN: u64 = 2_000_000_000;
/// Nano-USD in a unit of 10⁻⁸ USD.
const NANO_USD_PER_UNIT: u64 = 10;
/// How old a stale price is, seconds; the keeper takes 60.
const STALE_SECONDS: i64 = 90;
/// How far the source is behind where it is, seconds.
const BEHIND_SECONDS: i64 = 5;
/// How long it does not answer: longer than the keeper waits.
const SILENCE: Duration = Duration::from_secs(15);

/// How both services are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mood {
    /// They answer what is right.
    #[default]
    Sound,
    /// Status 500.
    Error,
    /// Signed, and makes no sense.
    Garbage,
    /// Ten times the revenue, signed with another secret.
    Forged,
    /// No answer.
    Silent,
    /// Settled only up to a few seconds ago.
    Behind,
    /// Half the price, and old.
    Stale,
    /// Half the price, and uncertain.
    Wide,
}

/// Both services; they stop when dropped.
pub struct Platform {
    /// Their base address.
    pub url: String,
    /// What reports are signed with.
    pub secret: String,
    inside: Arc<Inside>,
    task: JoinHandle<()>,
}

struct Inside {
    secret: String,
    seed: u64,
    now: Arc<AtomicI64>,
    revenue: Mutex<Mood>,
    price: Mutex<Mood>,
}

impl Platform {
    /// Services whose clock is `now`, Unix seconds.
    ///
    /// # Errors
    /// No port is free.
    pub async fn start(seed: u64, now: Arc<AtomicI64>) -> Result<Self> {
        let listener = Port::Any.listen().await?;
        let secret = format!("the platform's secret of run {seed}");
        let inside = Arc::new(Inside {
            secret: secret.clone(),
            seed,
            now,
            revenue: Mutex::default(),
            price: Mutex::default(),
        });
        let url = format!("http://{}", listener.local_addr()?);
        let app = Router::new()
            .route("/internal/revenue", get(revenue))
            .route("/v2/updates/price/latest", get(price))
            .with_state(inside.clone());
        let task = tokio::spawn(async move {
            // Ends with the task; an error of one connection is that client's.
            let _ = axum::serve(listener, app).await;
        });
        Ok(Self {
            url,
            secret,
            inside,
            task,
        })
    }

    /// From now on the source of revenue is like this.
    pub fn set_revenue(&self, mood: Mood) {
        *lock(&self.inside.revenue) = mood;
    }

    /// From now on the price service is like this.
    pub fn set_price(&self, mood: Mood) {
        *lock(&self.inside.price) = mood;
    }
}

impl Drop for Platform {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn lock(mood: &Mutex<Mood>) -> std::sync::MutexGuard<'_, Mood> {
    mood.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What the platform earned in `[from, to)`, nano-USD: an odd sum for each second.
pub fn fee_nano_usd(seed: u64, from: i64, to: i64) -> u64 {
    (from..to)
        .map(|second| mixed(seed, second) % MOST_A_SECOND_NANO_USD)
        .sum()
}

/// What a SOL costs by a price published at this second, nano-USD.
pub fn nano_usd_per_sol(seed: u64, second: i64) -> u64 {
    units_per_sol(seed, second) * NANO_USD_PER_UNIT
}

fn units_per_sol(seed: u64, second: i64) -> u64 {
    LEAST_PRICE + mixed(!seed, second) % PRICE_SPAN
}

/// Splitmix64 of both.
fn mixed(seed: u64, second: i64) -> u64 {
    let mut x = seed ^ second.cast_unsigned().wrapping_mul(0x9E37_79B9_7F4A_7C15);
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}

/// `GET /internal/revenue?from=…&to=…`.
async fn revenue(
    State(inside): State<Arc<Inside>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let query = query.unwrap_or_default();
    match inside.report(&query, &headers).await {
        Ok(response) => response,
        Err(error) => (StatusCode::BAD_REQUEST, error.to_string()).into_response(),
    }
}

impl Inside {
    async fn report(&self, query: &str, headers: &HeaderMap) -> Result<Response> {
        let second = |name: &str| -> Result<i64> {
            let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            let found = pairs.find(|(key, _)| *key == name);
            Ok(found.context("a bound is missing")?.1.parse()?)
        };
        let (from, to) = (second("from")?, second("to")?);
        let mood = *lock(&self.revenue);
        let fee = fee_nano_usd(self.seed, from, to);
        let (body, secret) = match mood {
            Mood::Error => return Ok(StatusCode::INTERNAL_SERVER_ERROR.into_response()),
            Mood::Silent => {
                sleep(SILENCE).await;
                return Ok(StatusCode::GATEWAY_TIMEOUT.into_response());
            }
            Mood::Behind if to > self.now.load(Ordering::Relaxed) - BEHIND_SECONDS => {
                let behind = to - (self.now.load(Ordering::Relaxed) - BEHIND_SECONDS);
                return Ok(
                    (StatusCode::TOO_EARLY, [(RETRY_AFTER, behind.to_string())]).into_response()
                );
            }
            Mood::Garbage => (
                json!({"from": from, "to": to, "fee_nano_usd": "much"}),
                &*self.secret,
            ),
            Mood::Forged => (report(from, to, fee.saturating_mul(10)), "another secret"),
            _ => (report(from, to, fee), &*self.secret),
        };
        let body = body.to_string();
        let stamp = headers
            .get("x-primis-timestamp")
            .context("no timestamp")?
            .to_str()?;
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes())?;
        mac.update(format!("{stamp}./internal/revenue?{query}.{body}").as_bytes());
        let signature = format!("v1={}", hex::encode(mac.finalize().into_bytes()));
        Ok(([("x-primis-signature", signature)], Body::from(body)).into_response())
    }
}

fn report(from: i64, to: i64, fee: u64) -> serde_json::Value {
    json!({
        "from": from, "to": to, "usage_events": 1, "gross_nano_usd": fee.saturating_mul(10),
        "refunds_nano_usd": 0, "provider_cost_nano_usd": 0, "fee_nano_usd": fee,
    })
}

/// `GET /v2/updates/price/latest?ids[]=…`.
async fn price(State(inside): State<Arc<Inside>>) -> Response {
    let mood = *lock(&inside.price);
    let now = inside.now.load(Ordering::Relaxed);
    let right = units_per_sol(inside.seed, now);
    // Where it must not be used it is half of what is right: that would show.
    let (units, confidence, published) = match mood {
        Mood::Error => return StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        Mood::Stale => (right / 2, right / 10_000, now - STALE_SECONDS),
        Mood::Wide => (right / 2, right / 20, now),
        _ => (right, right / 10_000, now),
    };
    let quote = json!({ "price": units.to_string(), "conf": confidence.to_string(), "expo": -8, "publish_time": published });
    Json(json!({
        "binary": { "encoding": "hex", "data": [""] },
        "parsed": [{
            "id": SOL_USD_FEED, "price": quote, "ema_price": quote,
            "metadata": { "slot": 1, "proof_available_time": published, "prev_publish_time": published - 1 },
        }],
    }))
    .into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretches_that_join_add_up() {
        let whole = fee_nano_usd(7, 1_700_000_000, 1_700_000_010);
        let parts = fee_nano_usd(7, 1_700_000_000, 1_700_000_003)
            + fee_nano_usd(7, 1_700_000_003, 1_700_000_010);
        assert_eq!(whole, parts);
        assert_ne!(whole, fee_nano_usd(8, 1_700_000_000, 1_700_000_010));
    }
}
