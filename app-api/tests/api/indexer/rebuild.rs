//! Everything dropped and read from the chain again tells, byte for byte, what was told before.

use serde_json::json;
use solana_address::Address;

use super::backfill::{assert_every_event_once, live};
use crate::support::{
    database::{self, Kind, on_both_databases},
    process::Process,
    server::{TestServer, event},
    stand::{Stand, caught_up, eventually, serve},
    vault::{SOL, owner},
};

on_both_databases!(
    a_rebuilt_store_tells_the_same_bytes,
    a_rebuild_that_dies_is_gone_on_with,
    a_rebuild_beside_another_server,
    an_endpoint_without_the_past_drops_nothing,
);

/// Every answer about the vault, as the bytes that are sent.
pub(super) async fn bytes_told(server: &TestServer) -> Vec<(String, String)> {
    let mut paths = vec![
        "/api/stats".to_owned(),
        "/api/yield/stats".to_owned(),
        "/api/yield/revenue-model".to_owned(),
        "/api/yield/distributions?limit=200".to_owned(),
        "/api/pools".to_owned(),
        "/api/yield/history?limit=200".to_owned(),
        "/api/yield/history?by=interval&limit=200".to_owned(),
        "/api/yield/history?by=interval&pool=SOL&limit=200".to_owned(),
    ];
    for wallet in (1..=5).map(owner) {
        paths.push(format!("/api/positions/{wallet}"));
        paths.push(format!("/api/yield/history/{wallet}.csv"));
    }
    let mut answers = Vec::new();
    for path in paths {
        let request = server.request(reqwest::Method::GET, &path);
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
        answers.push((path, response.text().await.unwrap()));
    }
    answers
}

/// A stand that saw a history as it happened, and took usage.
async fn lived(kind: Kind) -> Stand {
    let mut stand = Stand::new(kind).await;
    let batch = json!({ "events": [event("one", "gpu.h100.second", 3_600)] });
    assert_eq!(stand.server.post_usage(&batch).await.0, 200);
    let token = stand
        .world
        .add_token_pool(Address::new_from_array([201; 32]));
    stand.caught_up().await;
    stand.world.refresh_price(token, 1_250_000_000);
    stand.world.deposit_tokens(token, &owner(1), 80 * SOL);
    for count in [130, 1, 300] {
        live(&mut stand.world, count);
        stand.caught_up().await;
    }
    stand
}

/// Waits until the first look since a rebuild is complete. The cluster stands still: what is told
/// after it is as of the same slot.
async fn complete(stand: &Stand) {
    let name = stand.world.name();
    eventually("all is read again", || async {
        let progress = stand.store.store.progress(&name).await.unwrap();
        (progress.polled_at > 0).then_some(())
    })
    .await;
}

/// The same stand with another server, after what `between` does to the store.
async fn reopened(stand: Stand, between: impl AsyncFnOnce(&Stand)) -> Stand {
    let Stand {
        store,
        world,
        server,
    } = stand;
    server.stop().await;
    // What a stopped server holds is of no use to the next one.
    let idle = TestServer::start(
        &store.store,
        crate::support::server::ManualClock::at(0),
        |_| {},
    )
    .await;
    let stand = Stand {
        store,
        world,
        server: idle,
    };
    between(&stand).await;
    let Stand { store, world, .. } = stand;
    let server = serve(&store.store, &world, |_| {}).await;
    Stand {
        store,
        world,
        server,
    }
}

async fn a_rebuilt_store_tells_the_same_bytes(kind: Kind) {
    let stand = lived(kind).await;
    let before = bytes_told(&stand.server).await;
    let stand = reopened(stand, async |stand| {
        let rpc = &stand.world.cluster.url;
        let mut process = Process::start(&stand.store.url, rpc, &stand.world, &["--rebuild"]);
        process.listens();
        complete(stand).await;
    })
    .await;
    assert_eq!(bytes_told(&stand.server).await, before);
    assert_every_event_once(&stand).await;
}

