//! What webhooks are told: signed, and at least once whatever happens to either side.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{
    arrived, batch, delivery, fire, measured, open_at, post, rule, serve, system, watched, webhook,
};
use crate::{
    billing::NOW,
    support::{
        database::{Kind, on_both_databases},
        receiver::{Answer, Delivered, Receiver},
        stand::eventually,
    },
};

on_both_databases!(
    alerts_are_told_and_signed,
    a_receiver_that_misbehaves_is_told_at_last,
    what_is_never_taken_fails_after_a_day_and_then_the_webhook_is_disabled,
    what_a_stopped_server_left_is_told_by_the_next,
    what_a_sender_left_half_way_is_sent_again,
    two_replicas_send_each_once,
    parts_of_the_quota_are_told_once_a_month,
);

async fn alerts_are_told_and_signed(kind: Kind) {
    // By this machine's clock, so that the library's whole check can be asked.
    let now = std::time::SystemTime::UNIX_EPOCH
        .elapsed()
        .unwrap()
        .as_secs();
    let now = i64::try_from(now).unwrap();
    let shop = open_at(kind, now).await;
    shop.subscribe("pro").await;
    let path = system(&shop, "Pump 7").await;
    let rule = rule(&shop, &path, 1).await;
    let receiver = Receiver::start().await;
    let (hook, secret) = webhook(&shop, &receiver.url).await;
    let resolved = json!({ "url": receiver.url, "events": ["alert.resolved"] });
    let (status, other) = post(&shop, "/api/webhooks", &resolved).await;
    assert_eq!(status, 201);
    let other = other["secret"].as_str().unwrap();
    measured(&shop, &path, &batch("b1", "t", now, &[81.5])).await;
    let first = arrived(&receiver, 1).await.remove(0);
    first.verify(&secret);
    assert!(!first.is_signed_by(other));
    assert_eq!(first.headers["content-type"], "application/json");
    let told = first.json();
    assert_eq!(told["type"], "alert.firing");
    assert_eq!(
        told["data"],
        json!({
            "systemId": path.strip_prefix("/api/systems/"), "systemName": "Pump 7", "ruleId": rule,
            "metric": "t", "condition": "above", "threshold": 80.0, "value": 81.5, "atUnix": now,
        })
    );
    let done = delivery(&shop, &hook, |d| d["state"] == "delivered").await;
    assert_eq!(done["id"], json!(first.id));
    assert_eq!(
        (&done["attempts"], &done["lastStatus"]),
        (&json!(1), &json!(204))
    );
    // Both are told of the end, each by its own secret.
    measured(&shop, &path, &batch("b2", "t", now + 1, &[1.0])).await;
    let all = arrived(&receiver, 3).await;
    assert!(
        all[1..]
            .iter()
            .all(|d| d.json()["type"] == "alert.resolved")
    );
    let signed = |secret: &str| all[1..].iter().filter(|d| d.is_signed_by(secret)).count();
    assert_eq!((signed(&secret), signed(other)), (1, 1));
}

/// 500 although it was taken, a redirect, a hang-up, an answer that comes too late: the same delivery comes
/// again each time, and nothing goes anywhere else.
async fn a_receiver_that_misbehaves_is_told_at_last(kind: Kind) {
    let (shop, path) = watched(kind).await;
    let elsewhere = Receiver::start().await;
    let receiver = Receiver::start().await;
    receiver.answers([
        Answer::Status(500),
        Answer::Redirect(elsewhere.url.clone()),
        Answer::Drop,
        Answer::Slow,
    ]);
    let (hook, secret) = webhook(&shop, &receiver.url).await;
    fire(&shop, &path).await;
    let errors = [
        (json!(500), "it was answered with 500"),
        (json!(302), "it was answered with 302"),
        (Value::Null, "the connection ended before an answer"),
        (Value::Null, "no answer came in time"),
    ];
    let mut now = NOW;
    for (attempt, (status, error)) in (1..).zip(errors) {
        let failed = delivery(&shop, &hook, |d| {
            d["attempts"] == attempt && d["lastError"] == error
        })
        .await;
        assert_eq!(failed["state"], "pending");
        assert_eq!(failed["lastStatus"], status);
        let next = failed["nextAttemptAtUnix"].as_i64().unwrap();
        // Four times the pause before, but for chance.
        let pause = 5 * 4_i64.pow(attempt - 1);
        assert!((pause * 8 / 10..=pause * 12 / 10).contains(&(next - now)));
        now = next;
        shop.at(now);
    }
    delivery(&shop, &hook, |d| d["state"] == "delivered").await;
    let all = receiver.delivered();
    assert_eq!(all.len(), 5);
    let ids: BTreeSet<_> = all.iter().map(|d| &d.id).collect();
    assert_eq!(ids.len(), 1);
    assert!(
        all.iter()
            .all(|d| d.is_signed_by(&secret) && d.body == all[0].body)
    );
    assert!(elsewhere.delivered().is_empty());
    let hooks = shop.get_ok("/api/webhooks").await;
    assert_eq!(hooks["webhooks"][0]["failingSinceUnix"], Value::Null);
}

