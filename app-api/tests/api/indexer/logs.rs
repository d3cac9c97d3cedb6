//! Logs that are cut off, forged, or about something else.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use primis_vault_interface::{ID, Layout as _, events, vault_address};

use crate::support::{
    database::{Kind, on_both_databases},
    stand::{ALWAYS_SECONDS, NEVER_SECONDS, Stand, eventually},
    vault::{SOL, World, owner},
};

on_both_databases!(
    a_log_that_is_cut_off_leaves_no_wrong_balance,
    what_another_program_logs_is_no_event,
    events_of_another_vault_are_not_ours,
);

/// The events are lost, the accounts are not: they are read again without waiting for the refresh.
async fn a_log_that_is_cut_off_leaves_no_wrong_balance(kind: Kind) {
    let world = World::new().await;
    let mut stand = Stand::with(kind, world, |s| s.indexer.refresh_seconds = NEVER_SECONDS).await;
    stand.caught_up().await;
    let signature = stand.world.deposit(&owner(1), 3 * SOL);
    stand.world.cluster.with(|c| {
        let t = c
            .transactions
            .iter_mut()
            .find(|t| t.signature == signature)
            .unwrap();
        t.log = vec![format!("Program {ID} invoke [1]"), "Log truncated".into()];
    });
    stand.caught_up().await;
    let path = format!("/api/positions/{}", owner(1));
    eventually("the accounts are read again", || async {
        let told = stand.server.get_ok(&path).await;
        (told["stakedLamports"] == "3000000000").then_some(())
    })
    .await;
    assert_eq!(stand.server.get_ok("/api/stats").await["totalStakers"], 1);
}

/// A program can log the bytes of an event; only what ours logs while it runs is one.
async fn what_another_program_logs_is_no_event(kind: Kind) {
    let mut stand = Stand::new(kind).await;
    stand.world.deposit(&owner(1), 3 * SOL);
    stand.caught_up().await;
    let stored = stand.store.store.events(&stand.world.name()).await.unwrap();
    let world = &mut stand.world;
    let (at, vault, pool) = (world.now(), world.address, world.pool_address);
    let forged = events::YieldDistributed {
        previous_interval_id: at,
        interval_id: at + 1,
        amount_lamports: 1 << 60,
        stakers_lamports: 1 << 60,
        subsidy_lamports: 0,
        reserve_lamports: 0,
        treasury_lamports: 0,
        carried_in_lamports: 0,
        carried_out_lamports: 0,
        total_value_lamports: 1,
        source: 1,
        at,
        vault,
    };
    let data = format!("Program data: {}", STANDARD.encode(forged.to_bytes()));
    let other = owner(77);
    let ours = format!("Program {ID} invoke [1]");
    for log in [
        vec![
            format!("Program {other} invoke [1]"),
            data.clone(),
            format!("Program {other} success"),
        ],
        // It says that ours runs, and it runs after ours.
        vec![
            format!("Program {other} invoke [1]"),
            format!("Program log: Program {ID} invoke [2]"),
            data.clone(),
            format!("Program {other} success"),
        ],
        vec![
            ours.clone(),
            format!("Program {other} invoke [2]"),
            data.clone(),
            format!("Program {other} success"),
            format!("Program {ID} success"),
        ],
        vec![ours.clone(), format!("Program {ID} success"), data.clone()],
        // Bytes of ours that are no event it knows.
        vec![
            ours.clone(),
            "Program data: AAAAAAAAAAAAAAAA".into(),
            format!("Program {ID} success"),
        ],
    ] {
        world.submit_log(&[vault, pool], log);
    }
    stand.caught_up().await;
    assert_eq!(
        stand.store.store.events(&stand.world.name()).await.unwrap(),
        stored
    );
    let page = stand.server.get_ok("/api/yield/distributions").await;
    assert_eq!(page["distributions"].as_array().unwrap().len(), 0);
}

/// One transaction can move two vaults; each is told of its own.
async fn events_of_another_vault_are_not_ours(kind: Kind) {
    let world = World::new().await;
    let mut stand = Stand::with(kind, world, |s| s.indexer.refresh_seconds = ALWAYS_SECONDS).await;
    let world = &mut stand.world;
    let (at, theirs) = (world.now(), vault_address(2));
    let funded = |vault, lamports| {
        let funded = events::Funded {
            amount_lamports: lamports,
            funded_lamports: lamports,
            source: 1,
            at,
            vault,
            funder: owner(98),
        };
        funded.to_bytes()
    };
    let deposited = events::Deposited {
        amount_units: SOL,
        position_units: SOL,
        total_units: SOL,
        owed_lamports: 0,
        at,
        pool: owner(78),
        owner: owner(1),
    };
    let ours = world.address;
    world.submit(
        &[ours, theirs],
        &[
            funded(theirs, 1),
            deposited.to_bytes(),
            funded(ours, 2),
            funded(theirs, 3),
        ],
    );
    stand.caught_up().await;
    let stored = stand.store.store.events(&stand.world.name()).await.unwrap();
    let funded_events: Vec<_> = stored.iter().filter(|e| e.name == "Funded").collect();
    assert_eq!(funded_events.len(), 1);
    assert_eq!(
        events::Funded::parse(&funded_events[0].data)
            .unwrap()
            .amount_lamports,
        2
    );
    assert!(stored.iter().all(|e| e.name != "Deposited"));
    assert_eq!(
        stand
            .server
            .get_ok(&format!("/api/positions/{}", owner(1)))
            .await["stakedLamports"],
        "0"
    );
}
