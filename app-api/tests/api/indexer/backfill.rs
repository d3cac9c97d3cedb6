//! A history that was there before the server, page by page.

use serde_json::json;

use crate::support::{
    database::{Kind, on_both_databases},
    stand::{Stand, eventually, same_as_from_nothing},
    vault::{SOL, World, owner},
};

on_both_databases!(
    longer_than_a_page,
    an_endpoint_with_short_pages,
    nothing_is_told_of_half_a_history,
    what_was_told_stays_until_all_is_caught_up_with,
    a_vault_that_is_created_later,
    a_new_pool_is_whole_in_the_look_that_finds_it,
);

/// Stakes a little `count` times, for a few owners, with a distribution now and then.
pub(super) fn live(world: &mut World, count: u64) {
    for n in 0..count {
        let staker = owner(u8::try_from(n % 5).unwrap() + 1);
        if n % 3 == 0 {
            world.pass(7);
        }
        match n % 50 {
            20 => drop(world.distribute(SOL + n)),
            40 if world.position(&staker).is_some_and(|p| p.units > n) => {
                drop(world.withdraw(&staker, n))
            }
            49 => drop(world.claim(&staker)),
            _ => drop(world.deposit(&staker, SOL + n)),
        }
    }
}

/// Keeps indexers from looking, and waits until a look that had begun is over, so that all that
/// happens from now on is found by one look.
pub(super) async fn hold(world: &World) {
    let calls = world.cluster.with(|c| {
        c.answered.insert("getSlot".into(), 0);
        c.calls["getSlot"]
    });
    eventually("a look that had begun is over", || async {
        world
            .cluster
            .with(|c| (c.calls["getSlot"] > calls).then_some(()))
    })
    .await;
}

/// Lets them look again, and read so many transactions.
pub(super) fn release(world: &World, transactions: u64) {
    world.cluster.with(|c| {
        let read = c.calls["getTransaction"];
        c.answered
            .insert("getTransaction".into(), read + transactions);
        c.answered.remove("getSlot");
    });
}

/// Asserts that the store holds each logged event of the chain once, in the chain's order.
pub(super) async fn assert_every_event_once(stand: &Stand) {
    let stored = stand.store.store.events(&stand.world.name()).await.unwrap();
    let stored: Vec<(String, u64)> = stored
        .into_iter()
        .map(|e| (e.signature, e.place.event_index))
        .collect();
    let logged = stand.world.cluster.with(|c| {
        let succeeded = c.transactions.iter().filter(|t| !t.failed);
        succeeded
            .flat_map(|t| {
                let count = t
                    .log
                    .iter()
                    .filter(|line| line.starts_with("Program data: "))
                    .count();
                (0..u64::try_from(count).unwrap()).map(|index| (t.signature.clone(), index))
            })
            .collect::<Vec<_>>()
    });
    let differs = stored
        .iter()
        .zip(&logged)
        .position(|(stored, logged)| stored != logged);
    assert_eq!(
        (stored.len(), differs),
        (logged.len(), None),
        "number of events, and the first out of place"
    );
}

/// More transactions than an answer lists, and than one step takes in.
async fn longer_than_a_page(kind: Kind) {
    let mut world = World::new().await;
    live(&mut world, 1_100);
    let stand = Stand::with(kind, world, |_| {}).await;
    stand.caught_up().await;
    assert_every_event_once(&stand).await;
    let stats = stand.server.get_ok("/api/stats").await;
    assert_eq!(
        stats["totalStakedLamports"],
        stand.world.pool.total_units.to_string()
    );
    assert_eq!(stats["distributionCount"], 22);
}

/// Some endpoints list fewer than they are asked for; a short page is not the last one.
async fn an_endpoint_with_short_pages(kind: Kind) {
    let mut world = World::new().await;
    live(&mut world, 100);
    world.cluster.with(|c| c.page = Some(7));
    let mut stand = Stand::with(kind, world, |_| {}).await;
    stand.caught_up().await;
    assert_every_event_once(&stand).await;
    live(&mut stand.world, 30);
    stand.caught_up().await;
    assert_every_event_once(&stand).await;
}

/// The first steps are stored when the endpoint stops answering. Until the rest is there, no sum
/// of it is told.
async fn nothing_is_told_of_half_a_history(kind: Kind) {
    let mut world = World::new().await;
    live(&mut world, 450);
    world
        .cluster
        .with(|c| c.answered.insert("getTransaction".into(), 250));
    let stand = Stand::with(kind, world, |_| {}).await;
    let name = stand.world.name();
    eventually("a step is stored", || async {
        (stand.store.store.progress(&name).await.unwrap().version > 0).then_some(())
    })
    .await;
    let wallet = owner(1);
    for path in [
        "/api/stats".to_owned(),
        "/api/yield/stats".to_owned(),
        "/api/yield/revenue-model".to_owned(),
        "/api/yield/apy/1".to_owned(),
        "/api/yield/distributions".to_owned(),
        format!("/api/yield/my-apy/{wallet}"),
        format!("/api/positions/{wallet}"),
        format!("/api/yield/history/{wallet}"),
        format!("/api/yield/history/{wallet}.csv"),
    ] {
        let (status, refusal) = stand.server.get(&path).await;
        assert_eq!(
            (status.as_u16(), &refusal["code"]),
            (503, &json!("chain_not_indexed")),
            "{path}"
        );
    }
    assert_eq!(stand.server.get("/readyz").await.0, 503);

    stand.world.cluster.with(|c| c.answered.clear());
    stand.caught_up().await;
    assert_every_event_once(&stand).await;
    same_as_from_nothing(kind, &stand.server, &stand.world, &[wallet, owner(2)]).await;
}

