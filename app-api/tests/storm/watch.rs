//! What must hold at every moment, looked at while everything happens: the books by one statement, which
//! sees one state of the database, and the keeper's report, window by window.

use std::{sync::Arc, time::Duration};

use rand::{SeedableRng as _, rngs::StdRng};
use serde_json::Value;
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;

use crate::{
    clients::{World, client},
    servers::GRACE_SECONDS,
    support::server::sign,
    webhooks::now,
};

/// Balances out of bounds; balances and their entries; all entries; what is held and the holds.
const BOOKS: &str = "SELECT \
    (SELECT COUNT(*) FROM balances WHERE balance_nano_usd < 0 OR held_nano_usd < 0 OR held_nano_usd > balance_nano_usd), \
    (SELECT COALESCE(SUM(balance_nano_usd), 0)::BIGINT FROM balances) + \
    (SELECT COALESCE(SUM(amount_nano_usd), 0)::BIGINT FROM entries WHERE book LIKE 'customer:%' OR book = 'subsidy'), \
    (SELECT COALESCE(SUM(amount_nano_usd), 0)::BIGINT FROM entries), \
    (SELECT COALESCE(SUM(held_nano_usd), 0)::BIGINT FROM balances) - \
    (SELECT COALESCE(SUM(amount_nano_usd), 0)::BIGINT FROM holds WHERE state = 'held')";

/// Looks at the books until it is told to stop; how often.
pub async fn books(pool: PgPool, stop: CancellationToken) -> usize {
    let mut looks = 0;
    while !stop.is_cancelled() {
        let found: (i64, i64, i64, i64) = sqlx::query_as(BOOKS).fetch_one(&pool).await.unwrap();
        assert_eq!(found, (0, 0, 0, 0), "at look {looks}");
        looks += 1;
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    looks
}

/// Sums of the revenue report.
pub const SUMS: [&str; 5] = [
    "usage_events",
    "gross_nano_usd",
    "refunds_nano_usd",
    "provider_cost_nano_usd",
    "fee_nano_usd",
];

/// The report of `[from, to)`, as soon as it is settled.
pub async fn report(base: &str, from: i64, to: i64) -> Option<[i64; 5]> {
    let path = format!("/internal/revenue?from={from}&to={to}");
    let timestamp = now();
    let request = client()
        .get(format!("{base}{path}"))
        .header("x-primis-timestamp", timestamp)
        .header(
            "x-primis-signature",
            sign(&format!("{timestamp}.GET.{path}")),
        );
    let response = request.send().await.ok()?;
    if response.status() != 200 {
        return None;
    }
    let body: Value = response.json().await.ok()?;
    Some(SUMS.map(|name| body[name].as_i64().unwrap()))
}

/// Asks for window after window, of whatever process; their ends and their sums.
pub async fn revenue(world: Arc<World>, from: i64, stop: CancellationToken) -> (i64, [i64; 5]) {
    let mut random = StdRng::seed_from_u64(1);
    let (mut end, mut sums) = (from, [0; 5]);
    while !stop.is_cancelled() {
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        let to = now() - GRACE_SECONDS;
        let base = world.servers.any(&mut random).base;
        if to <= end {
            continue;
        }
        // A process that is killed answers nothing: the window is asked for again.
        if let Some(told) = report(&base, end, to).await {
            for (sum, part) in sums.iter_mut().zip(told) {
                *sum += part;
            }
            end = to;
        }
    }
    (end, sums)
}
