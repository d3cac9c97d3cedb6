//! `/healthz` and `/readyz`.

use serde_json::{Value, json};

use crate::support::{
    database::{self, Kind, on_both_databases},
    server::{ManualClock, TestServer},
    stand::{Stand, caught_up, eventually},
    vault::{BORN, SOL, World, owner},
};

on_both_databases!(
    without_a_vault_metering_is_ready,
    not_ready_before_the_first_complete_look,
    not_ready_when_the_chain_was_not_read_for_too_long,
    not_ready_without_the_database,
    no_vault_at_the_address,
);

async fn ready(server: &TestServer) -> (u16, Value) {
    let (status, body) = server.get("/readyz").await;
    (status.as_u16(), body)
}

async fn without_a_vault_metering_is_ready(kind: Kind) {
    let store = database::open(kind).await;
    let server = TestServer::start(&store.store, ManualClock::at(BORN), |_| {}).await;
    assert_eq!(server.get_ok("/healthz").await, json!({ "status": "ok" }));
    let (status, body) = ready(&server).await;
    assert_eq!(
        (status, &body["ready"], &body["indexer"]),
        (200, &json!(true), &Value::Null)
    );
    assert!(body["message"].as_str().unwrap().contains("only metering"));
    // What needs the chain says so.
    for path in [
        "/api/stats",
        "/api/yield/stats",
        "/api/yield/revenue-model",
        "/api/yield/distributions",
    ] {
        let (status, refusal) = server.get(path).await;
        assert_eq!(
            (status.as_u16(), &refusal["code"]),
            (503, &json!("chain_not_indexed")),
            "{path}"
        );
    }
}

async fn not_ready_before_the_first_complete_look(kind: Kind) {
    let world = World::new().await;
    world
        .cluster
        .with(|c| c.answered.insert("getMultipleAccounts".into(), 0));
    let stand = Stand::with(kind, world, |_| {}).await;
    eventually("the indexer tries", || async {
        stand.world.cluster.with(|c| {
            c.calls
                .get("getMultipleAccounts")
                .is_some_and(|calls| *calls > 0)
                .then_some(())
        })
    })
    .await;
    let (status, body) = ready(&stand.server).await;
    assert_eq!(
        (status, &body["ready"], &body["database"]),
        (503, &json!(false), &json!(true))
    );
    assert_eq!(
        (&body["indexer"], &body["lagSeconds"]),
        (&json!(false), &Value::Null)
    );
    assert!(body["message"].as_str().unwrap().contains("not been read"));
    assert_eq!(
        stand.server.get_ok("/healthz").await,
        json!({ "status": "ok" })
    );

    stand.world.cluster.with(|c| c.answered.clear());
    stand.caught_up().await;
    let (status, body) = ready(&stand.server).await;
    assert_eq!(
        (status, &body["ready"], &body["indexer"]),
        (200, &json!(true), &json!(true))
    );
    assert_eq!(
        (&body["lagSlots"], &body["lagSeconds"]),
        (&json!(0), &json!(0))
    );
    assert_eq!(body["message"], Value::Null);
}

async fn not_ready_when_the_chain_was_not_read_for_too_long(kind: Kind) {
    let world = World::new().await;
    let store = database::open(kind).await;
    let clock = ManualClock::at(BORN);
    let (rpc_url, vault) = (world.cluster.url.clone(), world.name());
    let server = TestServer::start(&store.store, clock.clone(), |settings| {
        settings.chain.rpc_url = rpc_url;
        settings.chain.vault = Some(vault);
        settings.indexer.max_lag_seconds = 30;
    })
    .await;
    caught_up(&store.store, &world).await;
    assert_eq!(ready(&server).await.0, 200);

    // The cluster stops answering, and a look that had begun before that is over.
    let calls = world.cluster.with(|c| {
        c.answered.insert("getSlot".into(), 0);
        c.calls["getSlot"]
    });
    eventually("the indexer fails", || async {
        world
            .cluster
            .with(|c| (c.calls["getSlot"] > calls).then_some(()))
    })
    .await;
    clock.set(BORN + 30);
    assert_eq!(ready(&server).await.0, 200);
    clock.set(BORN + 31);
    let (status, body) = ready(&server).await;
    assert_eq!(
        (status, &body["lagSeconds"], &body["indexer"]),
        (503, &json!(31), &json!(false))
    );
    assert!(
        body["message"]
            .as_str()
            .unwrap()
            .contains("not read for too long")
    );

    world.cluster.with(|c| c.answered.clear());
    caught_up(&store.store, &world).await;
    assert_eq!(ready(&server).await.0, 200);
}

async fn not_ready_without_the_database(kind: Kind) {
    let store = database::open(kind).await;
    let server = TestServer::start(&store.store, ManualClock::at(BORN), |_| {}).await;
    assert_eq!(ready(&server).await.0, 200);
    store.lose().await;
    let (status, body) = ready(&server).await;
    assert_eq!(
        (status, &body["ready"], &body["database"]),
        (503, &json!(false), &json!(false))
    );
    assert!(
        body["message"]
            .as_str()
            .unwrap()
            .contains("the database does not answer")
    );
    assert_eq!(server.get_ok("/healthz").await, json!({ "status": "ok" }));
}

/// Another account, or none, at the address: nothing is served, rather than zeros.
async fn no_vault_at_the_address(kind: Kind) {
    let mut world = World::new().await;
    world.deposit(&owner(1), SOL);
    let vault = world.name();
    let bytes = world.cluster.with(|c| c.accounts.remove(&vault)).unwrap();
    let stand = Stand::with(kind, world, |_| {}).await;
    eventually("the indexer tries twice", || async {
        stand.world.cluster.with(|c| {
            c.calls
                .get("getMultipleAccounts")
                .is_some_and(|calls| *calls > 1)
                .then_some(())
        })
    })
    .await;
    assert_eq!(ready(&stand.server).await.0, 503);
    let (status, refusal) = stand.server.get("/api/stats").await;
    assert_eq!(
        (status.as_u16(), &refusal["code"]),
        (503, &json!("chain_not_indexed"))
    );

    stand
        .world
        .cluster
        .with(|c| c.accounts.insert(vault, bytes));
    stand.caught_up().await;
    assert_eq!(
        stand.server.get_ok("/api/stats").await["totalStakedSol"],
        1.0
    );
}
