//! `GET /api/yield/distributions`: every distribution once, newest first, page by page.

use primis_vault_interface::Source;
use serde_json::{Value, json};

use crate::support::{
    database::{Kind, on_both_databases},
    stand::Stand,
    vault::{BORN, SOL, owner},
};

on_both_databases!(
    a_distribution_as_it_happened,
    pages_hold_every_distribution_once,
    a_new_distribution_moves_no_row_to_another_page,
    pages_that_do_not_exist,
);

/// One page.
async fn page(stand: &Stand, query: &str) -> (Vec<Value>, Option<String>) {
    let answer = stand
        .server
        .get_ok(&format!("/api/yield/distributions{query}"))
        .await;
    let next = answer["nextCursor"].as_str().map(str::to_owned);
    assert_eq!(next.is_none(), answer["nextCursor"].is_null());
    (answer["distributions"].as_array().unwrap().clone(), next)
}

fn amounts(rows: &[Value]) -> Vec<u64> {
    rows.iter()
        .map(|row| row["amountLamports"].as_str().unwrap().parse().unwrap())
        .collect()
}

async fn a_distribution_as_it_happened(kind: Kind) {
    let mut stand = Stand::new(kind).await;
    let world = &mut stand.world;
    // The first finds nobody staked: its stakers' part is carried to the second.
    world.pass(600);
    let first = world.distribute(2 * SOL + 1);
    let first_slot = world.cluster.with(|c| c.slot);
    world.deposit(&owner(1), 10 * SOL);
    world.pass(300);
    let second = world.distribute_from(Source::Staking, SOL);
    let second_slot = world.cluster.with(|c| c.slot);
    stand.caught_up().await;
    let (rows, next) = page(&stand, "").await;
    assert_eq!(next, None);
    assert_eq!(
        rows,
        [
            json!({
                "signature": second, "slot": second_slot, "source": "staking", "intervalFromUnix": BORN,
                "intervalToUnix": BORN + 900, "distributedAtUnix": BORN + 900, "amountLamports": "1000000000",
                "stakersLamports": "700000000", "subsidyLamports": "200000000", "reserveLamports": "100000000",
                "treasuryLamports": "0", "carriedInLamports": "1000000001", "carriedOutLamports": "0",
                "totalValueLamports": "10000000000",
            }),
            json!({
                "signature": first, "slot": first_slot, "source": "compute", "intervalFromUnix": BORN,
                "intervalToUnix": BORN + 600, "distributedAtUnix": BORN + 600, "amountLamports": "2000000001",
                // The odd lamport is the stakers'.
                "stakersLamports": "1000000001", "subsidyLamports": "0", "reserveLamports": "0",
                "treasuryLamports": "1000000000", "carriedInLamports": "0", "carriedOutLamports": "1000000001",
                "totalValueLamports": "0",
            }),
        ]
    );
}

/// `count` distributions of 1, 2, 3… lamports; every third shares its slot with the one before.
fn distribute(stand: &mut Stand, count: u64) {
    for lamports in 1..=count {
        if lamports % 3 != 0 {
            stand.world.pass(60);
        }
        stand.world.distribute(lamports);
    }
}

async fn pages_hold_every_distribution_once(kind: Kind) {
    let mut stand = Stand::new(kind).await;
    stand.world.deposit(&owner(1), SOL);
    distribute(&mut stand, 60);
    stand.caught_up().await;
    let newest_first: Vec<u64> = (1..=60).rev().collect();
    for limit in [1, 7, 20, 59, 60, 61, 200] {
        let mut all = Vec::new();
        let mut query = format!("?limit={limit}");
        loop {
            let (rows, next) = page(&stand, &query).await;
            all.extend(amounts(&rows));
            let Some(next) = next else { break };
            assert_eq!(rows.len(), limit, "only the last page may be short");
            query = format!("?limit={limit}&cursor={next}");
        }
        assert_eq!(all, newest_first, "pages of {limit}");
    }
    // Fifty where nothing is asked for.
    let (rows, next) = page(&stand, "").await;
    assert_eq!((rows.len(), next.is_some()), (50, true));
}

async fn a_new_distribution_moves_no_row_to_another_page(kind: Kind) {
    let mut stand = Stand::new(kind).await;
    distribute(&mut stand, 5);
    stand.caught_up().await;
    let (rows, next) = page(&stand, "?limit=2").await;
    assert_eq!(amounts(&rows), [5, 4]);
    stand.world.pass(60);
    stand.world.distribute(6);
    stand.caught_up().await;
    let (rows, _) = page(&stand, &format!("?limit=2&cursor={}", next.unwrap())).await;
    assert_eq!(amounts(&rows), [3, 2]);
    assert_eq!(amounts(&page(&stand, "?limit=2").await.0), [6, 5]);
}

async fn pages_that_do_not_exist(kind: Kind) {
    let mut stand = Stand::new(kind).await;
    distribute(&mut stand, 1);
    stand.caught_up().await;
    for (query, code) in [
        ("?limit=0", "invalid_limit"),
        ("?limit=201", "invalid_limit"),
        ("?limit=-1", "invalid_query"),
        ("?limit=ten", "invalid_query"),
        ("?limit=4294967296", "invalid_query"),
        ("?page=2", "invalid_query"),
        ("?cursor=", "invalid_cursor"),
        ("?cursor=1.2", "invalid_cursor"),
        ("?cursor=1.2.3.4", "invalid_cursor"),
        ("?cursor=1.2.x", "invalid_cursor"),
        ("?cursor=-1.2.3", "invalid_cursor"),
        ("?cursor=9223372036854775808.0.0", "invalid_cursor"),
    ] {
        let (status, refusal) = stand
            .server
            .get(&format!("/api/yield/distributions{query}"))
            .await;
        assert_eq!(
            (status.as_u16(), refusal["code"].as_str()),
            (400, Some(code)),
            "{query}: {refusal}"
        );
        assert!(!refusal["message"].as_str().unwrap().is_empty());
    }
    // A cursor before everything is an empty page.
    assert_eq!(page(&stand, "?cursor=0.0.0").await, (vec![], None));
}
