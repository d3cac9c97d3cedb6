//! The checks of docs/ledger.md, as an operator runs them.

use super::{Books, charge, subsidize, taken_back, top_up};
use crate::support::database::{Kind, on_both_databases};

on_both_databases!(checks_find_nothing_in_a_sound_ledger_and_what_is_wrong_in_another);

const DOCUMENT: &str = include_str!("../../../../docs/ledger.md");

/// The statements, in their order.
fn checks() -> Vec<&'static str> {
    let blocks = DOCUMENT.split("```sql\n").skip(1);
    blocks
        .map(|block| block.split("```").next().unwrap().trim())
        .collect()
}

/// How much each finds.
async fn found(books: &Books) -> Vec<usize> {
    let mut found = Vec::new();
    for check in checks() {
        found.push(books.store.rows(check).await.len());
    }
    found
}

async fn checks_find_nothing_in_a_sound_ledger_and_what_is_wrong_in_another(kind: Kind) {
    let books = Books::new(kind).await;
    assert_eq!(checks().len(), 5);
    assert_eq!(found(&books).await, [0; 5]);
    let ledger = &books.ledger;
    for posting in [top_up("t1", "ada", 1_000), subsidize("s1", 100)] {
        ledger.post(posting).await.unwrap();
    }
    for (id, end) in [("h1", "settle"), ("h2", "void"), ("h3", "leave")] {
        ledger.hold(super::hold(id, "ada", 100)).await.unwrap();
        match end {
            "settle" => drop(ledger.settle(id, charge(120, 80, 1_000)).await.unwrap()),
            "void" => ledger.void(id).await.unwrap(),
            _ => {}
        }
    }
    ledger.post(taken_back("d1", "ada", 5_000)).await.unwrap();
    assert_eq!(found(&books).await, [0; 5]);
    for (change, wrong) in [
        (
            "INSERT INTO posted_entries VALUES ('t1', 99, 'loss', 7)",
            [1, 1, 0, 0, 0],
        ),
        ("DELETE FROM posted_entries WHERE line = 99", [0; 5]),
        (
            "UPDATE balances SET balance_nano_usd = balance_nano_usd + 1 WHERE account = 'ada'",
            [0, 0, 1, 0, 0],
        ),
        (
            "UPDATE balances SET balance_nano_usd = balance_nano_usd - 1 WHERE account = 'ada'",
            [0; 5],
        ),
        (
            "UPDATE holds SET state = 'voided' WHERE id = 'h3'",
            [0, 0, 0, 1, 0],
        ),
        (
            "UPDATE usage_lines SET held_nano_usd = 99 WHERE id = 'h1'",
            [0, 0, 0, 1, 1],
        ),
    ] {
        books.store.execute(change).await;
        assert_eq!(found(&books).await, wrong, "{change}");
    }
}
