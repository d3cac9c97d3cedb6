//! One request after the other.

use primis_app_api::platform::ledger::{Book, LedgerError, Settled, Short};

use super::{Books, NOW, charge, hold, hold_again, subsidize, taken_back, top_up};
use crate::support::database::{Kind, on_both_databases};

on_both_databases!(
    a_hold_is_charged_once,
    a_hold_needs_money_that_is_free,
    a_price_above_the_hold_is_the_platforms_loss,
    the_subsidy_pays_its_share_while_it_lasts,
    a_voided_hold_is_free_again,
    the_same_request_again_is_the_same,
    what_is_no_posting_is_refused,
    money_taken_back_never_makes_a_balance_negative,
    holds_that_nobody_ended_are_found,
    what_was_reported_stays,
);

async fn a_hold_is_charged_once(kind: Kind) {
    let books = Books::new(kind).await;
    books.top_up("ann", 10_000).await;
    books.ledger.hold(hold("r1", "ann", 4_000)).await.unwrap();
    assert_eq!(books.of("ann").await, (10_000, 4_000));
    let settled = books
        .ledger
        .settle("r1", charge(1_500, 1_000, 0))
        .await
        .unwrap();
    let first = Settled {
        duplicate: false,
        list_nano_usd: 1_500,
        discount_nano_usd: 0,
        charge_nano_usd: 1_500,
        loss_nano_usd: 0,
    };
    assert_eq!(settled, first);
    assert_eq!(books.of("ann").await, (8_500, 0));
    // Whoever asks again, from wherever, and whatever for, is told the first outcome.
    let again = books
        .beside()
        .settle("r1", charge(9_999, 1, 0))
        .await
        .unwrap();
    assert_eq!(
        again,
        Settled {
            duplicate: true,
            ..first
        }
    );
    assert!(matches!(
        books.ledger.void("r1").await,
        Err(LedgerError::Ended)
    ));
    assert!(matches!(
        books.ledger.hold(hold_again("r1", "ann", 4_000)).await,
        Err(LedgerError::Ended)
    ));
    assert_eq!(books.of("ann").await, (8_500, 0));
    assert_eq!(
        books
            .store
            .rows(
                "SELECT book, amount_nano_usd FROM entries WHERE posting = 'usage:r1' ORDER BY line"
            )
            .await,
        [
            ("customer:ann".to_owned(), 1_500),
            ("revenue:gateway".to_owned(), -1_500),
            ("provider:cost".to_owned(), 1_000),
            ("provider:payable".to_owned(), -1_000),
        ]
    );
    assert_eq!(
        books
            .store
            .rows("SELECT kind, fee_nano_usd FROM postings WHERE id = 'usage:r1'")
            .await,
        [("usage".to_owned(), 150)]
    );
    books.agree().await;
}

async fn a_hold_needs_money_that_is_free(kind: Kind) {
    let books = Books::new(kind).await;
    let refused = books.ledger.hold(hold("r0", "ann", 1)).await.unwrap_err();
    assert!(matches!(
        refused,
        LedgerError::Insufficient {
            available_nano_usd: 0,
            wanted_nano_usd: 1
        }
    ));
    books.top_up("ann", 100).await;
    books.ledger.hold(hold("r1", "ann", 60)).await.unwrap();
    let refused = books.ledger.hold(hold("r2", "ann", 41)).await.unwrap_err();
    assert!(matches!(
        refused,
        LedgerError::Insufficient {
            available_nano_usd: 40,
            wanted_nano_usd: 41
        }
    ));
    books.ledger.hold(hold("r3", "ann", 40)).await.unwrap();
    assert!(books.ledger.hold(hold("r4", "ann", -1)).await.is_err());
    assert!(matches!(
        books.ledger.settle("r9", charge(1, 0, 0)).await,
        Err(LedgerError::Unknown)
    ));
    assert_eq!(books.of("ann").await, (100, 100));
    books.agree().await;
}

