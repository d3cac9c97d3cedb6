//! Transactions that a fork drops, moves or lets fail after they were taken in. What is told in the end
//! is, byte for byte, what one tells that never saw them.

use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use serde_json::json;

use super::{
    backfill::{assert_every_event_once, live},
    rebuild::as_from_nothing,
};
use crate::support::{
    database::{Kind, on_both_databases},
    stand::{ALWAYS_SECONDS, Stand, eventually, serve},
    vault::{SOL, World, owner},
};

on_both_databases!(
    a_dropped_transaction_is_taken_out,
    a_moved_transaction_is_read_anew,
    a_transaction_that_fails_on_the_other_fork,
    a_transaction_that_comes_back_later,
    a_fork_while_no_server_runs,
    what_an_endpoint_forgot_is_not_dropped,
    nothing_is_asked_where_all_is_final,
    forks_and_restarts_at_random,
);

/// Slots by which finality is behind in these tests.
const BEHIND: u64 = 40;

/// A stand on a cluster where finality takes its time.
async fn stand(kind: Kind) -> Stand {
    let mut world = World::new().await;
    live(&mut world, 40);
    world.pass(BEHIND);
    world.cluster.with(|c| c.final_behind = BEHIND);
    let stand = Stand::with(kind, world, |_| {}).await;
    stand.caught_up().await;
    stand
}

async fn unfinalized(stand: &Stand) -> u64 {
    let name = stand.world.name();
    stand.store.store.unfinalized_count(&name).await.unwrap()
}

/// Waits until finality has passed everything, and all of it was looked at.
async fn all_is_final(stand: &Stand) {
    stand.world.pass(BEHIND);
    stand.caught_up().await;
    eventually("all is final", || async {
        (unfinalized(stand).await == 0).then_some(())
    })
    .await;
    stand.caught_up().await;
}

async fn a_dropped_transaction_is_taken_out(kind: Kind) {
    let mut stand = stand(kind).await;
    let root = stand.world.root();
    stand.world.deposit(&owner(7), 500 * SOL);
    stand.world.pass(5);
    stand.world.distribute(3 * SOL);
    stand.caught_up().await;
    assert_eq!(unfinalized(&stand).await, 2);
    let before = stand.server.get_ok("/api/yield/distributions").await;
    assert_eq!(before["distributions"][0]["amountLamports"], "3000000000");

    stand.world.fork(&root);
    stand.world.skip_signature();
    stand.world.skip_signature();
    stand.world.deposit(&owner(8), SOL);
    // Not final yet: nobody can say that they will not come back.
    stand.caught_up().await;
    assert_eq!(unfinalized(&stand).await, 3);
    all_is_final(&stand).await;
    as_from_nothing(kind, &stand).await;
    let gone = stand
        .server
        .get_ok(&format!("/api/positions/{}", owner(7)))
        .await;
    assert_eq!(gone["positions"], json!([]));
    let text = stand.server.request(reqwest::Method::GET, "/metrics");
    let text = text.send().await.unwrap().text().await.unwrap();
    assert!(text.contains("primis_indexer_dropped_total"), "{text}");
    let ready = stand.server.get_ok("/readyz").await;
    assert_eq!(ready["unfinalizedTransactions"], 0);
}

/// The same transactions in later slots, in another order and at other times, among new ones.
async fn a_moved_transaction_is_read_anew(kind: Kind) {
    let mut stand = stand(kind).await;
    let root = stand.world.root();
    stand.world.deposit(&owner(7), 500 * SOL);
    stand.world.pass(3);
    stand.world.deposit(&owner(8), 300 * SOL);
    stand.world.pass(3);
    stand.world.distribute(3 * SOL);
    stand.caught_up().await;
    assert_eq!(unfinalized(&stand).await, 3);

    stand.world.fork(&root);
    stand.world.pass(2);
    let first = stand.world.deposit(&owner(7), 500 * SOL);
    let second = stand.world.deposit(&owner(8), 300 * SOL);
    stand.world.distribute(3 * SOL);
    // In the same slot, the second before the first.
    stand.world.cluster.with(|c| {
        let at = |signature: &String| {
            let mut all = c.transactions.iter();
            all.position(|t| t.signature == *signature).unwrap()
        };
        let (first, second) = (at(&first), at(&second));
        let (a, b) = (
            c.transactions[first].signature.clone(),
            c.transactions[second].signature.clone(),
        );
        c.transactions[first].signature = b;
        c.transactions[second].signature = a;
    });
    stand.caught_up().await;
    all_is_final(&stand).await;
    as_from_nothing(kind, &stand).await;
}

async fn a_transaction_that_fails_on_the_other_fork(kind: Kind) {
    let mut stand = stand(kind).await;
    let root = stand.world.root();
    let signature = stand.world.deposit(&owner(7), 500 * SOL);
    stand.caught_up().await;
    stand.world.fork(&root);
    stand.world.pass(1);
    let (vault, pool) = (stand.world.address, stand.world.pool_address);
    let again = stand.world.submit_log(&[vault, pool], Vec::new());
    assert_eq!(again, signature);
    stand.world.cluster.with(|c| {
        c.transactions.last_mut().unwrap().failed = true;
    });
    stand.caught_up().await;
    all_is_final(&stand).await;
    as_from_nothing(kind, &stand).await;
}