async fn what_is_never_taken_fails_after_a_day_and_then_the_webhook_is_disabled(kind: Kind) {
    let (shop, path) = watched(kind).await;
    let receiver = Receiver::start().await;
    receiver.answers((0..100).map(|_| Answer::Status(503)));
    let (hook, _) = webhook(&shop, &receiver.url).await;
    fire(&shop, &path).await;
    let (mut attempts, mut now) = (0, NOW);
    let failed = loop {
        attempts += 1;
        // No pause is as long as the lease, which is there while the attempt is under way.
        let ended = delivery(&shop, &hook, |d| {
            d["attempts"] == attempts && d["nextAttemptAtUnix"] != now + 60
        })
        .await;
        let Some(next) = ended["nextAttemptAtUnix"].as_i64() else {
            break ended;
        };
        assert!(next <= NOW + 86_400);
        now = next;
        shop.at(now);
    };
    assert_eq!(failed["state"], "failed");
    assert!((8..=20).contains(&attempts), "{attempts}");
    let hooks = shop.get_ok("/api/webhooks").await;
    assert_eq!(hooks["webhooks"][0]["failingSinceUnix"], NOW);
    assert_eq!(hooks["webhooks"][0]["disabledAtUnix"], Value::Null);
    // Two days later it still takes nothing.
    let later = NOW + 3 * 86_400;
    shop.at(later);
    measured(&shop, &path, &batch("ok", "t", later, &[1.0])).await;
    eventually("it is disabled", || async {
        let hooks = shop.get_ok("/api/webhooks").await;
        (hooks["webhooks"][0]["disabledAtUnix"] == later).then_some(())
    })
    .await;
    // What is left of it fails, and it is told of nothing more.
    shop.at(later + 100);
    let left = delivery(&shop, &hook, |d| d["state"] == "failed").await;
    assert_eq!(left["lastError"], "the webhook is disabled");
    let came = receiver.delivered().len();
    measured(&shop, &path, &batch("again", "t", later + 100, &[99.0])).await;
    let page = shop.get_ok(&format!("{hook}/deliveries")).await;
    assert_eq!(page["deliveries"].as_array().unwrap().len(), 2);
    assert_eq!(receiver.delivered().len(), came);
}

/// It committed what there is to tell and was stopped before it looked.
async fn what_a_stopped_server_left_is_told_by_the_next(kind: Kind) {
    let (mut shop, path) = watched(kind).await;
    let receiver = Receiver::start().await;
    let (hook, secret) = webhook(&shop, &receiver.url).await;
    // This one looks once an hour; the others are stopped.
    let slow = serve(&shop.store, &shop.clock, &shop.stripe, 3_600_000).await;
    std::mem::replace(&mut shop.server, slow).stop().await;
    fire(&shop, &path).await;
    let pending = delivery(&shop, &hook, |_| true).await;
    assert_eq!(
        (&pending["state"], &pending["attempts"]),
        (&json!("pending"), &json!(0))
    );
    assert!(receiver.delivered().is_empty());
    let next = serve(&shop.store, &shop.clock, &shop.stripe, 20).await;
    std::mem::replace(&mut shop.server, next).stop().await;
    delivery(&shop, &hook, |d| d["state"] == "delivered").await;
    let all = receiver.delivered();
    assert_eq!(all.len(), 1);
    assert!(all[0].is_signed_by(&secret));
}

