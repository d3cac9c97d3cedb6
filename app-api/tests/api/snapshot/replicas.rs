//! Two servers on one database, of which one reads the chain.

use std::time::{Duration, Instant};

use primis_app_api::{snapshot::POLL, store::Store};
use serde_json::{Value, json};

use crate::support::{
    database::{Kind, on_both_databases},
    server::{TestServer, event},
    stand::{Stand, eventually, serve},
    vault::{SOL, owner},
};

on_both_databases!(
    a_replica_keeps_up,
    a_replica_forgets_with_the_store,
    answers_outlive_the_database_for_a_while
);

/// What a machine that is busy with other tests may take beside the bound.
const SLACK: Duration = Duration::from_secs(5);
/// Nobody answers here.
const NO_RPC: &str = "http://127.0.0.1:9";

/// Another server on the database of `stand`, with connections of its own and no way to the chain.
async fn replica(stand: &Stand) -> (Store, TestServer) {
    let store = Store::open(&stand.store.url, 4).await.unwrap();
    let server = serve(&store, &stand.world, |settings| {
        settings.chain.rpc_url = NO_RPC.into();
    })
    .await;
    (store, server)
}

/// Waits until the replica tells what the indexing server tells at once; within the bound.
async fn follows(stand: &Stand, replica: &TestServer, path: &str) -> Value {
    stand.caught_up().await;
    let told = stand.server.get_ok(path).await;
    let since = Instant::now();
    eventually("the replica tells the same", || async {
        let (status, body) = replica.get(path).await;
        (status == 200 && without_slot(&body) == without_slot(&told)).then_some(())
    })
    .await;
    assert!(since.elapsed() < POLL + SLACK, "{:?}", since.elapsed());
    told
}

/// The slot of a look rises with each, and each server has its own.
fn without_slot(body: &Value) -> Value {
    let mut body = body.clone();
    if let Some(fields) = body.as_object_mut() {
        fields.remove("asOfSlot");
    }
    body
}

async fn a_replica_keeps_up(kind: Kind) {
    let mut stand = Stand::new(kind).await;
    let (store, replica) = replica(&stand).await;
    let alice = owner(1);
    let paths = [
        "/api/stats".to_owned(),
        "/api/yield/stats".to_owned(),
        "/api/pools".to_owned(),
        format!("/api/positions/{alice}"),
        format!("/api/yield/my-apy/{alice}"),
    ];
    let mut last = Vec::new();
    for n in 0..5 {
        match n {
            0 => stand.world.deposit(&alice, 10 * SOL),
            1 => stand.world.deposit(&owner(2), 30 * SOL),
            2 => stand.world.distribute(12 * SOL),
            3 => stand.world.withdraw(&alice, 10 * SOL),
            _ => stand.world.close(&alice),
        };
        stand.world.pass(60);
        last.clear();
        for path in &paths {
            last.push(follows(&stand, &replica, path).await);
        }
    }
    // Who closed the position is gone everywhere.
    assert_eq!(last[0]["totalStakers"], 1);
    assert_eq!(last[3]["positions"], json!([]));
    assert_eq!(last[4]["userStakeLamports"], "0");

    // Usage too, though it is no matter of the chain.
    stand
        .server
        .post_usage(&json!({ "events": [event("a", "api.call", 1)] }))
        .await;
    for server in [&stand.server, &replica] {
        eventually("the job is counted", || async {
            let stats = server.get_ok("/api/stats").await;
            (stats["totalJobsCompleted"] == 1).then_some(())
        })
        .await;
    }
    replica.stop().await;
    store.close().await;
}

/// What was dropped is told by nobody, and what is read again by all.
async fn a_replica_forgets_with_the_store(kind: Kind) {
    let mut stand = Stand::new(kind).await;
    stand.world.deposit(&owner(1), SOL);
    stand.caught_up().await;
    let (store, replica) = replica(&stand).await;
    follows(&stand, &replica, "/api/stats").await;
    // Nobody can read it again yet.
    stand.world.cluster.with(|c| {
        c.answered.insert("getSlot".into(), 0);
    });
    stand.store.store.forget(&stand.world.name()).await.unwrap();
    let refused = |(status, body): (reqwest::StatusCode, Value)| {
        status == 503 && body["code"] == "chain_not_indexed"
    };
    eventually("both know of nothing", || async {
        let (mine, theirs) = (
            stand.server.get("/api/stats").await,
            replica.get("/api/stats").await,
        );
        (refused(mine) && refused(theirs)).then_some(())
    })
    .await;
    stand.world.cluster.with(|c| c.answered.clear());
    stand.caught_up().await;
    let stats = follows(&stand, &replica, "/api/stats").await;
    assert_eq!(stats["totalStakedLamports"], SOL.to_string());
    replica.stop().await;
    store.close().await;
}

/// A restart of the database is not noticed; its loss is told, instead of figures of long ago.
async fn answers_outlive_the_database_for_a_while(kind: Kind) {
    let mut stand = Stand::new(kind).await;
    stand.world.deposit(&owner(1), SOL);
    stand.caught_up().await;
    let path = format!("/api/positions/{}", owner(1));
    stand.server.get_ok(&path).await;
    stand.store.lose().await;
    assert_eq!(
        stand.server.get_ok(&path).await["stakedLamports"],
        SOL.to_string()
    );
    let refusal = eventually("the loss is told", || async {
        let (status, body) = stand.server.get(&path).await;
        (status == 503).then_some(body)
    })
    .await;
    assert_eq!(refusal["code"], "database_unavailable");
}
