//! What counts, how pages and stretches add up, and when a stretch is settled.

use std::sync::{Arc, atomic::Ordering};

use primis_keeper::{
    plan::Revenue,
    revenue::{RevenueError, RevenueSource},
};
use proptest::{prelude::*, test_runner::TestRunner};
use serde_json::json;
use wiremock::ResponseTemplate;

use crate::server::{
    Account, STRETCH, ask, ask_with, dated, ok, page, serve, stretch, stripe, transaction,
};

#[tokio::test]
async fn sales_and_what_takes_them_back_count_and_movements_of_money_do_not() {
    let at = STRETCH.from;
    let transactions = vec![
        transaction("txn_1", at, "charge", 10_000),
        transaction("txn_2", at + 1, "refund", -2_000),
        transaction("txn_3", at + 2, "dispute", -1_500),
        transaction("txn_4", at + 3, "dispute_reversal", 1_500),
        transaction("txn_5", at + 4, "payout", -500_000),
        transaction("txn_6", at + 5, "transfer", -1_000),
        transaction("txn_7", at + 6, "topup", 99_000),
        transaction("txn_8", at + 7, "fee", -700),
        transaction("txn_9", STRETCH.to, "charge", 777_777),
        transaction("txn_0", at - 1, "charge", 888_888),
    ];
    for (more, expected_cents) in [
        (json!({}), 8_000 - 4 * 30),
        (json!({"amount": "gross"}), 8_000),
        (json!({"amount": "gross", "share_bps": 1_000}), 800),
        (
            json!({"amount": "gross", "categories": ["charge", "fee"], "ignored_categories": ["refund", "dispute", "dispute_reversal"]}),
            9_300,
        ),
    ] {
        let server = serve(Account::new(transactions.clone())).await;
        let got = stripe(&server.uri(), more.clone())
            .measure(STRETCH)
            .await
            .unwrap();
        assert_eq!(got, Revenue::NanoUsd(expected_cents * 10_000_000), "{more}");
    }
}

#[tokio::test]
async fn more_refunds_than_sales_are_a_debt() {
    let data = [transaction("txn_1", STRETCH.from, "refund", -2_000)];
    let got = ask(ok(page(&data, false))).await.unwrap();
    assert_eq!(got, Revenue::NanoUsd(-20_300_000_000));
    assert_eq!(
        ask(ok(page(&[], false))).await.unwrap(),
        Revenue::NanoUsd(0)
    );
}

#[test]
fn every_page_is_read_and_any_cut_of_time_adds_up() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let inputs = (
        proptest::collection::vec((0_i64..600, -50_000_i64..100_000), 0..450),
        proptest::collection::vec(0_i64..=600, 0..4),
        1_u16..=10_000,
    );
    let mut runner = TestRunner::new(ProptestConfig::with_cases(12));
    runner
        .run(&inputs, |(rows, mut cuts, share_bps)| {
            let transactions = (0..).zip(&rows).map(|(n, (second, cents))| {
                let category = if *cents < 0 { "refund" } else { "charge" };
                transaction(&format!("txn_{n}"), STRETCH.from + second, category, *cents)
            });
            let account = Account::new(transactions.collect());
            let asked = Arc::clone(&account.asked);
            cuts.extend([0, 600]);
            cuts.sort_unstable();
            let (whole, parts) = runtime.block_on(async {
                let server = serve(account).await;
                let more = json!({"share_bps": share_bps});
                let whole = stripe(&server.uri(), more.clone())
                    .measure(STRETCH)
                    .await
                    .unwrap();
                let pages = rows.len().div_ceil(100).max(1);
                assert_eq!(
                    asked.load(Ordering::Relaxed),
                    pages,
                    "{} transactions",
                    rows.len()
                );
                let source = stripe(&server.uri(), more);
                let mut parts = 0;
                for cut in cuts.windows(2) {
                    let part = stretch(STRETCH.from + cut[0], STRETCH.from + cut[1]);
                    let Ok(Revenue::NanoUsd(part)) = source.measure(part).await else {
                        panic!()
                    };
                    parts += part;
                }
                (whole, parts)
            });
            prop_assert_eq!(whole, Revenue::NanoUsd(parts));
            let exact: i64 = rows
                .iter()
                .map(|(_, cents)| (cents - 30) * i64::from(share_bps) * 1_000)
                .sum();
            prop_assert_eq!(whole, Revenue::NanoUsd(exact));
            Ok(())
        })
        .unwrap();
}

#[tokio::test]
async fn a_shorter_stretch_asked_for_in_the_same_plan_is_not_fetched_again() {
    let account = Account::new(vec![
        transaction("txn_1", STRETCH.from, "charge", 130),
        transaction("txn_2", STRETCH.from + 300, "charge", 1_030),
    ]);
    let asked = Arc::clone(&account.asked);
    let server = serve(account).await;
    let source = stripe(&server.uri(), json!({}));
    let measure = async |to| source.measure(stretch(STRETCH.from, to)).await.unwrap();
    assert_eq!(measure(STRETCH.to).await, Revenue::NanoUsd(11_000_000_000));
    assert_eq!(
        measure(STRETCH.from + 300).await,
        Revenue::NanoUsd(1_000_000_000)
    );
    assert_eq!(asked.load(Ordering::Relaxed), 1);
    assert_eq!(
        measure(STRETCH.to + 60).await,
        Revenue::NanoUsd(11_000_000_000)
    );
    assert_eq!(asked.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn a_stretch_is_settled_by_stripes_clock_and_its_grace() {
    let empty = |now| {
        dated(
            ResponseTemplate::new(200).set_body_json(page(&[], false)),
            now,
        )
    };
    let more = || json!({"settle_grace_seconds": 600});
    assert!(ask_with(empty(STRETCH.to + 600), more()).await.is_ok());
    // Stripe's clock behind the cluster's, or ours ahead: waited for, however far it is.
    for behind in [1_u64, 599, 86_400] {
        let now = STRETCH.to + 600 - i64::try_from(behind).unwrap();
        let server = serve(empty(now)).await;
        let source = stripe(&server.uri(), more());
        for asked in [1, 1] {
            let error = source.measure(STRETCH).await.unwrap_err();
            let RevenueError::NotSettled {
                retry_after_seconds: Some(seconds),
            } = error
            else {
                panic!("{error:?}")
            };
            assert!((behind - 1..=behind).contains(&seconds), "{seconds}");
            let requests = server.received_requests().await.unwrap().len();
            assert!(requests <= asked + 1, "not asked while its clock is known");
        }
    }
    // Ahead: nothing is too early.
    assert!(ask_with(empty(STRETCH.to + 864_000), more()).await.is_ok());
    let undated = ResponseTemplate::new(200)
        .set_body_json(page(&[], false))
        .insert_header("date", "yesterday");
    let error = ask(undated).await.unwrap_err();
    assert!(error.to_string().contains("no Date"), "{error}");
}
