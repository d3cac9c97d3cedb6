//! Servers that stop, start again, and work side by side.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use primis_app_api::store::Store;

use super::backfill::{assert_every_event_once, hold, live, release};
use crate::support::{
    database::{self, Kind, on_both_databases},
    stand::{Stand, caught_up, eventually, same_as_from_nothing, serve, told},
    vault::{SOL, World, owner},
};

on_both_databases!(
    what_happened_in_between_is_caught_up_with,
    a_restart_without_news_changes_nothing,
    a_stop_in_the_middle_of_the_back_fill,
    two_servers_follow_into_one_database,
    what_another_server_left_half_done,
);

async fn what_happened_in_between_is_caught_up_with(kind: Kind) {
    let mut stand = Stand::new(kind).await;
    for count in [40, 1, 260] {
        live(&mut stand.world, count);
        stand.caught_up().await;
        // More of it while the server is down, some of it older than the slots listed again.
        live(&mut stand.world, count);
        stand.world.pass(600);
        stand = stand.restart().await;
        stand.caught_up().await;
        assert_every_event_once(&stand).await;
    }
    same_as_from_nothing(kind, &stand.server, &stand.world, &[owner(1), owner(5)]).await;
}

async fn a_restart_without_news_changes_nothing(kind: Kind) {
    let mut stand = Stand::new(kind).await;
    live(&mut stand.world, 60);
    stand.caught_up().await;
    let wallets = [owner(1), owner(2)];
    let before = told(&stand.server, &wallets).await;
    let read = stand.world.cluster.with(|c| c.calls["getTransaction"]);
    for _ in 0..3 {
        stand = stand.restart().await;
        // What is stored is told before the first look.
        assert_eq!(told(&stand.server, &wallets).await, before);
        stand.caught_up().await;
        assert_eq!(told(&stand.server, &wallets).await, before);
    }
    assert_every_event_once(&stand).await;
    let read_again = stand.world.cluster.with(|c| c.calls["getTransaction"]);
    assert_eq!(read_again, read, "no transaction is read twice");
}

/// Stopped as soon as the first of several steps is stored.
async fn a_stop_in_the_middle_of_the_back_fill(kind: Kind) {
    let mut world = World::new().await;
    live(&mut world, 650);
    let mut stand = Stand::with(kind, world, |_| {}).await;
    let name = stand.world.name();
    eventually("a step is stored", || async {
        (stand.store.store.progress(&name).await.unwrap().version > 0).then_some(())
    })
    .await;
    stand = stand.restart().await;
    stand.caught_up().await;
    assert_every_event_once(&stand).await;
    same_as_from_nothing(kind, &stand.server, &stand.world, &[owner(1)]).await;
}

/// Replicas see each other's steps, and whoever is overtaken changes nothing.
async fn two_servers_follow_into_one_database(kind: Kind) {
    let mut world = World::new().await;
    live(&mut world, 450);
    let store = database::open(kind).await;
    let other_store = Store::open(&store.url, 8).await.unwrap();
    let server = serve(&store.store, &world, |_| {}).await;
    let other = serve(&other_store, &world, |_| {}).await;
    for _ in 0..5 {
        live(&mut world, 30);
        caught_up(&store.store, &world).await;
    }
    let wallets = [owner(1), owner(2)];
    // Who stored the last step tells of it at once, the other one soon.
    eventually("both tell the same", || async {
        (told(&server, &wallets).await == told(&other, &wallets).await).then_some(())
    })
    .await;
    let stand = Stand {
        store,
        world,
        server,
    };
    assert_every_event_once(&stand).await;
    same_as_from_nothing(kind, &stand.server, &stand.world, &wallets).await;
}

/// One server stops between two steps; the other knows nothing of the positions that the first
/// step touched, and finds them all the same.
async fn what_another_server_left_half_done(kind: Kind) {
    let mut world = World::new().await;
    live(&mut world, 30);
    let store = database::open(kind).await;
    let open = Arc::new(AtomicBool::new(true));
    let door = world.cluster.door(Arc::clone(&open)).await;
    let other = serve(&store.store, &world, |s| s.chain.rpc_url = door).await;
    caught_up(&store.store, &world).await;
    open.store(false, Ordering::SeqCst);

    let server = serve(&store.store, &world, |_| {}).await;
    caught_up(&store.store, &world).await;
    hold(&world).await;
    world.deposit(&owner(9), SOL);
    // One step for the one server, one for the other.
    live(&mut world, 350);
    release(&world, 300);
    let name = world.name();
    eventually("a step is stored", || async {
        let progress = store.store.progress(&name).await.unwrap();
        (progress.slot > progress.horizon_slot).then_some(())
    })
    .await;
    server.stop().await;

    world.cluster.with(|c| c.answered.clear());
    open.store(true, Ordering::SeqCst);
    caught_up(&store.store, &world).await;
    same_as_from_nothing(kind, &other, &world, &[owner(1), owner(9)]).await;
}