/// A wallet goes on sending the same bytes: dropped and taken out, they land all the same.
async fn a_transaction_that_comes_back_later(kind: Kind) {
    let mut stand = stand(kind).await;
    let root = stand.world.root();
    let signature = stand.world.deposit(&owner(7), 500 * SOL);
    stand.caught_up().await;
    stand.world.fork(&root);
    all_is_final(&stand).await;
    as_from_nothing(kind, &stand).await;

    assert_eq!(stand.world.deposit(&owner(7), 500 * SOL), signature);
    stand.caught_up().await;
    assert_eq!(unfinalized(&stand).await, 1);
    assert_every_event_once(&stand).await;
    all_is_final(&stand).await;
    as_from_nothing(kind, &stand).await;
}

async fn a_fork_while_no_server_runs(kind: Kind) {
    let mut stand = stand(kind).await;
    let root = stand.world.root();
    live(&mut stand.world, 6);
    stand.caught_up().await;
    assert_eq!(unfinalized(&stand).await, 6);
    let Stand {
        store,
        mut world,
        server,
    } = stand;
    server.stop().await;
    world.fork(&root);
    world.pass(7);
    // More than a step takes in.
    live(&mut world, 330);
    world.pass(600);
    let server = serve(&store.store, &world, |_| {}).await;
    let stand = Stand {
        store,
        world,
        server,
    };
    stand.caught_up().await;
    all_is_final(&stand).await;
    as_from_nothing(kind, &stand).await;
}

/// Neither a node without the statuses nor one without the blocks makes history undone.
async fn what_an_endpoint_forgot_is_not_dropped(kind: Kind) {
    let mut stand = stand(kind).await;
    live(&mut stand.world, 5);
    stand.caught_up().await;
    stand.world.cluster.with(|c| c.forgets_statuses = true);
    stand.world.pass(2 * BEHIND);
    for first_slot in [0, u64::MAX] {
        // The transaction itself is known, or the endpoint does not go back to it.
        let calls = stand.world.cluster.with(|c| {
            c.first_slot = first_slot;
            if first_slot > 0 {
                for t in c.transactions.iter_mut().rev().take(5) {
                    t.hidden = true;
                }
            }
            c.calls.get("getFirstAvailableBlock").copied()
        });
        eventually("the endpoint is asked again", || async {
            stand
                .world
                .cluster
                .with(|c| (c.calls.get("getFirstAvailableBlock").copied() > calls).then_some(()))
        })
        .await;
        stand.caught_up().await;
        assert_eq!(unfinalized(&stand).await, 5);
        assert_every_event_once(&stand).await;
    }
    stand.world.cluster.with(|c| {
        (c.forgets_statuses, c.first_slot) = (false, 0);
        c.transactions.iter_mut().for_each(|t| t.hidden = false);
    });
    all_is_final(&stand).await;
    as_from_nothing(kind, &stand).await;
}

async fn nothing_is_asked_where_all_is_final(kind: Kind) {
    let mut stand = stand(kind).await;
    live(&mut stand.world, 5);
    stand.caught_up().await;
    all_is_final(&stand).await;
    let asked = |stand: &Stand| {
        stand.world.cluster.with(|c| {
            let of = |name: &str| c.calls.get(name).copied().unwrap_or_default();
            [of("getSignatureStatuses"), of("getFirstAvailableBlock")]
        })
    };
    let before = asked(&stand);
    assert!(before[0] > 0 && before[1] == 0, "{before:?}");
    for _ in 0..5 {
        stand.world.pass(30);
        stand.caught_up().await;
    }
    assert_eq!(asked(&stand), before);
}

/// Two servers follow into one database, start and stop, while the chain forks again and again.
async fn forks_and_restarts_at_random(kind: Kind) {
    let seed: u64 = rand::random();
    println!("seed {seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let mut stand = stand(kind).await;
    for n in 0..12 {
        let other = if random.random_bool(0.5) {
            let often = |s: &mut primis_app_api::config::Settings| {
                s.indexer.refresh_seconds = ALWAYS_SECONDS;
            };
            Some(serve(&stand.store.store, &stand.world, often).await)
        } else {
            None
        };
        let root = stand.world.root();
        // No fork goes back behind what is final.
        live(&mut stand.world, random.random_range(1..6));
        if random.random_bool(0.7) {
            stand.caught_up().await;
        }
        if random.random_bool(0.3) {
            stand = stand.restart().await;
        }
        if random.random_bool(0.8) {
            stand.world.fork(&root);
            for _ in 0..random.random_range(0..3) {
                stand.world.skip_signature();
            }
            stand.world.pass(random.random_range(0..9));
            live(&mut stand.world, random.random_range(0..15));
        }
        if let Some(other) = other {
            other.stop().await;
        }
        if n % 4 == 3 {
            all_is_final(&stand).await;
            as_from_nothing(kind, &stand).await;
        }
        stand.world.pass(random.random_range(1..50));
    }
    all_is_final(&stand).await;
    as_from_nothing(kind, &stand).await;
    println!("seed {seed} is done");
}
