//! `GET /api/yield/history/{wallet}`: every move of a wallet once, newest first, page by page and as a
//! table.

use serde_json::{Value, json};
use solana_address::Address;
use sqlx::{Connection as _, Executor as _};

use crate::support::{
    database::{Kind, on_both_databases},
    stand::Stand,
    vault::{BORN, SOL, owner},
};

on_both_databases!(
    a_wallet_from_its_first_stake_to_its_last,
    pages_hold_every_event_once,
    a_new_event_moves_no_row_to_another_page,
    the_table_is_the_whole_history,
    what_cannot_be_asked,
    what_was_indexed_before_is_told_too,
);

async fn page(stand: &Stand, wallet: &Address, query: &str) -> (Vec<Value>, Option<String>) {
    let path = format!("/api/yield/history/{wallet}{query}");
    let answer = stand.server.get_ok(&path).await;
    assert_eq!(answer["wallet"], wallet.to_string());
    let next = answer["nextCursor"].as_str().map(str::to_owned);
    assert_eq!(next.is_none(), answer["nextCursor"].is_null());
    (answer["events"].as_array().unwrap().clone(), next)
}

/// Status, content type and text.
async fn table(stand: &Stand, wallet: &Address) -> (u16, String, String) {
    let path = format!("/api/yield/history/{wallet}.csv");
    let request = stand.server.request(reqwest::Method::GET, &path);
    let response = request.send().await.unwrap();
    let kind = response.headers()["content-type"].to_str().unwrap();
    let (status, kind) = (response.status().as_u16(), kind.to_owned());
    if status == 200 {
        assert_eq!(
            response.headers()["content-disposition"],
            format!("attachment; filename=\"primis-{wallet}.csv\"")
        );
    }
    (status, kind, response.text().await.unwrap())
}

/// What happened to wallet 1, beside another one; the signatures of its transactions.
fn live(stand: &mut Stand) -> Vec<String> {
    let world = &mut stand.world;
    let deposit = world.deposit(&owner(1), 10 * SOL);
    world.deposit(&owner(2), 10 * SOL);
    world.pass(600);
    world.distribute(4 * SOL);
    world.pass(600);
    // A lamport is dust of the stream.
    assert_eq!(world.claim(&owner(1)), SOL - 1);
    let claim = world
        .cluster
        .with(|c| c.transactions.last().unwrap().signature.clone());
    world.pass(60);
    let withdrawal = world.withdraw(&owner(1), 10 * SOL);
    let close = world.close(&owner(1));
    vec![deposit, claim, withdrawal, close]
}

async fn a_wallet_from_its_first_stake_to_its_last(kind: Kind) {
    let mut stand = Stand::new(kind).await;
    let slot = stand.world.cluster.with(|c| c.slot);
    let signatures = live(&mut stand);
    stand.caught_up().await;
    let pool = stand.world.pool_address.to_string();
    let row = |n: usize,
               slot: u64,
               index: u64,
               event: &str,
               at: i64,
               units: Value,
               lamports: Value,
               left: Value| {
        json!({
            "signature": signatures[n], "slot": slot, "eventIndex": index, "event": event, "atUnix": BORN + at,
            "pool": pool, "amountUnits": units, "amountLamports": lamports, "positionUnits": left,
        })
    };
    let ten = json!("10000000000");
    let null = || Value::Null;
    let (rows, next) = page(&stand, &owner(1), "").await;
    assert_eq!(
        rows,
        [
            row(3, slot + 2_520, 0, "closed", 1_260, null(), null(), null()),
            row(
                2,
                slot + 2_520,
                0,
                "withdrawn",
                1_260,
                ten.clone(),
                null(),
                json!("0")
            ),
            row(
                1,
                slot + 2_400,
                0,
                "claimed",
                1_200,
                null(),
                json!("999999999"),
                null()
            ),
            row(0, slot, 1, "deposited", 0, ten.clone(), null(), ten),
            row(0, slot, 0, "opened", 0, null(), null(), null()),
        ]
    );
    assert_eq!(next, None);
    // One that never staked.
    assert_eq!(page(&stand, &owner(9), "").await, (vec![], None));
}

fn amounts(rows: &[Value]) -> Vec<u64> {
    rows.iter()
        .filter_map(|row| row["amountUnits"].as_str())
        .map(|text| text.parse().unwrap())
        .collect()
}

/// Deposits of 1, 2, 3… lamports; every third shares its slot with the one before.
fn deposit(stand: &mut Stand, lamports: std::ops::RangeInclusive<u64>) {
    for lamports in lamports {
        if lamports % 3 != 0 {
            stand.world.pass(60);
        }
        stand.world.deposit(&owner(1), lamports);
        stand.world.deposit(&owner(2), 1_000 + lamports);
    }
}

async fn pages_hold_every_event_once(kind: Kind) {
    let mut stand = Stand::new(kind).await;
    deposit(&mut stand, 1..=40);
    stand.caught_up().await;
    let newest_first: Vec<u64> = (1..=40).rev().collect();
    for limit in [1, 7, 40, 41, 200] {
        let mut all = Vec::new();
        let mut query = format!("?limit={limit}");
        loop {
            let (rows, next) = page(&stand, &owner(1), &query).await;
            all.extend(amounts(&rows));
            let Some(next) = next else { break };
            assert_eq!(rows.len(), limit, "only the last page may be short");
            query = format!("?limit={limit}&cursor={next}");
        }
        assert_eq!(all, newest_first, "pages of {limit}");
    }
}