async fn a_price_above_the_hold_is_the_platforms_loss(kind: Kind) {
    let books = Books::new(kind).await;
    books.top_up("ann", 1_000).await;
    books.ledger.hold(hold("r1", "ann", 400)).await.unwrap();
    let settled = books
        .ledger
        .settle("r1", charge(1_000, 900, 0))
        .await
        .unwrap();
    assert_eq!((settled.charge_nano_usd, settled.loss_nano_usd), (400, 600));
    assert_eq!(books.of("ann").await, (600, 0));
    assert!(
        books
            .ledger
            .settle("r1", charge(-1, 0, 0))
            .await
            .unwrap()
            .duplicate
    );
    books.agree().await;
}

async fn the_subsidy_pays_its_share_while_it_lasts(kind: Kind) {
    let books = Books::new(kind).await;
    books.top_up("ann", 10_000).await;
    books.ledger.post(subsidize("sweep:1", 300)).await.unwrap();
    for (id, discount, charged) in [("r1", 249, 750), ("r2", 51, 948), ("r3", 0, 999)] {
        books.ledger.hold(hold(id, "ann", 1_000)).await.unwrap();
        // A quarter of 999, rounded down.
        let settled = books
            .ledger
            .settle(id, charge(999, 800, 2_500))
            .await
            .unwrap();
        assert_eq!(
            (settled.discount_nano_usd, settled.charge_nano_usd),
            (discount, charged),
            "{id}"
        );
    }
    assert_eq!(books.ledger.subsidy().await.unwrap().balance_nano_usd, 0);
    assert_eq!(books.of("ann").await, (10_000 - 750 - 948 - 999, 0));
    books.agree().await;
}

async fn a_voided_hold_is_free_again(kind: Kind) {
    let books = Books::new(kind).await;
    books.top_up("ann", 100).await;
    books.ledger.hold(hold("r1", "ann", 100)).await.unwrap();
    books.ledger.void("r1").await.unwrap();
    books.ledger.void("r1").await.unwrap();
    assert_eq!(books.of("ann").await, (100, 0));
    assert!(matches!(
        books.ledger.settle("r1", charge(1, 0, 0)).await,
        Err(LedgerError::Ended)
    ));
    assert!(matches!(
        books.ledger.void("r2").await,
        Err(LedgerError::Unknown)
    ));
    books.agree().await;
}

async fn the_same_request_again_is_the_same(kind: Kind) {
    let books = Books::new(kind).await;
    let first = books
        .ledger
        .post(top_up("stripe:pi_1", "ann", 100))
        .await
        .unwrap();
    assert_eq!((first.duplicate, first.balance_nano_usd), (false, 100));
    let again = books
        .beside()
        .post(top_up("stripe:pi_1", "ann", 100))
        .await
        .unwrap();
    assert_eq!((again.duplicate, again.balance_nano_usd), (true, 100));
    for other in [
        top_up("stripe:pi_1", "ann", 101),
        top_up("stripe:pi_1", "bob", 100),
    ] {
        assert!(matches!(
            books.ledger.post(other).await,
            Err(LedgerError::Conflict)
        ));
    }
    books.ledger.hold(hold("r1", "ann", 70)).await.unwrap();
    books
        .ledger
        .hold(hold_again("r1", "ann", 70))
        .await
        .unwrap();
    for other in [hold_again("r1", "ann", 71), hold_again("r1", "bob", 70)] {
        assert!(matches!(
            books.ledger.hold(other).await,
            Err(LedgerError::Conflict)
        ));
    }
    assert_eq!(books.of("ann").await, (100, 70));
    books.agree().await;
}