/// Killed after its first step. Nothing is told of the half, whoever is asked, and a start that
/// knows nothing of the rebuild completes it.
async fn a_rebuild_that_dies_is_gone_on_with(kind: Kind) {
    let stand = lived(kind).await;
    let before = bytes_told(&stand.server).await;
    let stand = reopened(stand, async |stand| {
        stand.world.cluster.with(|c| {
            let read = c.calls["getTransaction"];
            c.answered.insert("getTransaction".into(), read + 250);
        });
        let rpc = &stand.world.cluster.url;
        let mut process = Process::start(&stand.store.url, rpc, &stand.world, &["--rebuild"]);
        process.listens();
        let name = stand.world.name();
        eventually("a step is stored", || async {
            let progress = stand.store.store.progress(&name).await.unwrap();
            (progress.slot > 0).then_some(())
        })
        .await;
    })
    .await;
    assert_eq!(stand.server.get("/readyz").await.0, 503);
    let (status, refusal) = stand.server.get("/api/stats").await;
    assert_eq!(
        (status.as_u16(), &refusal["code"]),
        (503, &json!("chain_not_indexed"))
    );

    stand.world.cluster.with(|c| c.answered.clear());
    complete(&stand).await;
    assert_eq!(bytes_told(&stand.server).await, before);
    assert_every_event_once(&stand).await;
}

/// A server that runs on, and had read all accounts a moment ago, finds the store empty: it reads
/// everything as one that starts does.
async fn a_rebuild_beside_another_server(kind: Kind) {
    let stand = lived(kind).await;
    let before = bytes_told(&stand.server).await;
    let name = stand.world.name();
    for _ in 0..3 {
        let earlier = stand.store.store.progress(&name).await.unwrap().version;
        stand.store.store.forget(&name).await.unwrap();
        complete(&stand).await;
        assert_eq!(bytes_told(&stand.server).await, before);
        assert_every_event_once(&stand).await;
        let version = stand.store.store.progress(&name).await.unwrap().version;
        assert!(
            version > earlier,
            "a step planned before the rebuild could be taken for one after it"
        );
    }
}

async fn an_endpoint_without_the_past_drops_nothing(kind: Kind) {
    let stand = lived(kind).await;
    let before = bytes_told(&stand.server).await;
    let creation = stand.world.cluster.with(|c| c.transactions.remove(0));
    let stand = reopened(stand, async |stand| {
        let rpc = &stand.world.cluster.url;
        let mut process = Process::start(&stand.store.url, rpc, &stand.world, &["--rebuild"]);
        assert!(!process.ends().success());
    })
    .await;
    assert_eq!(bytes_told(&stand.server).await, before);
    stand
        .world
        .cluster
        .with(|c| c.transactions.insert(0, creation));
    assert_every_event_once(&stand).await;
}

/// What a server tells that starts from nothing, as of the same slot.
pub(super) async fn as_from_nothing(kind: Kind, stand: &Stand) {
    assert_every_event_once(stand).await;
    let fresh = database::open(kind).await;
    let undisturbed = serve(&fresh.store, &stand.world, |_| {}).await;
    caught_up(&fresh.store, &stand.world).await;
    caught_up(&stand.store.store, &stand.world).await;
    // Both as of the same slot, which is part of the bytes.
    let slot = stand.world.cluster.with(|c| c.confirmed_slot());
    let name = stand.world.name();
    eventually("both are there", || async {
        let one = fresh.store.progress(&name).await.unwrap();
        let other = stand.store.store.progress(&name).await.unwrap();
        (one.accounts_slot.min(other.accounts_slot) >= slot).then_some(())
    })
    .await;
    let told = bytes_told(&stand.server).await;
    for ((path, told), (_, expected)) in told.iter().zip(bytes_told(&undisturbed).await) {
        let at = told.bytes().zip(expected.bytes()).position(|(a, b)| a != b);
        let from = at.unwrap_or_default().saturating_sub(60);
        assert!(
            *told == expected,
            "{path}, from byte {at:?}:\n{}\nexpected\n{}",
            &told[from..told.len().min(from + 200)],
            &expected[from..expected.len().min(from + 200)]
        );
    }
    undisturbed.stop().await;
}