/// It was stopped while the receiver had the delivery: sent again, after the lease and not before.
async fn what_a_sender_left_half_way_is_sent_again(kind: Kind) {
    let (mut shop, path) = watched(kind).await;
    let receiver = Receiver::start().await;
    receiver.answers([Answer::Slow]);
    let (hook, _) = webhook(&shop, &receiver.url).await;
    fire(&shop, &path).await;
    arrived(&receiver, 1).await;
    let next = serve(&shop.store, &shop.clock, &shop.stripe, 20).await;
    std::mem::replace(&mut shop.server, next).stop().await;
    let leased = delivery(&shop, &hook, |_| true).await;
    assert_eq!(
        (&leased["state"], &leased["attempts"]),
        (&json!("pending"), &json!(1))
    );
    assert_eq!(leased["nextAttemptAtUnix"], NOW + 60);
    shop.at(NOW + 59);
    // Another webhook's delivery shows that it looked meanwhile.
    let other = Receiver::start().await;
    webhook(&shop, &other.url).await;
    measured(&shop, &path, &batch("ok", "t", NOW + 1, &[1.0])).await;
    arrived(&other, 1).await;
    let first = receiver.delivered()[0].id.clone();
    let times = |all: &[Delivered]| all.iter().filter(|d| d.id == first).count();
    assert_eq!(times(&receiver.delivered()), 1);
    shop.at(NOW + 60);
    eventually("it is sent again", || async {
        (times(&receiver.delivered()) == 2).then_some(())
    })
    .await;
}

async fn two_replicas_send_each_once(kind: Kind) {
    let (shop, path) = watched(kind).await;
    let _beside = serve(&shop.store, &shop.clock, &shop.stripe, 20).await;
    let receiver = Receiver::start().await;
    webhook(&shop, &receiver.url).await;
    for n in 0..20 {
        let value = if n % 2 == 0 { 99.0 } else { 1.0 };
        measured(
            &shop,
            &path,
            &batch(&format!("b{n}"), "t", NOW + n, &[value]),
        )
        .await;
    }
    eventually("all of them are delivered", || async {
        let open = shop
            .store
            .rows("SELECT id, attempts FROM webhook_deliveries WHERE state <> 'delivered'")
            .await;
        open.is_empty().then_some(())
    })
    .await;
    let all = receiver.delivered();
    let ids: BTreeSet<_> = all.iter().map(|d| &d.id).collect();
    assert_eq!((all.len(), ids.len()), (20, 20));
}

async fn parts_of_the_quota_are_told_once_a_month(kind: Kind) {
    let (shop, path) = watched(kind).await;
    let receiver = Receiver::start().await;
    webhook(&shop, &receiver.url).await;
    let count = async |batch: &str, calls: u64| {
        let billing = &shop.server.billing;
        let counted = billing.count_calls(batch, &shop.customer.account, "bulk", calls, NOW);
        assert!(counted.await.unwrap());
    };
    let send = async |id: &str| measured(&shop, &path, &batch(id, "u", NOW, &[1.0])).await;
    count("bulk-1", 79_998).await;
    send("b1").await;
    send("b2").await;
    send("b3").await;
    count("bulk-2", 19_997).await;
    send("b4").await;
    let (calls, last) = (send("b5").await["calls"].clone(), send("b6").await);
    assert_eq!((calls, &last["calls"]), (json!(100_000), &json!(100_001)));
    // One more of the other kind comes after all there is.
    fire(&shop, &path).await;
    let all = arrived(&receiver, 3).await;
    let mut told: Vec<_> = all
        .iter()
        .filter(|d| d.json()["type"] == "usage.quota_reached")
        .map(|d| {
            let data = d.json()["data"].clone();
            (
                data["percent"].as_i64().unwrap(),
                data["calls"].as_i64().unwrap(),
            )
        })
        .collect();
    told.sort_unstable();
    assert_eq!(told, [(80, 80_000), (100, 100_000)]);
    assert_eq!(all.len(), 3);
}
