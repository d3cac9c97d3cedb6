//! Endpoints that fail, lag and forget.

use solana_address::Address;

use super::backfill::{assert_every_event_once, live};
use crate::support::{
    database::{Kind, on_both_databases},
    stand::{ALWAYS_SECONDS, Stand, eventually, same_as_from_nothing, serve, told},
    vault::{SOL, World, owner},
};

on_both_databases!(
    failed_transactions_did_not_happen,
    every_call_fails_sometimes,
    a_transaction_that_is_listed_late,
    a_transaction_that_is_listed_much_too_late,
    a_withdrawal_that_only_the_pool_lists,
    an_endpoint_whose_accounts_lag,
    an_endpoint_that_goes_back,
);

fn wallets() -> [Address; 5] {
    [1, 2, 3, 4, 5].map(owner)
}

async fn failed_transactions_did_not_happen(kind: Kind) {
    let mut world = World::new().await;
    live(&mut world, 60);
    // The chain keeps the log of a transaction up to where it failed.
    for n in 0..60 {
        let pool = world.pool_address;
        let vault = world.address;
        world.cluster.with(|c| {
            let mut failed = c.transactions[n].clone();
            failed.signature = failed
                .signature
                .replacen(|c: char| c.is_ascii_digit(), "A", 1);
            failed.failed = true;
            failed.slot = c.slot;
            failed.names = vec![vault, pool];
            c.transactions.push(failed);
        });
    }
    let stand = Stand::with(kind, world, |_| {}).await;
    stand.caught_up().await;
    assert_every_event_once(&stand).await;
    assert_eq!(
        stand.server.get_ok("/api/stats").await["distributionCount"],
        1
    );
    // Their logs are not even read.
    let read = stand.world.cluster.with(|c| c.calls["getTransaction"]);
    assert_eq!(read, 62, "the vault, its pool, and sixty moves");
}

/// Each method in turn fails in the middle of the work; what was done before is kept, and nothing
/// is done twice.
async fn every_call_fails_sometimes(kind: Kind) {
    let mut world = World::new().await;
    live(&mut world, 230);
    world
        .cluster
        .with(|c| c.answered.insert("getTransaction".into(), 100));
    // All accounts are read with every look, so that each look makes each call.
    let mut stand = Stand::with(kind, world, |s| s.indexer.refresh_seconds = ALWAYS_SECONDS).await;
    eventually("the endpoint fails", || async {
        stand.world.cluster.with(|c| {
            c.calls
                .get("getTransaction")
                .is_some_and(|n| *n > 100)
                .then_some(())
        })
    })
    .await;
    stand.world.cluster.with(|c| c.answered.clear());
    for method in [
        "getSlot",
        "getSignaturesForAddress",
        "getTransaction",
        "getMultipleAccounts",
        "getProgramAccounts",
    ] {
        live(&mut stand.world, 20);
        stand
            .world
            .cluster
            .with(|c| c.failures.insert(method.into(), 2));
        eventually("the failures happen", || async {
            stand
                .world
                .cluster
                .with(|c| (c.failures[method] == 0).then_some(()))
        })
        .await;
        stand.caught_up().await;
        assert_every_event_once(&stand).await;
    }
    same_as_from_nothing(kind, &stand.server, &stand.world, &wallets()).await;
}

/// What an endpoint lists late is put where it belongs: sums and order are made again.
async fn a_transaction_that_is_listed_late(kind: Kind) {
    let mut stand = Stand::new(kind).await;
    let world = &mut stand.world;
    world.deposit(&owner(1), 100 * SOL);
    world.pass(10);
    let deposit = world.deposit(&owner(2), 300 * SOL);
    world.pass(10);
    let distribution = world.distribute(2 * SOL);
    hide(world, &[&deposit, &distribution], true);
    world.pass(10);
    world.distribute(4 * SOL);
    stand.caught_up().await;
    let rows = distributions(&stand).await;
    assert_eq!(
        rows,
        [("4000000000".to_owned(), 20)],
        "one is not listed yet"
    );

    hide(&stand.world, &[&deposit, &distribution], false);
    stand.caught_up().await;
    let rows = distributions(&stand).await;
    assert_eq!(
        rows,
        [("4000000000".to_owned(), 20), ("2000000000".to_owned(), 0)]
    );
    assert_every_event_once(&stand).await;
    // Sums of everything before, and the stake it lay on, as if it had never been late.
    same_as_from_nothing(kind, &stand.server, &stand.world, &wallets()).await;
}

/// So late that it is no longer looked for: the vault's own count tells that it is missing, and
/// everything is listed again.
async fn a_transaction_that_is_listed_much_too_late(kind: Kind) {
    let world = World::new().await;
    let mut stand = Stand::with(kind, world, |s| s.indexer.refresh_seconds = ALWAYS_SECONDS).await;
    let world = &mut stand.world;
    world.deposit(&owner(1), 100 * SOL);
    world.pass(10);
    let missing = world.distribute(2 * SOL);
    hide(world, &[&missing], true);
    world.pass(10);
    world.distribute(4 * SOL);
    world.pass(200);
    world.deposit(&owner(2), SOL);
    stand.caught_up().await;
    // The cursor stands behind the missing one now: it is read again only if all is listed.
    let cursors = stand
        .store
        .store
        .cursors(&stand.world.name())
        .await
        .unwrap();
    let slot = stand.world.cluster.with(|c| {
        c.transactions
            .iter()
            .find(|t| t.signature == missing)
            .unwrap()
            .slot
    });
    assert!(
        cursors.iter().all(|cursor| cursor.slot > slot),
        "{cursors:?}"
    );

    hide(&stand.world, &[&missing], false);
    eventually("everything is listed again", || async {
        stand.caught_up().await;
        (distributions(&stand).await.len() == 2).then_some(())
    })
    .await;
    assert_every_event_once(&stand).await;
    same_as_from_nothing(kind, &stand.server, &stand.world, &wallets()).await;
}

