//! Requests counted against limits.

use primis_app_api::platform::ledger::{Ledger, LedgerError, Limit, NewHold};

use super::{Books, NOW, hold_again};
use crate::support::database::{Kind, on_both_databases};

on_both_databases!(
    a_limit_is_exact_across_processes,
    who_waits_for_a_minute_does_not_use_up_the_day,
    a_hold_is_counted_too,
);

fn limit(name: &str, window_seconds: u32, max: u32) -> Limit {
    Limit {
        name: name.into(),
        window_seconds,
        max,
    }
}

async fn a_limit_is_exact_across_processes(kind: Kind) {
    let books = Books::new(kind).await;
    let processes: Vec<Ledger> = (0..2).map(|_| books.beside()).collect();
    let asked = (0..60).map(|n| {
        let ledger = processes[n % 2].clone();
        tokio::spawn(async move { ledger.take(vec![limit("key:1", 60, 37)]).await })
    });
    let (mut taken, mut refused) = (0, 0);
    for asked in asked.collect::<Vec<_>>() {
        match asked.await.unwrap() {
            Ok(states) => {
                assert_eq!(states.len(), 1);
                taken += 1;
            }
            Err(LedgerError::Limited { state, .. }) => {
                assert_eq!((state.max, state.remaining), (37, 0));
                refused += 1;
            }
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!((taken, refused), (37, 23));
    // Another name and the next window are not concerned.
    books
        .ledger
        .take(vec![limit("key:2", 60, 37)])
        .await
        .unwrap();
    books.clock.set(NOW - NOW % 60 + 60);
    books
        .ledger
        .take(vec![limit("key:1", 60, 37)])
        .await
        .unwrap();
}

async fn who_waits_for_a_minute_does_not_use_up_the_day(kind: Kind) {
    let books = Books::new(kind).await;
    let both = || vec![limit("key:1", 86_400, 3), limit("key:1", 60, 1)];
    let states = books.ledger.take(both()).await.unwrap();
    assert_eq!((states[0].remaining, states[1].remaining), (2, 0));
    assert_eq!(states[1].resets_at, NOW - NOW % 60 + 60);
    for _ in 0..5 {
        let Err(LedgerError::Limited {
            state,
            retry_after_seconds,
        }) = books.ledger.take(both()).await
        else {
            panic!("more than the minute has");
        };
        assert_eq!((state.max, state.resets_at), (1, states[1].resets_at));
        assert_eq!(retry_after_seconds, (state.resets_at - NOW).unsigned_abs());
    }
    books.clock.set(states[1].resets_at);
    assert_eq!(books.ledger.take(both()).await.unwrap()[0].remaining, 1);
}

async fn a_hold_is_counted_too(kind: Kind) {
    let books = Books::new(kind).await;
    books.top_up("ann", 10).await;
    let counted = |id: &str, amount| NewHold {
        limits: vec![limit("key:1", 60, 2)],
        ..hold_again(id, "ann", amount)
    };
    let held = books.ledger.hold(counted("r1", 1)).await.unwrap();
    assert_eq!(held.limits[0].remaining, 1);
    // It is no second request.
    books.ledger.hold(counted("r1", 1)).await.unwrap();
    assert!(matches!(
        books.ledger.hold(counted("r2", 100)).await,
        Err(LedgerError::Insufficient { .. })
    ));
    assert!(matches!(
        books.ledger.hold(counted("r3", 1)).await,
        Err(LedgerError::Limited { .. })
    ));
    assert_eq!(books.of("ann").await, (10, 1));
}
