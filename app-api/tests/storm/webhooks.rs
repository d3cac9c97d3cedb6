//! The payment provider's events, delivered as badly as they come: twice, late, in any order, forged, and
//! again until they are taken.

use std::{
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use reqwest::{Client, StatusCode};
use serde_json::Value;
use tokio::{sync::mpsc::UnboundedReceiver, task::JoinSet};
use tokio_util::sync::CancellationToken;

use crate::{
    clients::{World, client},
    support::stripe::{SECRET, sign},
};

/// Latest that an event comes, milliseconds.
const LATE: u64 = 4_000;
/// Before it comes again.
const PAUSE: Duration = Duration::from_millis(300);

/// Delivers whatever comes, until `paid` says that nothing more will and all of it was taken.
pub async fn deliver(
    world: Arc<World>,
    seed: u64,
    mut events: UnboundedReceiver<Value>,
    paid: CancellationToken,
) {
    let mut random = StdRng::seed_from_u64(seed ^ 0x5712_1BE0);
    let mut deliveries = JoinSet::new();
    let http = client();
    loop {
        let event = tokio::select! {
            biased;
            event = events.recv() => event,
            () = paid.cancelled(), if !events.is_closed() => { events.close(); continue }
        };
        let Some(event) = event else { break };
        for _ in 0..random.random_range(1..4) {
            let random = StdRng::seed_from_u64(random.random());
            deliveries.spawn(one(
                Arc::clone(&world),
                http.clone(),
                random,
                event.to_string(),
            ));
        }
    }
    while let Some(delivered) = deliveries.join_next().await {
        delivered.unwrap();
    }
}

async fn one(world: Arc<World>, http: Client, mut random: StdRng, body: String) {
    tokio::time::sleep(Duration::from_millis(random.random_range(0..LATE))).await;
    let count = |what: String| world.tally.lock().unwrap().count(what);
    let send = async |secret: &str, base: String| {
        let request = http
            .post(format!("{base}/webhooks/stripe"))
            .header("content-type", "application/json; charset=utf-8")
            .header("stripe-signature", sign(secret, now(), &body))
            .body(body.clone());
        let sent = request.send().await;
        sent.map(|response| response.status()).ok()
    };
    if random.random_bool(0.1) {
        let base = world.servers.any(&mut random).base;
        let status = send("whsec_forged_0123456789", base).await;
        assert!(
            matches!(status, None | Some(StatusCode::BAD_REQUEST)),
            "{status:?}"
        );
        count("forged webhooks".into());
    }
    loop {
        let base = world.servers.any(&mut random).base;
        match send(SECRET, base).await {
            Some(StatusCode::OK) => return count("webhooks".into()),
            status => count(format!("webhooks again {status:?}")),
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Unix seconds.
pub fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(since.as_secs()).unwrap()
}
