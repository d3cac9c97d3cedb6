//! Servers that stop, start again, and work side by side.

use primis_app_api::store::Store;

use super::backfill::{assert_every_event_once, live};
use crate::support::{
    database::{self, Kind, on_both_databases},
    stand::{Stand, caught_up, same_as_from_nothing, serve, told},
    vault::{World, owner},
};

on_both_databases!(
    what_happened_in_between_is_caught_up_with,
    a_restart_without_news_changes_nothing,
    a_stop_in_the_middle_of_the_back_fill,
    two_servers_follow_into_one_database,
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
    crate::support::stand::eventually("a step is stored", || async {
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
    assert_eq!(told(&server, &wallets).await, told(&other, &wallets).await);
    let stand = Stand {
        store,
        world,
        server,
    };
    assert_every_event_once(&stand).await;
    same_as_from_nothing(kind, &stand.server, &stand.world, &wallets).await;
}
