//! What a process remembers of the ledger is never what it answers by, where another has changed it.

use primis_app_api::platform::ledger::{LedgerError, Limit};

use super::{Books, NOW, charge, hold, hold_again, subsidize, top_up};
use crate::support::database::{Kind, on_both_databases};

on_both_databases!(
    money_that_another_took_is_gone_and_what_another_brought_is_there,
    a_hold_that_another_ended_is_ended,
    a_hold_that_ended_is_not_made_again,
    a_pool_that_another_filled_pays,
    requests_that_another_counted_are_counted,
    nothing_settles_in_a_time_that_another_reported,
    a_connection_that_was_cut_is_made_again,
);

/// The ledger under test, which remembers the account of `ada`, and another process's.
async fn two(kind: Kind, amount: i64) -> (Books, primis_app_api::platform::ledger::Ledger) {
    let books = Books::new(kind).await;
    books.top_up("ada", amount).await;
    books.ledger.hold(hold("first", "ada", 10)).await.unwrap();
    books
        .ledger
        .settle("first", charge(10, 5, 1_000))
        .await
        .unwrap();
    let other = books.beside();
    (books, other)
}

async fn money_that_another_took_is_gone_and_what_another_brought_is_there(kind: Kind) {
    let (books, other) = two(kind, 110).await;
    other.hold(hold("theirs", "ada", 60)).await.unwrap();
    let refused = books.ledger.hold(hold("ours", "ada", 60)).await;
    assert!(
        matches!(
            refused,
            Err(LedgerError::Insufficient {
                available_nano_usd: 40,
                ..
            })
        ),
        "{refused:?}"
    );
    // It is remembered that there are 40, and more come.
    other.post(top_up("more", "ada", 50)).await.unwrap();
    books.ledger.hold(hold("ours", "ada", 60)).await.unwrap();
    assert_eq!(books.of("ada").await, (150, 120));
    other.settle("theirs", charge(60, 0, 0)).await.unwrap();
    books.ledger.settle("ours", charge(60, 0, 0)).await.unwrap();
    assert_eq!(books.of("ada").await, (30, 0));
    books.agree().await;
}

async fn a_hold_that_another_ended_is_ended(kind: Kind) {
    let (books, other) = two(kind, 1_000).await;
    for id in ["settled", "voided"] {
        books.ledger.hold(hold(id, "ada", 100)).await.unwrap();
    }
    let first = other.settle("settled", charge(70, 0, 0)).await.unwrap();
    other.void("voided").await.unwrap();
    let again = books.ledger.settle("settled", charge(99, 0, 0)).await;
    let again = again.unwrap();
    assert!(again.duplicate && again.charge_nano_usd == first.charge_nano_usd);
    let void = books.ledger.void("settled").await;
    assert!(matches!(void, Err(LedgerError::Ended)), "{void:?}");
    let settle = books.ledger.settle("voided", charge(1, 0, 0)).await;
    assert!(matches!(settle, Err(LedgerError::Ended)), "{settle:?}");
    books.ledger.void("voided").await.unwrap();
    assert_eq!(books.of("ada").await, (920, 0));
    books.agree().await;
}

async fn a_hold_that_ended_is_not_made_again(kind: Kind) {
    let (books, other) = two(kind, 1_000).await;
    other.hold(hold("voided", "ada", 10)).await.unwrap();
    other.void("voided").await.unwrap();
    for ledger in [&books.ledger, &other] {
        for id in ["first", "voided"] {
            let refused = ledger.hold(hold_again(id, "ada", 10)).await;
            assert!(
                matches!(refused, Err(LedgerError::Ended)),
                "{id}: {refused:?}"
            );
        }
        // Nothing is left of it that a later one would meet.
        assert_eq!(books.of("ada").await, (990, 0));
    }
    let another = hold_again("first", "bob", 10);
    let refused = other.hold(another).await;
    assert!(matches!(refused, Err(LedgerError::Conflict)), "{refused:?}");
    books.agree().await;
}

async fn a_pool_that_another_filled_pays(kind: Kind) {
    let (books, other) = two(kind, 1_000).await;
    // It remembers that the pool is empty.
    for (id, discount) in [("before", 0), ("after", 10)] {
        books.ledger.hold(hold(id, "ada", 100)).await.unwrap();
        let settled = books.ledger.settle(id, charge(100, 50, 1_000)).await;
        assert_eq!(settled.unwrap().discount_nano_usd, discount);
        other.post(subsidize("pool", 500)).await.unwrap();
    }
    books.agree().await;
}

async fn requests_that_another_counted_are_counted(kind: Kind) {
    let (books, other) = two(kind, 1_000).await;
    let limit = || Limit {
        name: "key:k".into(),
        window_seconds: 60,
        max: 5,
    };
    let mut taken = 0;
    for ledger in [
        &books.ledger,
        &books.ledger,
        &other,
        &books.ledger,
        &other,
        &other,
    ] {
        match ledger.take(vec![limit()]).await {
            Ok(states) => {
                taken += 1;
                assert_eq!(states[0].remaining, 5 - taken);
            }
            Err(LedgerError::Limited { .. }) => assert_eq!(taken, 5),
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!(taken, 5);
}

async fn nothing_settles_in_a_time_that_another_reported(kind: Kind) {
    let (books, _) = two(kind, 1_000).await;
    books.ledger.hold(hold("late", "ada", 100)).await.unwrap();
    let store = &books.store.store;
    let before = store.report_revenue(NOW - 60, NOW + 60).await.unwrap();
    // Its clock still says NOW.
    books.ledger.settle("late", charge(70, 0, 0)).await.unwrap();
    let again = store.report_revenue(NOW - 60, NOW + 60).await.unwrap();
    assert_eq!(before, again);
    let next = store.report_revenue(NOW + 60, NOW + 120).await.unwrap();
    assert_eq!((next.usage_events, next.gross_nano_usd), (1, 70));
}

async fn a_connection_that_was_cut_is_made_again(kind: Kind) {
    let (books, _) = two(kind, 1_000).await;
    books.ledger.hold(hold("second", "ada", 10)).await.unwrap();
    let second = books.ledger.settle("second", charge(10, 5, 1_000)).await;
    second.unwrap();
    if matches!(kind, Kind::Postgres) {
        // Their last words say that they are those that write at once.
        let writes = "SELECT 'at once', COUNT(*) FROM pg_stat_activity \
                      WHERE datname = current_database() AND query LIKE 'WITH part_0 AS (%'";
        assert_eq!(books.store.rows(writes).await[0].1, 2);
        let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                   WHERE datname = current_database() AND pid <> pg_backend_pid()";
        books.store.execute(cut).await;
    }
    books.ledger.hold(hold("next", "ada", 100)).await.unwrap();
    books.ledger.settle("next", charge(70, 0, 0)).await.unwrap();
    assert_eq!(books.of("ada").await, (910, 0));
    books.agree().await;
}
