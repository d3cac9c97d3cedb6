//! `GET /api/stream`: what happens, as it happens, and what was missed.

use std::{
    sync::{Arc, atomic::AtomicBool},
    time::{Duration, Instant},
};

use primis_app_api::store::Store;
use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::support::{
    database::{self, Kind, on_both_databases},
    hermes,
    server::{ManualClock, TestServer},
    stand::{Stand, caught_up, serve},
    vault::{BORN, SOL, World, owner},
};

on_both_databases!(
    what_happens_is_told,
    what_was_missed_is_told_once,
    a_price_is_told,
    another_process_tells_what_this_one_indexed,
    listeners_do_not_hold_up_the_end,
    who_cannot_listen,
);

/// Longest wait for a message.
const PATIENCE: Duration = Duration::from_secs(30);

/// One message.
#[derive(Clone, Debug, Default, PartialEq)]
struct Told {
    event: String,
    id: Option<String>,
    data: Value,
}

/// A listener, as a browser's `EventSource` is one.
struct Listener {
    response: Response,
    text: String,
}

impl Listener {
    async fn new(server: &TestServer, last_event_id: Option<&str>) -> Self {
        let mut request = server
            .request(Method::GET, "/api/stream")
            .header("accept", "text/event-stream")
            .header("accept-encoding", "gzip");
        if let Some(id) = last_event_id {
            request = request.header("last-event-id", id);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200);
        let headers = response.headers();
        assert_eq!(headers["content-type"], "text/event-stream");
        assert_eq!(headers["cache-control"], "no-cache");
        // Collected to be compressed, nothing would be told for long.
        assert!(!headers.contains_key("content-encoding"));
        Self {
            response,
            text: String::new(),
        }
    }

