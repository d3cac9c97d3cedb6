//! `GET /api/positions/{wallet}`: after every move what the chain says, to the lamport.

use primis_vault_interface::{Layout as _, events, position_address};
use serde_json::{Value, json};
use solana_address::Address;

use crate::support::{
    database::{Kind, on_both_databases},
    stand::Stand,
    vault::{BORN, SOL, owner},
};

on_both_databases!(
    a_position_from_its_opening_to_its_end,
    what_is_owed_grows_by_the_second,
    what_it_accrues_each_second,
    a_ticket_that_waits,
    a_wallet_without_a_position
);

async fn told(stand: &Stand, wallet: &Address) -> Value {
    stand.caught_up().await;
    stand
        .server
        .get_ok(&format!("/api/positions/{wallet}"))
        .await
}

/// Asserts that what is told of `wallet` is what the chain's accounts say; returns what it is owed.
async fn as_on_chain(stand: &Stand, wallet: &Address) -> u64 {
    let told = told(stand, wallet).await;
    let world = &stand.world;
    let position = world.position(wallet).unwrap();
    let owed = position.owed_lamports_at(&world.pool, world.now()).unwrap();
    let (units, claimed) = (
        position.units.to_string(),
        position.claimed_total_lamports.to_string(),
    );
    assert_eq!(told["wallet"], wallet.to_string());
    assert_eq!(told["asOfUnix"], world.now());
    for (key, value) in [
        ("stakedLamports", &units),
        ("owedLamports", &owed.to_string()),
        ("claimedTotalLamports", &claimed),
    ] {
        assert_eq!(told[key], *value, "{key}");
    }
    let mut positions = told["positions"].clone();
    // Tested below.
    for key in ["accruingLamportsPerSecond", "accruesUntilUnix"] {
        positions[0].as_object_mut().unwrap().remove(key).unwrap();
    }
    assert_eq!(
        positions,
        json!([{
            "address": position_address(&world.pool_address, wallet).to_string(),
            "pool": world.pool_address.to_string(),
            "mint": "So11111111111111111111111111111111111111112",
            "units": units, "priceLamportsPerBillionUnits": "1000000000", "valueLamports": units, "owedLamports": owed.to_string(),
            "claimedTotalLamports": claimed, "openedAtUnix": position.opened_at, "ticket": null,
        }])
    );
    owed
}

async fn a_position_from_its_opening_to_its_end(kind: Kind) {
    let mut stand = Stand::new(kind).await;
    let (alice, bob) = (owner(1), owner(2));
    stand.world.pass(60);
    stand.world.deposit(&alice, 10 * SOL);
    assert_eq!(as_on_chain(&stand, &alice).await, 0);
    assert_eq!(
        told(&stand, &alice).await["positions"][0]["openedAtUnix"],
        BORN + 60
    );
    stand.world.deposit(&bob, 30 * SOL);
    stand.world.deposit(&alice, 20 * SOL);
    assert_eq!(told(&stand, &alice).await["stakedSOL"], 30.0);

    stand.world.pass(540);
    stand.world.distribute(12 * SOL);
    stand.world.pass(600);
    // Half of 6 SOL each, rounded down.
    for wallet in [&alice, &bob] {
        assert!((2_999_999_999..=3 * SOL).contains(&as_on_chain(&stand, wallet).await));
    }
    stand.world.withdraw(&alice, 25 * SOL);
    let owed = as_on_chain(&stand, &alice).await;
    assert_eq!(stand.world.claim(&alice), owed);
    assert_eq!(as_on_chain(&stand, &alice).await, 0);
    as_on_chain(&stand, &bob).await;

    stand.world.withdraw(&alice, 5 * SOL);
    as_on_chain(&stand, &alice).await;
    stand.world.close(&alice);
    let closed = told(&stand, &alice).await;
    assert_eq!(
        (&closed["positions"], &closed["stakedLamports"]),
        (&json!([]), &json!("0"))
    );
    as_on_chain(&stand, &bob).await;
    assert_eq!(stand.server.get_ok("/api/stats").await["totalStakers"], 1);

    // The same wallet again has a new position, at the same address.
    stand.world.deposit(&alice, SOL);
    as_on_chain(&stand, &alice).await;
    assert_eq!(told(&stand, &alice).await["claimedTotalLamports"], "0");
}

