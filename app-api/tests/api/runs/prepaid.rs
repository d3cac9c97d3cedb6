//! Runs that an account pays.

use reqwest::{Method, StatusCode};
use serde_json::json;

use super::{Shop, Told, told};
use crate::{
    ledger::{NOW, hold},
    support::{
        database::{Kind, on_both_databases},
        platform::Customer,
        stand::eventually,
    },
};

on_both_databases!(
    from_the_balance,
    not_enough,
    by_credits,
    given_back,
    a_hold_without_a_run,
    an_order_that_is_sent_again,
);

const PRICE: i64 = 10_010_000;

async fn order(shop: &Shop, who: &Customer, mode: i64) -> Told {
    told(
        who.request(&shop.server, Method::POST, "/api/simulate")
            .json(&shop.job(mode)),
    )
    .await
}

/// Waits until every ended run was charged or given back, and checks the books.
async fn accounted(shop: &Shop) {
    eventually("runs are accounted", || async {
        let open = shop.count("SELECT 'open', COUNT(*) FROM runs WHERE accounted = 0");
        (open.await == 0).then_some(())
    })
    .await;
    shop.books.agree().await;
}

async fn from_the_balance(kind: Kind) {
    let shop = Shop::open(kind).await;
    let (ada, bob) = (
        Customer::new(&shop.server).await,
        Customer::new(&shop.server).await,
    );
    shop.books.top_up(&ada.account, 3 * PRICE).await;
    let run = order(&shop, &ada, 0).await;
    assert_eq!(
        (run.status, run.text("state"), run.text("paidBy")),
        (StatusCode::OK, "done".into(), "balance".into())
    );
    assert!(run.body["token"].is_null());
    accounted(&shop).await;
    assert_eq!(shop.books.of(&ada.account).await, (2 * PRICE, 0));
    // A unit that fails was run.
    let failed = order(&shop, &ada, 9).await;
    assert_eq!(failed.text("state"), "failed");
    accounted(&shop).await;
    assert_eq!(shop.books.of(&ada.account).await, (PRICE, 0));
    // The account reads it, and nobody else.
    for (path, status) in [("", 200), ("/result.csv", 200), ("/result.json", 200)] {
        let path = format!("/api/runs/{}{path}", run.text("id"));
        assert_eq!(
            told(ada.request(&shop.server, Method::GET, &path))
                .await
                .status
                .as_u16(),
            status
        );
        assert_eq!(
            told(bob.request(&shop.server, Method::GET, &path))
                .await
                .status
                .as_u16(),
            404
        );
        assert_eq!(
            told(shop.server.request(Method::GET, &path))
                .await
                .status
                .as_u16(),
            404
        );
    }
}

async fn not_enough(kind: Kind) {
    let shop = Shop::open(kind).await;
    let ada = Customer::new(&shop.server).await;
    shop.books.top_up(&ada.account, PRICE - 1).await;
    let refused = order(&shop, &ada, 0).await;
    assert_eq!(
        (refused.status.as_u16(), &refused.body["code"]),
        (402, &json!("payment_required"))
    );
    assert!(refused.headers.contains_key("payment-required"));
    assert_eq!(shop.books.of(&ada.account).await, (PRICE - 1, 0));
    // Of many at once no more are run than are paid for.
    shop.books.top_up(&ada.account, 2 * PRICE).await;
    let orders = futures_util::future::join_all((0..6).map(|_| order(&shop, &ada, 0))).await;
    let paid = orders
        .iter()
        .filter(|order| order.status == StatusCode::OK)
        .count();
    assert_eq!(paid, 2);
    accounted(&shop).await;
    assert_eq!(shop.books.of(&ada.account).await, (PRICE - 1, 0));
}

async fn by_credits(kind: Kind) {
    let shop = Shop::open(kind).await;
    let ada = Customer::new(&shop.server).await;
    shop.books.top_up(&ada.account, PRICE).await;
    let store = &shop.books.store.store;
    for first in [true, false] {
        assert_eq!(
            store
                .add_run_credits("pack:1", &ada.account, 2, NOW)
                .await
                .unwrap(),
            first
        );
    }
    let orders = futures_util::future::join_all((0..4).map(|_| order(&shop, &ada, 0))).await;
    let mut paid: Vec<_> = orders
        .iter()
        .map(|o| o.body["paidBy"].as_str().unwrap_or("nothing"))
        .collect();
    paid.sort_unstable();
    assert_eq!(paid, ["balance", "credit", "credit", "nothing"]);
    assert_eq!(store.run_credits(&ada.account).await.unwrap(), 0);
    // A pack that is paid back takes no more than is there.
    store
        .add_run_credits("back:1", &ada.account, -2, NOW)
        .await
        .unwrap();
    assert_eq!(store.run_credits(&ada.account).await.unwrap(), 0);
    accounted(&shop).await;
    assert_eq!(shop.books.of(&ada.account).await, (0, 0));
}