    /// The next message, or `None` at the end.
    async fn next(&mut self) -> Option<Told> {
        loop {
            if let Some((block, rest)) = self.text.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.text = rest;
                let mut told = Told::default();
                for line in block.lines() {
                    match line.split_once(": ") {
                        Some(("event", name)) => told.event = name.into(),
                        Some(("id", id)) => told.id = Some(id.into()),
                        Some(("data", data)) => told.data = serde_json::from_str(data).unwrap(),
                        Some(("retry", pause)) => assert_eq!(pause, "3000"),
                        other => assert!(line.starts_with(':'), "{other:?} in {block}"),
                    }
                }
                if !told.event.is_empty() {
                    return Some(told);
                }
                continue;
            }
            let chunk = tokio::time::timeout(PATIENCE, self.response.chunk());
            let chunk = chunk.await.expect("waited too long").unwrap()?;
            self.text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    /// The next message with this name.
    async fn named(&mut self, event: &str) -> Told {
        loop {
            let told = self.next().await.unwrap();
            if told.event == event {
                return told;
            }
        }
    }

    /// The next messages of the chain's history.
    async fn history(&mut self, count: usize) -> Vec<Told> {
        let mut all = Vec::new();
        while all.len() < count {
            all.extend(self.next().await.filter(|told| told.id.is_some()));
        }
        all
    }
}

async fn what_happens_is_told(kind: Kind) {
    let mut stand = Stand::new(kind).await;
    stand.world.deposit(&owner(1), 10 * SOL);
    stand.world.pass(600);
    stand.caught_up().await;
    let mut listener = Listener::new(&stand.server, None).await;
    let first = listener.next().await.unwrap();
    assert_eq!(first.event, "stats");
    assert_eq!(first.data, stand.server.get_ok("/api/stats").await);

    stand.world.distribute(2 * SOL);
    stand.world.pass(300);
    let claim = stand.world.claim(&owner(1));
    stand.caught_up().await;
    let history = listener.history(2).await;
    let rows = stand.server.get_ok("/api/yield/distributions").await;
    assert_eq!(history[0].event, "distribution");
    assert_eq!(history[0].data, rows["distributions"][0]);
    assert_eq!(history[1].event, "claim");
    let claimed = &history[1].data;
    assert_eq!(
        (
            &claimed["wallet"],
            &claimed["amountLamports"],
            &claimed["atUnix"]
        ),
        (
            &json!(owner(1).to_string()),
            &json!(claim.to_string()),
            &json!(BORN + 900)
        )
    );
    assert_eq!(claimed["pool"], stand.world.pool_address.to_string());
    let stats = listener.named("stats").await.data;
    assert_eq!(stats["distributionCount"], 1);

    // Time alone is no news.
    stand.world.pass(60);
    stand.caught_up().await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    stand.world.deposit(&owner(2), SOL);
    stand.caught_up().await;
    let stats = listener.next().await.unwrap();
    assert_eq!(
        (stats.event.as_str(), &stats.data["totalStakers"]),
        ("stats", &json!(2))
    );
}

/// More than a page while nobody listened; and meanwhile it goes on.
async fn what_was_missed_is_told_once(kind: Kind) {
    let mut stand = Stand::new(kind).await;
    stand.world.deposit(&owner(1), 10 * SOL);
    stand.world.pass(600);
    let mut listener = Listener::new(&stand.server, None).await;
    stand.world.distribute(SOL);
    stand.caught_up().await;
    let last = listener.history(1).await.remove(0);
    drop(listener);

    for _ in 0..230 {
        stand.world.pass(10);
        stand.world.distribute(SOL);
    }
    stand.caught_up().await;
    // Longer than the store is looked at without a listener: who comes then is told from then on.
    tokio::time::sleep(Duration::from_secs(3)).await;
    let mut listener = Listener::new(&stand.server, last.id.as_deref()).await;
    // Another one has no past.
    let mut other = Listener::new(&stand.server, None).await;
    for _ in 0..3 {
        stand.world.pass(10);
        stand.world.distribute(SOL);
    }
    stand.caught_up().await;
    let told = listener.history(233).await;
    let ends: Vec<_> = told
        .iter()
        .map(|t| t.data["intervalToUnix"].as_i64().unwrap())
        .collect();
    let expected: Vec<_> = (1..=233).map(|n| BORN + 600 + n * 10).collect();
    assert_eq!(ends, expected);
    assert_eq!(other.history(3).await, told[230..]);
    // From the middle, by the id that was told there.
    let mut again = Listener::new(&stand.server, told[200].id.as_deref()).await;
    assert_eq!(again.history(32).await, told[201..]);
}

async fn a_price_is_told(kind: Kind) {
    let world = World::new().await;
    let price = hermes::serve(150, BORN).await;
    let stand = Stand::with(kind, world, |s| s.price = Some(price)).await;
    stand.caught_up().await;
    let expected = json!({ "nanoUsdPerSol": "150000000000", "publishedAtUnix": BORN });
    let mut listener = Listener::new(&stand.server, None).await;
    assert_eq!(listener.named("price").await.data, expected);
    // Whoever comes later is told what is known.
    let mut later = Listener::new(&stand.server, None).await;
    assert_eq!(later.next().await.unwrap().data, expected);
}

/// The process that is asked cannot reach the chain; the one that can is another.
async fn another_process_tells_what_this_one_indexed(kind: Kind) {
    let mut world = World::new().await;
    world.deposit(&owner(1), SOL);
    let store = database::open(kind).await;
    let other_store = Store::open(&store.url, 8).await.unwrap();
    let server = serve(&store.store, &world, |_| {}).await;
    caught_up(&store.store, &world).await;
    let door = world.cluster.door(Arc::new(AtomicBool::new(false))).await;
    let other = serve(&other_store, &world, |s| s.chain.rpc_url = door).await;
    let mut listener = Listener::new(&other, None).await;
    world.pass(600);
    world.distribute(SOL);
    caught_up(&store.store, &world).await;
    assert_eq!(
        listener.named("distribution").await.data["amountLamports"],
        SOL.to_string()
    );
    drop(listener);
    server.stop().await;
}

async fn listeners_do_not_hold_up_the_end(kind: Kind) {
    let stand = Stand::new(kind).await;
    let mut listeners = Vec::new();
    for _ in 0..20 {
        listeners.push(Listener::new(&stand.server, None).await);
    }
    let started = Instant::now();
    stand.server.stop().await;
    assert!(
        started.elapsed() < Duration::from_secs(5),
        "{:?}",
        started.elapsed()
    );
    for mut listener in listeners {
        while listener.next().await.is_some() {}
    }
}

async fn who_cannot_listen(kind: Kind) {
    let store = database::open(kind).await;
    let without = TestServer::start(&store.store, ManualClock::at(BORN), |_| {}).await;
    let (status, refusal) = without.get("/api/stream").await;
    assert_eq!(
        (status.as_u16(), &refusal["code"]),
        (503, &json!("chain_not_indexed"))
    );
    let stand = Stand::new(kind).await;
    for id in ["x", "1.2", "1.2.3.4", "-1.0.0", "1.0.99999999999999999999"] {
        let request = stand
            .server
            .request(Method::GET, "/api/stream")
            .header("last-event-id", id);
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 400, "{id}");
        let refusal: Value = response.json().await.unwrap();
        assert_eq!(refusal["code"], "invalid_last_event_id", "{id}");
    }
}
