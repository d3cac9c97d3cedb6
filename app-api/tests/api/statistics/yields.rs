//! `GET /api/yield/stats`: where every lamport of yield is.

use primis_vault_interface::Source;
use serde_json::{Value, json};

use crate::support::{
    database::{Kind, on_both_databases},
    stand::Stand,
    vault::{BORN, SOL, owner},
};

on_both_databases!(
    every_lamport_is_somewhere,
    a_stream_that_nobody_earns,
    sources_and_buckets
);

async fn told(stand: &Stand) -> Value {
    stand.caught_up().await;
    stand.server.get_ok("/api/yield/stats").await
}

fn lamports(stats: &Value, key: &str) -> u64 {
    stats[key].as_str().unwrap().parse().unwrap()
}

/// All that was distributed is streaming, owed, paid, carried, in a bucket or dust; and there is
/// next to no dust.
fn assert_conserved(stand: &Stand, stats: &Value) {
    let places = [
        "streamingLamports",
        "owedLamports",
        "claimedTotalLamports",
        "carriedLamports",
        "bucketLamports",
    ];
    let found: u64 = places.iter().map(|key| lamports(stats, key)).sum();
    let dust = lamports(stats, "dustLamports");
    let vault = &stand.world.vault;
    let distributed =
        vault.staking.distributed_total_lamports + vault.compute.distributed_total_lamports;
    assert_eq!(found + dust, distributed, "{stats}");
    // Rounding costs less than a lamport for each position and settlement.
    assert!(dust < 100, "{dust} lamports of dust");
}

async fn every_lamport_is_somewhere(kind: Kind) {
    let mut stand = Stand::new(kind).await;
    for round in 0u8..12 {
        let world = &mut stand.world;
        let (staker, lamports) = (
            owner(round % 5 + 1),
            u64::from(round) * 777_777_777 + 12_345,
        );
        world.deposit(&staker, lamports);
        world.pass(97);
        match round % 4 {
            0 => drop(world.distribute(lamports)),
            1 => drop(world.distribute_from(Source::Staking, lamports / 3)),
            2 => drop(world.withdraw(&staker, lamports / 2)),
            _ => drop(world.claim(&owner(1))),
        }
        world.pass(31);
        assert_conserved(&stand, &told(&stand).await);
    }
    stand.world.pass(STREAM_AND_MORE);
    let ended = told(&stand).await;
    assert_conserved(&stand, &ended);
    assert_eq!(lamports(&ended, "streamingLamports"), 0);
    assert!(lamports(&ended, "owedLamports") > 0 && lamports(&ended, "claimedTotalLamports") > 0);
}

/// Longer than a stream.
const STREAM_AND_MORE: u64 = 1_000;

/// Without stake a stream stands still, and yield that finds no stake is carried.
async fn a_stream_that_nobody_earns(kind: Kind) {
    let mut stand = Stand::new(kind).await;
    stand.world.deposit(&owner(1), SOL);
    stand.world.pass(600);
    stand.world.distribute(1_200_000);
    stand.world.pass(150);
    stand.world.withdraw(&owner(1), SOL);
    for _ in 0..2 {
        let stats = told(&stand).await;
        assert_conserved(&stand, &stats);
        // A quarter of 600,000 was earned.
        assert!(
            (449_990..=450_000).contains(&lamports(&stats, "streamingLamports")),
            "{stats}"
        );
        assert!(
            (149_990..=150_000).contains(&lamports(&stats, "owedLamports")),
            "{stats}"
        );
        stand.world.pass(STREAM_AND_MORE);
    }
    stand.world.distribute(1_000);
    let stats = told(&stand).await;
    assert_conserved(&stand, &stats);
    assert_eq!(stats["carriedLamports"], "500");
}

async fn sources_and_buckets(kind: Kind) {
    let mut stand = Stand::new(kind).await;
    let before = told(&stand).await;
    assert_eq!(before["lastDistributionAtUnix"], Value::Null);
    assert_eq!(before["nextDistributionAtUnix"], BORN + 600);
    stand.world.pass(600);
    stand.world.distribute_from(Source::Staking, 10 * SOL);
    stand.world.pass(60);
    stand.world.distribute(2 * SOL);
    stand.world.pass(5);
    let stats = told(&stand).await;
    assert_eq!(stats["asOfUnix"], BORN + 665);
    assert_eq!(stats["lastDistributionAtUnix"], BORN + 660);
    assert_eq!(stats["nextDistributionAtUnix"], BORN + 1_260);
    for (key, value) in [
        ("subsidyBucketLamports", "2000000000"),
        ("reserveBucketLamports", "1000000000"),
        ("treasuryBucketLamports", "1000000000"),
        ("bucketLamports", "4000000000"),
        ("carriedLamports", "8000000000"),
        ("sweptTotalLamports", "0"),
        ("fundedLamports", "0"),
        ("streamingLamports", "0"),
    ] {
        assert_eq!(stats[key], value, "{key}");
    }
    assert_eq!(
        stats["base"],
        json!({
            "fundedLamports": "0", "fundedTotalLamports": "10000000000", "distributedTotalLamports": "10000000000",
            "stakersTotalLamports": "7000000000", "distributionCount": 1, "lastIntervalUnix": BORN + 600,
            "lastDistributedAtUnix": BORN + 600,
        })
    );
    assert_eq!(stats["compute"]["stakersTotalLamports"], "1000000000");
    assert_eq!(stats["compute"]["lastIntervalUnix"], BORN + 660);
}
