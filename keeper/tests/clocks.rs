//! Platform and cluster with clocks of their own: whatever they show, each sale is counted once, and
//! none before both clocks have passed the end of its window.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a broken expectation is a failed test"
)]

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    extract::{OriginalUri, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::get,
};
use hmac::{Hmac, Mac};
use primis_keeper::{
    plan::{Action, Distribution, Facts, Known, Revenue, Rules, WaitFor, plan},
    revenue::{Ledger, Stretch, learn},
};
use sha2::Sha256;

const SECRET: &str = "a secret both sides have";
/// A full ten minutes.
const BOUNDARY: i64 = 1_700_000_400;
/// How long the platform takes to settle, as in its sample.
const PLATFORM_GRACE_SECONDS: i64 = 2;
const RULES: Rules = Rules {
    interval_seconds: 600,
    settle_grace_seconds: 3,
    min_distribution_lamports: 1,
    wallet_reserve_lamports: 0,
};
/// What each sale earns, nano-USD: a lamport at the price below.
const FEE: i64 = 1;

/// A platform: its clock, and the seconds it sold something at, by that clock.
#[derive(Default)]
struct Platform {
    now: i64,
    sales: Vec<i64>,
}

type Shared = Arc<Mutex<Platform>>;

fn hmac_hex(text: &str) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    hex::encode(mac.chain_update(text).finalize().into_bytes())
}

/// `/internal/revenue` as the API answers it.
async fn report(
    State(platform): State<Shared>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Response {
    let platform = platform.lock().unwrap();
    let (from, to) = uri.query().unwrap().split_once('&').unwrap();
    let from: i64 = from.strip_prefix("from=").unwrap().parse().unwrap();
    let to: i64 = to.strip_prefix("to=").unwrap().parse().unwrap();
    let wait = to - (platform.now - PLATFORM_GRACE_SECONDS);
    if wait > 0 {
        let after = [("retry-after", wait.to_string())];
        return (StatusCode::TOO_EARLY, after, "not settled").into_response();
    }
    let sold = platform
        .sales
        .iter()
        .filter(|at| (from..to).contains(at))
        .count();
    let fee = i64::try_from(sold).unwrap() * FEE;
    let body =
        format!(r#"{{"from":{from},"to":{to},"gross_nano_usd":{fee},"fee_nano_usd":{fee}}}"#);
    let timestamp = headers["x-primis-timestamp"].to_str().unwrap();
    let signature = format!("v1={}", hmac_hex(&format!("{timestamp}.{uri}.{body}")));
    ([("x-primis-signature", signature)], body).into_response()
}

/// Both sides, and the keeper between.
struct World {
    platform: Shared,
    ledger: Ledger,
    facts: Facts,
    /// Lamports distributed so far.
    counted: i64,
}

impl World {
    async fn new() -> Self {
        let platform = Shared::default();
        let app = Router::new()
            .route("/internal/revenue", get(report))
            .with_state(Arc::clone(&platform));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, app).await });
        let facts = Facts {
            now: BOUNDARY,
            last_interval_id: BOUNDARY,
            last_distributed_at: 0,
            min_spacing_seconds: 0,
            cap_lamports: u64::MAX,
            funded_lamports: 0,
            is_keeper: true,
            is_paused: false,
            wallet_lamports: u64::MAX,
        };
        Self {
            platform,
            ledger: Ledger::new(&url, SECRET.into()).unwrap(),
            facts,
            counted: 0,
        }
    }

    /// The second `now` of the cluster's clock, while the platform's is `ahead`; something is sold.
    fn pass(&mut self, now: i64, ahead: i64) {
        let mut platform = self.platform.lock().unwrap();
        platform.now = now + ahead;
        platform.sales.push(now + ahead);
        self.facts.now = now;
    }

    /// What the keeper does now; a distribution lands at once.
    async fn round(&mut self) -> Action {
        let mut known = Known {
            price: Some(primis_price::SolUsd {
                nano_usd_per_sol: 1_000_000_000,
                confidence_nano_usd: 0,
                published_at: 0,
            }),
            ..Known::default()
        };
        loop {
            match plan(&self.facts, &known, &RULES) {
                Action::AskRevenue { from, to } => {
                    let stretch = Stretch {
                        from,
                        to,
                        total_value_lamports: 0,
                        stakers_bps: 5_000,
                    };
                    learn(&self.ledger, stretch, &mut known).await.unwrap();
                }
                action => {
                    if let Action::Distribute(Distribution {
                        interval_id,
                        revenue: Revenue::NanoUsd(revenue),
                        ..
                    }) = action
                    {
                        self.facts.last_interval_id = interval_id;
                        self.counted += revenue;
                    }
                    return action;
                }
            }
        }
    }

    /// Sales between the vault's first second and the last distribution's end, by the platform's clock.
    fn sold(&self) -> i64 {
        let platform = self.platform.lock().unwrap();
        let end = self.facts.last_interval_id;
        let sold = platform
            .sales
            .iter()
            .filter(|at| (BOUNDARY..end).contains(*at))
            .count();
        i64::try_from(sold).unwrap() * FEE
    }
}

#[tokio::test]
async fn a_platform_behind_is_waited_for_and_its_older_windows_are_not() {
    for behind in [5, 599, 3_600] {
        let mut world = World::new().await;
        let mut waited = false;
        for second in 0..9_000 {
            world.pass(BOUNDARY + second, -behind);
            if second % 5 != 4 {
                continue;
            }
            if let Action::Wait { until, reason } = world.round().await {
                waited |= matches!(reason, WaitFor::Settling { .. });
                assert!(until > world.facts.now, "{until}");
            }
            assert_eq!(world.counted, world.sold(), "at second {second}");
        }
        assert!(waited, "{behind} s behind");
        let last = world.facts.last_interval_id;
        assert!(last > BOUNDARY + 8_900 - behind - 700, "{last}");
    }
}

#[tokio::test]
async fn what_a_platform_ahead_sold_counts_when_the_cluster_gets_there() {
    let mut world = World::new().await;
    for second in 0..6_000 {
        world.pass(BOUNDARY + second, 1_800);
        if second % 60 == 7 {
            world.round().await;
            assert_eq!(world.counted, world.sold(), "at second {second}");
        }
    }
    assert_eq!(world.facts.last_interval_id, BOUNDARY + 5_400);
}

/// Half an hour off, then put right. Where its clock steps back, that is not to before anything that
/// was distributed, because that never goes beyond the cluster's clock.
#[tokio::test]
async fn a_platform_whose_clock_is_put_right_loses_nothing_and_repeats_nothing() {
    for (first, then) in [(1_800, 0), (-1_800, 0)] {
        let mut world = World::new().await;
        for second in 0..12_000 {
            let ahead = if second < 5_000 { first } else { then };
            world.pass(BOUNDARY + second, ahead);
            if second % 60 == 7 {
                world.round().await;
                assert_eq!(
                    world.counted,
                    world.sold(),
                    "at second {second} of {first} and {then}"
                );
            }
        }
        assert!(world.facts.last_interval_id >= BOUNDARY + 9_600);
    }
}
