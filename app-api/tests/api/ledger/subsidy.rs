//! What is swept from the vault makes compute cheaper.

use primis_vault_interface::Source;

use crate::support::{
    database::{self, Kind, on_both_databases},
    hermes,
    server::{ManualClock, TestServer},
    stand::{NEVER_SECONDS, caught_up, eventually},
    vault::{BORN, SOL, World, owner},
};

on_both_databases!(a_sweep_is_credited_once_and_when_no_fork_can_drop_it);

/// Slots by which finality is behind.
const BEHIND: u64 = 40;

async fn a_sweep_is_credited_once_and_when_no_fork_can_drop_it(kind: Kind) {
    let mut world = World::new().await;
    world.deposit(&owner(1), 10 * SOL);
    world.pass(600);
    world.distribute_from(Source::Staking, 3 * SOL + 7);
    world.cluster.with(|c| c.final_behind = BEHIND);
    // A fifth of staking's yield is for the subsidy.
    assert_eq!(world.sweep_subsidy(), 3 * SOL / 5 + 1);

    let price = hermes::serve(150, BORN + 600).await;
    let store = database::open(kind).await;
    let start = async || {
        let (rpc_url, vault, price) = (world.cluster.url.clone(), world.name(), price.clone());
        TestServer::start(&store.store, ManualClock::at(BORN + 600), |settings| {
            settings.chain.rpc_url = rpc_url;
            settings.chain.vault = Some(vault);
            settings.indexer.refresh_seconds = NEVER_SECONDS;
            settings.price = Some(price);
        })
        .await
    };
    // Two replicas: one of them is the first.
    let (one, other) = (start().await, start().await);
    caught_up(&store.store, &world).await;
    let pool = async || {
        let sql = "SELECT account, balance_nano_usd FROM balances WHERE account = 'subsidy'";
        store.rows(sql).await.first().map(|row| row.1)
    };
    assert_eq!(pool().await, None);

    world.pass(BEHIND);
    let credited = eventually("the sweep is credited", pool).await;
    // 0.600000001 SOL at $150, to the nano-USD.
    assert_eq!(credited, 90_000_000_150);
    let postings = "SELECT book, amount_nano_usd FROM entries ORDER BY line";
    let both = [("vault".into(), credited), ("subsidy".into(), -credited)];
    assert_eq!(store.rows(postings).await, both);
    world.pass(BEHIND);
    caught_up(&store.store, &world).await;
    assert_eq!(store.rows(postings).await, both);
    one.stop().await;
    other.stop().await;
}