/// No transaction happens, and what a claim would pay rises all the same.
async fn what_is_owed_grows_by_the_second(kind: Kind) {
    let mut stand = Stand::new(kind).await;
    stand.world.deposit(&owner(1), 10 * SOL);
    stand.world.pass(600);
    stand.world.distribute(12 * SOL);
    for (seconds, earned) in [
        (1, 10_000_000),
        (149, 1_500_000_000),
        (450, 6_000_000_000u64),
        (1_000, 6_000_000_000),
    ] {
        stand.world.pass(seconds);
        let owed = as_on_chain(&stand, &owner(1)).await;
        assert!((earned - 1..=earned).contains(&owed), "{owed} of {earned}");
    }
}

/// A quarter of 6 SOL in 600 seconds.
async fn what_it_accrues_each_second(kind: Kind) {
    let mut stand = Stand::new(kind).await;
    stand.world.deposit(&owner(1), 10 * SOL);
    stand.world.deposit(&owner(2), 30 * SOL);
    stand.world.pass(600);
    let accrual = async |stand: &Stand| {
        let position = told(stand, &owner(1)).await["positions"][0].clone();
        (
            position["accruingLamportsPerSecond"].clone(),
            position["accruesUntilUnix"].clone(),
        )
    };
    let nothing = (json!("0.000000000"), Value::Null);
    assert_eq!(accrual(&stand).await, nothing);
    stand.world.distribute(12 * SOL + 14);
    stand.world.pass(60);
    // 6,000,000,007 ÷ 600 ÷ 4, rounded down.
    assert_eq!(
        accrual(&stand).await,
        (json!("2500000.002916666"), json!(BORN + 1_200))
    );
    stand.world.pass(540);
    assert_eq!(accrual(&stand).await, nothing);
}

async fn a_ticket_that_waits(kind: Kind) {
    let mut stand = Stand::new(kind).await;
    let wallet = owner(1);
    stand.world.deposit(&wallet, 10 * SOL);
    let ticket = async |stand: &Stand| told(stand, &wallet).await["positions"][0]["ticket"].clone();
    assert_eq!(ticket(&stand).await, Value::Null);
    let (pool, at) = (stand.world.pool_address, stand.world.now());
    let opened = |number: u64, units: u64| events::TicketOpened {
        number,
        units,
        waiting_units: units,
        at,
        pool,
        owner: wallet,
    };
    stand.world.set_ticket_units(&wallet, 5 * SOL);
    stand
        .world
        .submit(&[pool], &[opened(7, 3 * SOL).to_bytes()]);
    stand
        .world
        .submit(&[pool], &[opened(8, 2 * SOL).to_bytes()]);
    assert_eq!(
        ticket(&stand).await,
        json!({ "number": 7, "units": "3000000000", "openedAtUnix": at })
    );
    let served = |left_units: u64| events::TicketServed {
        number: 7,
        amount_lamports: SOL,
        left_units,
        waiting_units: left_units,
        at,
        pool,
        owner: wallet,
    };
    stand.world.submit(&[pool], &[served(2 * SOL).to_bytes()]);
    assert_eq!(ticket(&stand).await["units"], "2000000000");
    stand.world.submit(&[pool], &[served(0).to_bytes()]);
    assert_eq!(ticket(&stand).await["number"], 8);
    let cancelled = events::TicketCancelled {
        number: 8,
        units: 2 * SOL,
        waiting_units: 0,
        at,
        pool,
        owner: wallet,
    };
    stand.world.set_ticket_units(&wallet, 0);
    stand.world.submit(&[pool], &[cancelled.to_bytes()]);
    assert_eq!(ticket(&stand).await, Value::Null);
}

async fn a_wallet_without_a_position(kind: Kind) {
    let mut stand = Stand::new(kind).await;
    stand.world.deposit(&owner(1), SOL);
    let none = told(&stand, &owner(2)).await;
    assert_eq!(none["positions"], json!([]));
    for key in ["stakedLamports", "owedLamports", "claimedTotalLamports"] {
        assert_eq!(none[key], "0", "{key}");
    }
}