/// The transactions of the vault alone do not have all of the history.
async fn a_withdrawal_that_only_the_pool_lists(kind: Kind) {
    let mut stand = Stand::new(kind).await;
    stand.world.deposit(&owner(1), 5 * SOL);
    stand.caught_up().await;
    let withdrawal = stand.world.withdraw(&owner(1), 2 * SOL);
    let vault = stand.world.address;
    let named = stand.world.cluster.with(|c| {
        c.transactions
            .iter()
            .find(|t| t.signature == withdrawal)
            .unwrap()
            .names
            .contains(&vault)
    });
    assert!(
        !named,
        "the test needs a transaction that does not name the vault"
    );
    stand.caught_up().await;
    assert_every_event_once(&stand).await;
    assert_eq!(
        stand.server.get_ok("/api/stats").await["totalStakedSol"],
        3.0
    );
}

/// A node behind answers for the accounts: what it says is older than what was listed, and is not
/// taken.
async fn an_endpoint_whose_accounts_lag(kind: Kind) {
    let mut stand = Stand::new(kind).await;
    stand.world.deposit(&owner(1), 5 * SOL);
    stand.caught_up().await;
    let before = told(&stand.server, &wallets()).await;
    let calls = stand.world.cluster.with(|c| {
        c.accounts_behind = 1_000;
        c.calls["getMultipleAccounts"]
    });
    stand.world.deposit(&owner(2), 5 * SOL);
    eventually("the lagging node is asked", || async {
        stand
            .world
            .cluster
            .with(|c| (c.calls["getMultipleAccounts"] > calls + 1).then_some(()))
    })
    .await;
    assert_eq!(told(&stand.server, &wallets()).await, before);

    stand.world.cluster.with(|c| c.accounts_behind = 0);
    stand.caught_up().await;
    assert_every_event_once(&stand).await;
    let other = serve(&stand.store.store, &stand.world, |_| {}).await;
    assert_eq!(
        told(&other, &wallets()).await,
        told(&stand.server, &wallets()).await
    );
    assert_eq!(stand.server.get_ok("/api/stats").await["totalStakers"], 2);
}

/// Behind one address there can be several nodes; one of them knows only what was long ago. The new
/// is not replaced by the old.
async fn an_endpoint_that_goes_back(kind: Kind) {
    let world = World::new().await;
    // Whether all accounts are read or only those that were touched.
    let mut stand = Stand::with(kind, world, |s| s.indexer.refresh_seconds = ALWAYS_SECONDS).await;
    live(&mut stand.world, 30);
    stand.caught_up().await;
    let (slot, clock, accounts) = stand
        .world
        .cluster
        .with(|c| (c.slot, c.clock_unix, c.accounts.clone()));
    stand.world.pass(10);
    live(&mut stand.world, 30);
    stand.caught_up().await;
    let before = told(&stand.server, &wallets()).await;

    let (slot_now, clock_now, accounts_now, calls) = stand.world.cluster.with(|c| {
        let now = (c.slot, c.clock_unix, c.accounts.clone(), c.calls["getSlot"]);
        (c.slot, c.clock_unix, c.accounts) = (slot, clock, accounts);
        now
    });
    eventually("the node that is behind is asked", || async {
        stand
            .world
            .cluster
            .with(|c| (c.calls["getSlot"] > calls + 1).then_some(()))
    })
    .await;
    assert_eq!(told(&stand.server, &wallets()).await, before);

    stand
        .world
        .cluster
        .with(|c| (c.slot, c.clock_unix, c.accounts) = (slot_now, clock_now, accounts_now));
    stand.caught_up().await;
    assert_eq!(told(&stand.server, &wallets()).await, before);
}

fn hide(world: &World, signatures: &[&String], hidden: bool) {
    world.cluster.with(|c| {
        for t in c
            .transactions
            .iter_mut()
            .filter(|t| signatures.contains(&&t.signature))
        {
            t.hidden = hidden;
        }
    });
}

/// Amounts and begins of the intervals, newest first; the begin as seconds after the vault's.
async fn distributions(stand: &Stand) -> Vec<(String, i64)> {
    let answer = stand.server.get_ok("/api/yield/distributions").await;
    let rows = answer["distributions"].as_array().unwrap();
    rows.iter()
        .map(|row| {
            let from = row["intervalFromUnix"].as_i64().unwrap();
            (
                row["amountLamports"].as_str().unwrap().to_owned(),
                from - crate::support::vault::BORN,
            )
        })
        .collect()
}