async fn given_back(kind: Kind) {
    let shop = Shop::with(kind, |settings| {
        settings.runs.simulator_path = Some("/nonexistent".into())
    })
    .await;
    let ada = Customer::new(&shop.server).await;
    shop.books.top_up(&ada.account, PRICE).await;
    let store = &shop.books.store.store;
    store
        .add_run_credits("pack:1", &ada.account, 1, NOW)
        .await
        .unwrap();
    let failed = order(&shop, &ada, 0).await;
    assert_eq!(
        (failed.text("paidBy"), failed.text("state")),
        ("credit".into(), "failed".into())
    );
    assert!(failed.body["failure"]["againToken"].is_null());
    accounted(&shop).await;
    assert_eq!(store.run_credits(&ada.account).await.unwrap(), 1);
    store
        .add_run_credits("take", &ada.account, -1, NOW)
        .await
        .unwrap();
    assert_eq!(order(&shop, &ada, 0).await.text("paidBy"), "balance");
    accounted(&shop).await;
    assert_eq!(shop.books.of(&ada.account).await, (PRICE, 0));
}

/// A server died between holding the money and queueing the run: the money is free again in time.
async fn a_hold_without_a_run(kind: Kind) {
    let shop = Shop::open(kind).await;
    shop.books.top_up("acct_ada", 3 * PRICE).await;
    for id in ["run_orphan", "req_of_the_gateway"] {
        let hold = hold(id, "acct_ada", PRICE);
        shop.books.ledger.hold(hold).await.unwrap();
    }
    shop.books.clock.set(NOW + 601);
    let _other = shop.beside(|_| {}).await;
    eventually("the money is free", || async {
        (shop.books.of("acct_ada").await == (3 * PRICE, PRICE)).then_some(())
    })
    .await;
    shop.books.agree().await;
}

/// The same key is the same run, paid once, at whatever server and however often at the same time.
async fn an_order_that_is_sent_again(kind: Kind) {
    let shop = Shop::open(kind).await;
    let other = shop.beside(|_| {}).await;
    let (ada, bob) = (
        Customer::new(&shop.server).await,
        Customer::new(&shop.server).await,
    );
    let send = |who: &Customer, key: &str, mode: i64, n: usize| {
        let server = if n.is_multiple_of(2) {
            &shop.server
        } else {
            &other
        };
        let request = who.request(server, Method::POST, "/api/simulate");
        told(request.json(&shop.job(mode)).header("idempotency-key", key))
    };
    // Refused for want of money, it may be sent again.
    let refused = send(&ada, "one", 0, 0).await;
    assert_eq!(refused.status, StatusCode::PAYMENT_REQUIRED);
    shop.books.top_up(&ada.account, 3 * PRICE).await;
    // The last prepaid run goes while others ask.
    let store = &shop.books.store.store;
    store
        .add_run_credits("pack:1", &ada.account, 1, NOW)
        .await
        .unwrap();
    for (key, paid_by) in [("one", "credit"), ("two", "balance")] {
        let sent = (0..8).map(|n| send(&ada, key, 0, n));
        let mut all = futures_util::future::join_all(sent).await;
        all.push(send(&ada, key, 0, 0).await);
        for answer in &all {
            assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
            assert_eq!(answer.body, all[0].body);
        }
        assert_eq!(all[0].text("paidBy"), paid_by);
    }
    accounted(&shop).await;
    assert_eq!(shop.runs().await, 2);
    assert_eq!(shop.books.of(&ada.account).await, (2 * PRICE, 0));
    // For another order it is no key, and another's key is another.
    let other_order = send(&ada, "two", 9, 0).await;
    assert_eq!(
        (other_order.status.as_u16(), &other_order.body["code"]),
        (409, &json!("idempotency_key_used"))
    );
    // Two orders at the same time under one key: one of them.
    let both = futures_util::future::join_all((0..6).map(|n| {
        let mode = if n % 2 == 0 { 0 } else { 9 };
        send(&ada, "three", mode, n)
    }))
    .await;
    for answer in &both {
        assert!(matches!(answer.status.as_u16(), 200 | 409), "{answer:?}");
    }
    assert!(both.iter().any(|answer| answer.status == StatusCode::OK));
    accounted(&shop).await;
    assert_eq!(shop.runs().await, 3);
    assert_eq!(shop.books.of(&ada.account).await, (PRICE, 0));
    shop.books.top_up(&bob.account, PRICE).await;
    assert_eq!(send(&bob, "one", 0, 0).await.status, StatusCode::OK);
    assert_eq!(shop.runs().await, 4);
    for key in [" ", "a b", &"k".repeat(256)] {
        let refused = send(&ada, key, 0, 0).await;
        assert_eq!(
            (refused.status.as_u16(), &refused.body["code"]),
            (400, &json!("invalid_idempotency_key")),
            "{key}"
        );
    }
}
