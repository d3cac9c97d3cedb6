//! A month's statement: from the opening balance, by every posting, to the closing balance.

use primis_app_api::platform::ledger::{Ledger, NewHold, Revenue, Settlement, UsageLine};
use serde_json::Value;
use std::{sync::Arc, time::Duration};

use super::{NOW, Shop, USD};
use crate::support::database::{Kind, on_both_databases};

on_both_databases!(a_statement_adds_up, what_is_no_month);

/// A call of a model, for so much.
async fn used(shop: &Shop, id: &str, nano_usd: i64) {
    let clock = Arc::new(shop.clock.clone());
    let ledger = Ledger::new(shop.store.store.clone(), clock, Duration::from_secs(10));
    let hold = NewHold {
        id: id.into(),
        fresh: true,
        account: shop.customer.account.clone(),
        amount_nano_usd: nano_usd,
        expires_at: NOW + 60,
        context: "{}".into(),
        limits: Vec::new(),
    };
    ledger.hold(hold).await.unwrap();
    let settlement = Settlement {
        list_nano_usd: nano_usd,
        provider_cost_nano_usd: nano_usd / 2,
        fee_bps: 1_000,
        subsidy_bps: 0,
        revenue: Revenue::Gateway,
        usage: UsageLine {
            kind: "chat",
            key_id: None,
            sku: "openai/gpt-oss-120b".into(),
            detail: "{}".into(),
            estimated: false,
        },
    };
    ledger.settle(id, settlement).await.unwrap();
}

fn number(value: &Value) -> i64 {
    value.as_str().unwrap().parse().unwrap()
}

async fn a_statement_adds_up(kind: Kind) {
    let shop = Shop::open(kind).await;
    let payment = shop.buy("small").await;
    used(&shop, "req_1", 7_680_000_001).await;
    used(&shop, "req_2", 1).await;
    shop.stripe.refund(&payment, 500);
    shop.deliver().await;
    // None of the credit.
    shop.subscribe("pro").await;
    let november = shop.get_ok("/api/billing/statement?month=2026-11").await;
    assert_eq!(november["openingNanoUsd"], "0");
    let moved: Vec<i64> = november["postings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| number(&p["amountNanoUsd"]))
        .collect();
    assert_eq!(moved.len(), 4);
    assert_eq!(
        moved.iter().sum::<i64>(),
        number(&november["closingNanoUsd"])
    );
    assert_eq!(
        number(&november["closingNanoUsd"]),
        20 * USD - 7_680_000_002
    );
    assert_eq!(number(&november["closingNanoUsd"]), shop.balance().await);
    // Page by page the same.
    let (mut next, mut pages) = (String::new(), Vec::new());
    loop {
        let page = shop
            .get_ok(&format!(
                "/api/billing/statement?month=2026-11&limit=1{next}"
            ))
            .await;
        pages.extend(page["postings"].as_array().unwrap().clone());
        assert_eq!(page["closingNanoUsd"], november["closingNanoUsd"]);
        match page["next"].as_str() {
            Some(at) => next = format!("&after={at}"),
            None => break,
        }
    }
    assert_eq!(Value::from(pages), november["postings"]);
    // The next month begins where this one ended.
    let invoice = shop.month_ends("2026-11").await;
    shop.buy("medium").await;
    let december = shop.get_ok("/api/billing/statement?month=2026-12").await;
    assert_eq!(december["openingNanoUsd"], november["closingNanoUsd"]);
    assert_eq!(number(&december["closingNanoUsd"]), shop.balance().await);
    assert_eq!(december["postings"].as_array().unwrap().len(), 1);
    let before = shop.get_ok("/api/billing/statement?month=2026-10").await;
    assert_eq!(
        (&before["openingNanoUsd"], &before["closingNanoUsd"]),
        (&"0".into(), &"0".into())
    );
    // What was used is on the invoice, beside what was paid.
    assert_eq!(number(&invoice["totalNanoUsd"]), 124 * USD);
    let usage = &invoice["usage"][0];
    assert_eq!(
        (usage["sku"].as_str(), usage["calls"].as_i64()),
        (Some("openai/gpt-oss-120b"), Some(2))
    );
    assert_eq!(number(&invoice["usageChargeNanoUsd"]), 7_680_000_002);
    shop.agree().await;
}

async fn what_is_no_month(kind: Kind) {
    let shop = Shop::open(kind).await;
    for query in [
        "",
        "?month=2026",
        "?month=2026-13",
        "?month=2026-11&limit=0",
        "?month=2026-11&after=x",
        "?month=2026-11&after=1.a",
        "?month=2026-11&year=1",
    ] {
        let (status, refusal) = shop.get(&format!("/api/billing/statement{query}")).await;
        assert_eq!(
            (status.as_u16(), refusal["code"].as_str()),
            (400, Some("invalid_query")),
            "{query}"
        );
    }
}
