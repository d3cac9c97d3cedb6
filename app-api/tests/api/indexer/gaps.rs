//! Holes in the history show in the chain's own counters, and are filled.

use primis_vault_interface::{Layout as _, events};
use serde_json::{Value, json};

use super::{
    backfill::{assert_every_event_once, live},
    rebuild::bytes_told,
};
use crate::support::{
    database::{Kind, on_both_databases},
    stand::{ALWAYS_SECONDS, Stand, eventually, same_as_from_nothing},
    vault::{SOL, World, owner},
};

on_both_databases!(
    every_kind_of_hole_is_found_and_filled,
    all_is_not_listed_again_and_again,
    what_another_version_derived_is_derived_again,
);

async fn complete(stand: &Stand) -> (Value, Value) {
    let ready = stand.server.get_ok("/readyz").await;
    (ready["historyComplete"].clone(), ready["message"].clone())
}

/// Each of these leaves a counter of its own: units, positions, what was claimed, funded, swept and
/// distributed.
async fn every_kind_of_hole_is_found_and_filled(kind: Kind) {
    let world = World::new().await;
    let mut stand = Stand::with(kind, world, |s| s.indexer.refresh_seconds = ALWAYS_SECONDS).await;
    live(&mut stand.world, 60);
    stand.world.pass(700);
    let moves: [fn(&mut World); 6] = [
        |w| drop(w.deposit(&owner(1), SOL)),
        |w| drop(w.withdraw(&owner(2), SOL)),
        |w| assert!(w.claim(&owner(1)) > 0),
        |w| drop(w.distribute(SOL)),
        // The accounts as after it, and no other counter than this one.
        |w| {
            w.vault.swept_total_lamports[2] += 5;
            w.vault.treasury_lamports -= 5;
            let swept = events::BucketSwept {
                amount_lamports: 5,
                left_lamports: w.vault.treasury_lamports,
                bucket: 3,
                at: w.now(),
                vault: w.address,
                destination: owner(90),
            };
            let vault = w.address;
            drop(w.submit(&[vault], &[swept.to_bytes()]));
        },
        |w| {
            w.vault.compute.funded_total_lamports += 7;
            w.vault.compute.funded_lamports += 7;
            let funded = events::Funded {
                amount_lamports: 7,
                funded_lamports: w.vault.compute.funded_lamports,
                source: 1,
                at: w.now(),
                vault: w.address,
                funder: owner(90),
            };
            let vault = w.address;
            drop(w.submit(&[vault], &[funded.to_bytes()]));
        },
    ];
    for (n, make) in moves.into_iter().enumerate() {
        stand.caught_up().await;
        eventually("all is there", || async {
            (complete(&stand).await.0 == json!(true)).then_some(())
        })
        .await;
        make(&mut stand.world);
        stand
            .world
            .cluster
            .with(|c| c.transactions.last_mut().unwrap().hidden = true);
        // So long that the lists are not read again from before it.
        stand.world.pass(200);
        let pool = stand.world.pool_address;
        stand
            .world
            .submit_log(&[stand.world.address, pool], Vec::new());
        stand.world.pass(200);
        eventually("the hole is found", || async {
            stand.caught_up().await;
            (complete(&stand).await.0 == json!(false)).then_some(())
        })
        .await;
        let message = complete(&stand).await.1;
        assert!(
            message.as_str().unwrap().contains("missing"),
            "{n}: {message}"
        );
        stand
            .world
            .cluster
            .with(|c| c.transactions.iter_mut().for_each(|t| t.hidden = false));
    }
    eventually("the last hole is filled", || async {
        stand.caught_up().await;
        (complete(&stand).await == (json!(true), Value::Null)).then_some(())
    })
    .await;
    assert_every_event_once(&stand).await;
    same_as_from_nothing(kind, &stand.server, &stand.world, &[owner(1), owner(2)]).await;
}

/// An endpoint that has lost a transaction for good is not asked for everything with every look.
async fn all_is_not_listed_again_and_again(kind: Kind) {
    let mut world = World::new().await;
    live(&mut world, 30);
    world.pass(600);
    world.claim(&owner(1));
    world.cluster.with(|c| {
        c.transactions.pop();
        c.page = Some(1);
    });
    world.pass(600);
    let stand = Stand::with(kind, world, |s| s.indexer.refresh_seconds = 1).await;
    eventually("the hole is found", || async {
        stand.caught_up().await;
        (complete(&stand).await.0 == json!(false)).then_some(())
    })
    .await;
    let pages = |stand: &Stand| {
        stand
            .world
            .cluster
            .with(|c| c.calls["getSignaturesForAddress"])
    };
    // Four seconds, in which it is compared every second: listed again after one, two and four.
    let before = pages(&stand);
    let until = tokio::time::Instant::now() + std::time::Duration::from_secs(4);
    let mut looks = 0;
    while tokio::time::Instant::now() < until {
        stand.caught_up().await;
        looks += 1;
    }
    let whole = 30 + 30;
    assert!(looks > 8, "{looks} looks");
    assert!(
        pages(&stand) - before < whole * 4 + looks * 4,
        "{} pages in {looks} looks",
        pages(&stand) - before
    );
    assert_eq!(complete(&stand).await.0, json!(false));
}

/// An update of the program finds sums that others made: the events are there, and that is enough.
async fn what_another_version_derived_is_derived_again(kind: Kind) {
    let mut stand = Stand::new(kind).await;
    live(&mut stand.world, 130);
    stand.caught_up().await;
    let before = bytes_told(&stand.server).await;
    let fetched = stand.world.cluster.with(|c| c.calls["getTransaction"]);
    let Stand {
        store,
        world,
        server,
    } = stand;
    server.stop().await;
    for sql in [
        "UPDATE indexer_state SET derivation = 0",
        "DELETE FROM event_totals",
        "DELETE FROM stake_points",
        "UPDATE distributions SET cumulative_stakers_lamports = 1",
    ] {
        store.execute(sql).await;
    }
    let server = crate::support::stand::serve(&store.store, &world, |_| {}).await;
    let stand = Stand {
        store,
        world,
        server,
    };
    let name = stand.world.name();
    eventually("all is derived again", || async {
        let progress = stand.store.store.progress(&name).await.unwrap();
        (progress.derivation > 0).then_some(())
    })
    .await;
    assert_eq!(bytes_told(&stand.server).await, before);
    assert_eq!(
        stand.world.cluster.with(|c| c.calls["getTransaction"]),
        fetched
    );
    eventually("all adds up", || async {
        (complete(&stand).await.0 == json!(true)).then_some(())
    })
    .await;
}