async fn a_new_event_moves_no_row_to_another_page(kind: Kind) {
    let mut stand = Stand::new(kind).await;
    deposit(&mut stand, 1..=5);
    stand.caught_up().await;
    let (rows, next) = page(&stand, &owner(1), "?limit=2").await;
    assert_eq!(amounts(&rows), [5, 4]);
    deposit(&mut stand, 6..=6);
    stand.caught_up().await;
    let query = format!("?limit=2&cursor={}", next.unwrap());
    assert_eq!(amounts(&page(&stand, &owner(1), &query).await.0), [3, 2]);
    assert_eq!(
        amounts(&page(&stand, &owner(1), "?limit=2").await.0),
        [6, 5]
    );
}

async fn the_table_is_the_whole_history(kind: Kind) {
    let mut stand = Stand::new(kind).await;
    let signatures = live(&mut stand);
    // More than is read at once.
    deposit(&mut stand, 1..=600);
    stand.caught_up().await;
    let (status, kind, text) = table(&stand, &owner(1)).await;
    assert_eq!(
        (status, kind.as_str()),
        (200, "text/csv; charset=utf-8; header=present")
    );
    let lines: Vec<&str> = text.split("\r\n").collect();
    assert_eq!(
        lines.len(),
        1 + 5 + 601 + 1,
        "header, rows, and the end of the last line"
    );
    assert_eq!(
        lines[0],
        "time,event,pool,amount_units,amount_lamports,amount_sol,position_units,signature,slot,event_index"
    );
    let deposited: Vec<&str> = lines[1..]
        .iter()
        .copied()
        .filter(|l| l.contains(",deposited,"))
        .collect();
    for (line, lamports) in deposited.iter().zip((1..=600).rev()) {
        let cells: Vec<&str> = line.split(',').collect();
        assert_eq!(cells[3], lamports.to_string());
        assert_eq!(
            (cells[4], cells[5]),
            ("", ""),
            "principal is counted in units"
        );
    }
    let claimed = lines.iter().find(|l| l.contains(",claimed,")).unwrap();
    let prefix = format!(
        "2023-11-14T22:33:20Z,claimed,{},,999999999,0.999999999,,{},",
        stand.world.pool_address, signatures[1]
    );
    assert!(claimed.starts_with(&prefix), "{claimed}");
    // Only the header, for one that never staked.
    let (status, _, text) = table(&stand, &owner(9)).await;
    assert_eq!((status, text.lines().count()), (200, 1));
}

async fn what_cannot_be_asked(kind: Kind) {
    let stand = Stand::new(kind).await;
    let wallet = owner(1);
    for (path, code) in [
        ("x".to_owned(), "invalid_wallet"),
        ("x.csv".to_owned(), "invalid_wallet"),
        (".csv".to_owned(), "invalid_wallet"),
        (format!("{wallet}.csv.csv"), "invalid_wallet"),
        (format!("{wallet}.pdf"), "invalid_wallet"),
        ("%FF".to_owned(), "invalid_path"),
        (format!("{wallet}?limit=0"), "invalid_limit"),
        (format!("{wallet}?limit=201"), "invalid_limit"),
        (format!("{wallet}?page=1"), "invalid_query"),
        (format!("{wallet}?cursor=1.2"), "invalid_cursor"),
        // A part of the table would look like all of it.
        (format!("{wallet}.csv?limit=1"), "invalid_query"),
        (format!("{wallet}.csv?cursor=1.2.3"), "invalid_query"),
    ] {
        let (status, refusal) = stand
            .server
            .get(&format!("/api/yield/history/{path}"))
            .await;
        assert_eq!(
            (status.as_u16(), refusal["code"].as_str()),
            (400, Some(code)),
            "{path}: {refusal}"
        );
        assert!(!refusal["message"].as_str().unwrap().is_empty());
    }
}

/// The migration that came with the history, on rows of before.
async fn what_was_indexed_before_is_told_too(kind: Kind) {
    let mut stand = Stand::new(kind).await;
    live(&mut stand);
    stand.caught_up().await;
    let (one, other) = (owner(1), owner(2));
    let before = [page(&stand, &one, "").await, page(&stand, &other, "").await];
    let migration = match kind {
        Kind::Sqlite => include_str!("../../../migrations/sqlite/0003_wallet_history.sql"),
        Kind::Postgres => include_str!("../../../migrations/postgres/0003_wallet_history.sql"),
    };
    let update = migration
        .split(';')
        .find(|s| s.contains("UPDATE"))
        .unwrap()
        .trim();
    let url = &stand.store.url;
    for statement in ["UPDATE chain_events SET owner = NULL", update] {
        match kind {
            Kind::Sqlite => {
                let mut connection = sqlx::SqliteConnection::connect(url).await.unwrap();
                connection.execute(statement).await.unwrap();
            }
            Kind::Postgres => {
                let mut connection = sqlx::PgConnection::connect(url).await.unwrap();
                connection.execute(statement).await.unwrap();
            }
        }
        let after = [page(&stand, &one, "").await, page(&stand, &other, "").await];
        assert_eq!(after == before, statement == update);
    }
}
