//! Holds that nobody ended.

use serde_json::json;

use super::{Gate, NOW, PLAIN, USD};
use crate::support::{
    database::{Kind, on_both_databases},
    stand::eventually,
};
use primis_app_api::platform::ledger::NewHold;

on_both_databases!(a_hold_past_its_time_is_ended, others_holds_are_left_alone,);

fn context(part: &str) -> String {
    json!({
        "part": part, "kind": "chat", "model": "test/plain", "keyId": null, "upstream": "first",
        "prices": {"prompt_nano_usd": 2_000_000_000u64, "cached_nano_usd": 500_000_000, "completion_nano_usd": 8_000_000_000u64, "markup_bps": 2_000},
        "cost": "prices", "most": {"prompt": 200, "cached": 0, "completion": 100}, "promptEstimate": 25,
    })
    .to_string()
}

async fn hold(gate: &Gate, id: &str, expires_at: i64, part: &str) {
    let hold = NewHold {
        id: id.into(),
        fresh: true,
        account: gate.customer.account.clone(),
        amount_nano_usd: 1_440_000,
        expires_at,
        context: context(part),
        limits: Vec::new(),
    };
    gate.ledger.hold(hold).await.unwrap();
}

/// The process that asked is gone. Where the upstream's name of the answer was stored, it is asked what the
/// answer used; else the prompt is charged by an estimate.
async fn a_hold_past_its_time_is_ended(kind: Kind) {
    let gate = Gate::new(kind).await;
    gate.first.log.lock().unwrap().billed.insert(
        "gen-1".into(),
        json!({"prompt_tokens": 10, "completion_tokens": 5}),
    );
    hold(&gate, "req_known", NOW + 10, "gateway").await;
    hold(&gate, "req_unknown", NOW + 20, "gateway").await;
    hold(&gate, "req_later", NOW + 1_000, "gateway").await;
    gate.store
        .execute("INSERT INTO gateway_answers (hold, upstream, answer_id, noted_at) VALUES ('req_known', 'first', 'gen-1', 1800000000)")
        .await;
    gate.clock.set(NOW + 100);
    eventually("two of them end", || async {
        let held = gate
            .store
            .rows("SELECT id, CAST(1 AS BIGINT) FROM holds WHERE state = 'held' ORDER BY id");
        (held.await == [("req_later".to_owned(), 1)]).then_some(())
    })
    .await;
    let charges = gate
        .store
        .rows("SELECT id, charge_nano_usd FROM usage_lines ORDER BY id");
    // 25 × $2 for a million, and 20 %.
    assert_eq!(
        charges.await,
        [
            ("req_known".to_owned(), PLAIN),
            ("req_unknown".to_owned(), 60_000)
        ]
    );
    let estimated = gate
        .store
        .rows("SELECT id, estimated FROM usage_lines ORDER BY id");
    assert_eq!(
        estimated.await,
        [("req_known".to_owned(), 0), ("req_unknown".to_owned(), 1)]
    );
    assert_eq!(gate.balance().await, 10 * USD - PLAIN - 60_000);
}

async fn others_holds_are_left_alone(kind: Kind) {
    let gate = Gate::new(kind).await;
    hold(&gate, "run_1", NOW + 1, "run").await;
    hold(&gate, "req_1", NOW + 2, "gateway").await;
    gate.clock.set(NOW + 100);
    eventually("ours ends", || async {
        let held = gate
            .store
            .rows("SELECT id, CAST(1 AS BIGINT) FROM holds WHERE state = 'held'");
        (held.await == [("run_1".to_owned(), 1)]).then_some(())
    })
    .await;
}