/// A server that was down, or could not reach the chain, tells what it knew, as of then, until it
/// knows all that happened since.
async fn what_was_told_stays_until_all_is_caught_up_with(kind: Kind) {
    let mut stand = Stand::new(kind).await;
    live(&mut stand.world, 30);
    stand.caught_up().await;
    let wallets = [owner(1), owner(2)];
    let told = async |stand: &Stand| {
        let mut answers = vec![stand.server.get_ok("/api/stats").await];
        for wallet in wallets {
            answers.push(
                stand
                    .server
                    .get_ok(&format!("/api/positions/{wallet}"))
                    .await,
            );
        }
        let mut yields = stand.server.get_ok("/api/yield/stats").await;
        // Of the past, more is known with each step.
        yields.as_object_mut().unwrap().remove("realised");
        answers.push(yields);
        answers
    };
    hold(&stand.world).await;
    let before = told(&stand).await;
    live(&mut stand.world, 450);
    release(&stand.world, 250);
    let name = stand.world.name();
    eventually("a step is stored", || async {
        let progress = stand.store.store.progress(&name).await.unwrap();
        (progress.slot > progress.horizon_slot).then_some(())
    })
    .await;
    assert_eq!(told(&stand).await, before);

    // Another server finds the work half done, and does the rest.
    stand = stand.restart().await;
    assert_eq!(told(&stand).await, before);
    stand.world.cluster.with(|c| c.answered.clear());
    stand.caught_up().await;
    assert_every_event_once(&stand).await;
    same_as_from_nothing(kind, &stand.server, &stand.world, &wallets).await;
    let after = &told(&stand).await[0];
    assert_eq!(
        after["totalStakedLamports"],
        stand.world.pool.total_units.to_string()
    );
}

/// What a pool did in the first slots of its life, and what only the pool lists, does not wait for the
/// look after the one that finds it: until then its stake would be told as worth nothing.
async fn a_new_pool_is_whole_in_the_look_that_finds_it(kind: Kind) {
    let mut stand = Stand::new(kind).await;
    hold(&stand.world).await;
    let world = &mut stand.world;
    // More than a step before it, and some after.
    live(world, 230);
    world.pass(10);
    let token = world.add_token_pool(solana_address::Address::new_from_array([201; 32]));
    world.pass(10);
    world.refresh_price(token, 1_250_000_000);
    world.pass(10);
    world.deposit_tokens(token, &owner(1), 80 * SOL);
    world.pass(10);
    world.distribute(SOL);
    live(world, 30);
    // One look, and no more.
    let slot = stand.world.cluster.with(|c| {
        c.slot += 1;
        let looks = c.calls["getSlot"];
        c.answered.insert("getSlot".into(), looks + 1);
        c.confirmed_slot()
    });
    let name = stand.world.name();
    eventually("the look is over", || async {
        let progress = stand.store.store.progress(&name).await.unwrap();
        (progress.horizon_slot >= slot).then_some(())
    })
    .await;
    assert_every_event_once(&stand).await;
    stand.world.cluster.with(|c| c.answered.clear());
    same_as_from_nothing(kind, &stand.server, &stand.world, &[owner(1), owner(2)]).await;
}

/// The server can be started before the vault is created.
async fn a_vault_that_is_created_later(kind: Kind) {
    let mut world = World::new().await;
    let name = world.name();
    let (transactions, accounts) = world.cluster.with(|c| {
        (
            std::mem::take(&mut c.transactions),
            std::mem::take(&mut c.accounts),
        )
    });
    let stand = Stand::with(kind, world, |_| {}).await;
    eventually("the indexer looks", || async {
        stand
            .world
            .cluster
            .with(|c| c.calls.contains_key("getMultipleAccounts").then_some(()))
    })
    .await;
    assert_eq!(stand.server.get("/api/stats").await.0, 503);
    let Stand {
        store,
        world: created,
        server,
    } = stand;
    world = created;
    world
        .cluster
        .with(|c| (c.transactions, c.accounts) = (transactions, accounts));
    live(&mut world, 60);
    let stand = Stand {
        store,
        world,
        server,
    };
    stand.caught_up().await;
    assert_every_event_once(&stand).await;
    assert_eq!(
        stand
            .store
            .store
            .progress(&name)
            .await
            .unwrap()
            .horizon_slot,
        stand.world.cluster.with(|c| c.confirmed_slot())
    );
}
