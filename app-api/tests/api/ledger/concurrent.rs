//! Many at once, in two processes, each request sent twice.

use primis_app_api::platform::ledger::{Ledger, LedgerError};
use rand::{Rng as _, SeedableRng as _, rngs::StdRng};

use super::{Books, charge, hold, hold_again, subsidize, taken_back, top_up};
use crate::support::database::{Kind, on_both_databases};

on_both_databases!(
    money_is_spent_once,
    holds_and_their_ends_go_side_by_side,
    what_is_over_makes_room,
    whatever_is_asked_in_whatever_order_the_books_agree,
);

async fn money_is_spent_once(kind: Kind) {
    let books = Books::new(kind).await;
    books.top_up("ann", 50).await;
    let processes = [books.beside(), books.beside()];
    let asked = (0..200).map(|n| {
        let ledger = processes[n % 2].clone();
        // Every id comes twice, once to each.
        let id = format!("r{}", n / 2);
        tokio::spawn(async move {
            match ledger.hold(hold_again(&id, "ann", 1)).await {
                Ok(_) => Some(ledger.settle(&id, charge(1, 0, 0)).await.unwrap().duplicate),
                // The other one was faster, or there is no money left.
                Err(LedgerError::Ended | LedgerError::Insufficient { .. }) => None,
                Err(error) => panic!("{error}"),
            }
        })
    });
    let mut charged = 0;
    for asked in asked.collect::<Vec<_>>() {
        charged += usize::from(asked.await.unwrap() == Some(false));
    }
    assert_eq!(charged, 50);
    assert_eq!(books.of("ann").await, (0, 0));
    books.agree().await;
}

async fn holds_and_their_ends_go_side_by_side(kind: Kind) {
    let books = Books::new(kind).await;
    books.top_up("ann", 500).await;
    let processes = [books.beside(), books.beside()];
    let asked = (0..50u64).map(|customer| {
        let ledger = processes[usize::try_from(customer % 2).unwrap()].clone();
        tokio::spawn(async move {
            let mut charged = 0;
            for n in 0..20u64 {
                let id = format!("r{customer}_{n}");
                match ledger.hold(hold(&id, "ann", 7)).await {
                    Ok(_) if n % 3 == 0 => ledger.void(&id).await.unwrap(),
                    Ok(_) => {
                        let settled = ledger.settle(&id, charge(5, 0, 0)).await.unwrap();
                        charged += settled.charge_nano_usd;
                    }
                    Err(LedgerError::Insufficient { .. }) => {}
                    Err(error) => panic!("{error}"),
                }
            }
            charged
        })
    });
    let mut charged = 0;
    for asked in asked.collect::<Vec<_>>() {
        charged += asked.await.unwrap();
    }
    assert!(charged > 0);
    assert_eq!(books.of("ann").await, (500 - charged, 0));
    books.agree().await;
}

/// Who has money for one request at a time is not refused the next for the last.
async fn what_is_over_makes_room(kind: Kind) {
    let books = Books::new(kind).await;
    books.top_up("ann", 100).await;
    books.ledger.hold(hold("r0", "ann", 100)).await.unwrap();
    for n in 1..5 {
        let last = format!("r{}", n - 1);
        let (ended, next) = tokio::join!(
            books.ledger.void(&last),
            books.ledger.hold(hold(&format!("r{n}"), "ann", 100))
        );
        ended.unwrap();
        next.unwrap();
    }
    assert_eq!(books.of("ann").await, (100, 100));
    books.agree().await;
}

/// Something of a few ids, so that they meet.
async fn something(ledger: Ledger, seed: u64) {
    let mut random = StdRng::seed_from_u64(seed);
    let account = ["ann", "bob", "cat"][random.random_range(0..3)];
    let id = format!("r{}", random.random_range(0..40));
    let amount = random.random_range(1..100);
    let answer = match random.random_range(0..6) {
        0 | 1 => ledger
            .hold(hold_again(&id, account, amount))
            .await
            .map(drop),
        2 => {
            let list = random.random_range(0..150);
            let settlement = charge(list, list / 2, random.random_range(0..2) * 2_500);
            ledger.settle(&id, settlement).await.map(drop)
        }
        3 => ledger.void(&id).await,
        4 => ledger.post(top_up(&id, account, amount)).await.map(drop),
        _ if random.random_range(0..2) == 0 => ledger.post(subsidize(&id, amount)).await.map(drop),
        _ => ledger
            .post(taken_back(&id, account, amount))
            .await
            .map(drop),
    };
    if let Err(error) = answer {
        assert!(
            matches!(
                error,
                LedgerError::Insufficient { .. }
                    | LedgerError::Unknown
                    | LedgerError::Ended
                    | LedgerError::Conflict
            ),
            "{error}"
        );
    }
}

async fn whatever_is_asked_in_whatever_order_the_books_agree(kind: Kind) {
    let books = Books::new(kind).await;
    let processes = [books.beside(), books.beside()];
    for round in 0..10u64 {
        let asked = (0..60u64).map(|n| {
            let ledger = processes[usize::try_from(n % 2).unwrap()].clone();
            tokio::spawn(something(ledger, round * 1_000 + n / 2))
        });
        for asked in asked.collect::<Vec<_>>() {
            asked.await.unwrap();
        }
        books.agree().await;
    }
}