async fn what_is_no_posting_is_refused(kind: Kind) {
    let books = Books::new(kind).await;
    let ann = || Book::Customer("ann".into());
    for entries in [
        vec![(Book::Stripe, 1), (ann(), -2)],
        vec![(Book::Stripe, 1)],
        vec![(ann(), 5), (Book::Customer("bob".into()), -5)],
        vec![(ann(), 5), (ann(), -5)],
        vec![(ann(), i64::MIN), (Book::Stripe, i64::MIN)],
        vec![(ann(), i64::MAX), (Book::Stripe, 1), (Book::Loss, i64::MIN)],
    ] {
        let posting = primis_app_api::platform::ledger::Posting {
            entries: entries.clone(),
            ..top_up("p", "ann", 1)
        };
        let refused = books.ledger.post(posting).await;
        assert!(
            matches!(refused, Err(LedgerError::Unbalanced(_))),
            "{entries:?}: {refused:?}"
        );
    }
    // What a customer has not got cannot be taken, nor what the pool has not got.
    let taken = primis_app_api::platform::ledger::Posting {
        short: Short::Refuse,
        ..taken_back("p", "ann", 1)
    };
    for posting in [taken, subsidize("p", -1)] {
        let refused = books.ledger.post(posting).await;
        assert!(
            matches!(refused, Err(LedgerError::Insufficient { .. })),
            "{refused:?}"
        );
    }
    assert_eq!(
        books
            .store
            .rows("SELECT id, settled_at FROM postings")
            .await,
        []
    );
}

async fn money_taken_back_never_makes_a_balance_negative(kind: Kind) {
    let books = Books::new(kind).await;
    books.top_up("ann", 100).await;
    books.ledger.hold(hold("r1", "ann", 30)).await.unwrap();
    // What is held is promised to somebody else.
    let posted = books
        .ledger
        .post(taken_back("d1", "ann", 100))
        .await
        .unwrap();
    assert_eq!((posted.balance_nano_usd, posted.short_nano_usd), (30, 30));
    let again = books
        .ledger
        .post(taken_back("d1", "ann", 100))
        .await
        .unwrap();
    assert_eq!((again.duplicate, again.short_nano_usd), (true, 30));
    books.ledger.settle("r1", charge(30, 20, 0)).await.unwrap();
    assert_eq!(books.of("ann").await, (0, 0));
    books.agree().await;
}

async fn holds_that_nobody_ended_are_found(kind: Kind) {
    let books = Books::new(kind).await;
    books.top_up("ann", 100).await;
    for id in ["r1", "r2", "r3", "r4"] {
        books.ledger.hold(hold(id, "ann", 10)).await.unwrap();
    }
    books.ledger.settle("r1", charge(1, 0, 0)).await.unwrap();
    books.ledger.void("r3").await.unwrap();
    assert_eq!(books.ledger.expired(NOW + 599, 10).await.unwrap(), []);
    let found = books.ledger.expired(NOW + 600, 10).await.unwrap();
    let ids: Vec<&str> = found.iter().map(|hold| hold.id.as_str()).collect();
    assert_eq!(ids, ["r2", "r4"]);
    assert_eq!(found[0].context, hold("", "", 0).context);
    assert_eq!(
        (found[0].account.as_str(), found[0].amount_nano_usd),
        ("ann", 10)
    );
}

async fn what_was_reported_stays(kind: Kind) {
    let books = Books::new(kind).await;
    books.top_up("ann", 10_000).await;
    books.ledger.hold(hold("r1", "ann", 1_000)).await.unwrap();
    books
        .ledger
        .settle("r1", charge(1_000, 700, 0))
        .await
        .unwrap();
    let store = &books.store.store;
    let report = store.report_revenue(NOW, NOW + 100).await.unwrap();
    assert_eq!(
        (
            report.gross_nano_usd,
            report.provider_cost_nano_usd,
            report.fee_nano_usd
        ),
        (1_000, 700, 100)
    );
    assert_eq!(report.usage_events, 1);
    assert_eq!(store.usage_event_count().await.unwrap(), 1);
    // A clock that is behind does not bring anything into what was told.
    books.ledger.hold(hold("r2", "ann", 500)).await.unwrap();
    books
        .ledger
        .settle("r2", charge(700, 300, 0))
        .await
        .unwrap();
    assert_eq!(store.report_revenue(NOW, NOW + 100).await.unwrap(), report);
    let later = store.report_revenue(NOW + 100, NOW + 200).await.unwrap();
    assert_eq!(
        (
            later.gross_nano_usd,
            later.refunds_nano_usd,
            later.fee_nano_usd
        ),
        (700, 200, 50)
    );
}
