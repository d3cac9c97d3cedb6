//! Tells webhooks what there is to tell, some at the same time.

use std::{sync::Arc, time::Duration};

use rand::Rng as _;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::{
    backoff,
    client::{Caller, Message},
    signing,
};
use crate::{
    app::App,
    store::{Attempt, DueDelivery, StoreError},
};

/// Deliveries under way at the same time.
const TOGETHER: usize = 32;
/// Of one webhook in one round.
const EACH: i64 = 4;
/// How long a delivery is one sender's, seconds: longer than an attempt takes.
const LEASE_SECONDS: i64 = 60;
/// How long a webhook may take nothing before it is disabled, seconds.
const FAILING_SECONDS: i64 = 3 * 86_400;

/// Sends until `shutdown` is cancelled. What is under way then is left, and sent again after its lease.
pub(crate) async fn send_until(app: Arc<App>, shutdown: CancellationToken) {
    let options = &app.webhooks;
    let caller = Caller::new(options.allow_loopback);
    let mut rounds = tokio::time::interval(Duration::from_millis(options.poll_milliseconds));
    rounds.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut under_way = JoinSet::new();
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            _ = rounds.tick() => {}
        }
        while under_way.try_join_next().is_some() {}
        let free = TOGETHER.saturating_sub(under_way.len());
        let Ok(taken) = take(&app, free).await.inspect_err(|error| {
            tracing::warn!(%error, "webhooks are not told: it is tried again");
        }) else {
            continue;
        };
        for due in taken {
            let (app, caller) = (Arc::clone(&app), caller.clone());
            under_way.spawn(async move {
                let told = tell(&app, &caller, &due).await;
                if let Err(error) = told {
                    tracing::warn!(delivery = due.id, %error, "a delivery's end is not written down");
                }
            });
        }
    }
}

/// Takes what is due, at most `free` of it.
async fn take(app: &App, free: usize) -> Result<Vec<DueDelivery>, StoreError> {
    let now = app.clock.now_unix();
    let limit = i64::try_from(free).unwrap_or(0);
    let mut taken = Vec::new();
    if limit == 0 {
        return Ok(taken);
    }
    for due in app.store.due_deliveries(now, EACH, limit).await? {
        let lease_ends = now.saturating_add(LEASE_SECONDS);
        if app.store.claim_delivery(&due, now, lease_ends).await? {
            taken.push(due);
        }
    }
    Ok(taken)
}

/// Makes an attempt, and writes down how it ended.
async fn tell(app: &App, caller: &Caller, due: &DueDelivery) -> Result<(), StoreError> {
    let number = due.attempts.saturating_add(1);
    let ended = attempt(app, caller, due).await;
    let now = app.clock.now_unix();
    let (status, error, gone) = match ended {
        Ok(Some(status @ 200..=299)) => (Some(status), None, false),
        Ok(Some(status)) => (
            Some(status),
            Some(format!("it was answered with {status}")),
            false,
        ),
        Ok(None) => (None, Some("the webhook is disabled".to_owned()), true),
        Err(words) => (None, Some(words.to_owned()), false),
    };
    let jitter = rand::rng().random_range(backoff::JITTER_PERCENT);
    let attempt = Attempt {
        number,
        status: status.map(i64::from),
        next_at: backoff::next_at(due.created_at, number, now, jitter).filter(|_| !gone),
        error,
    };
    let end = match (&attempt.error, attempt.next_at) {
        (None, _) => "delivered",
        (Some(_), Some(_)) => "again",
        (Some(_), None) => "failed",
    };
    metrics::counter!("primis_webhook_attempts_total", "end" => end).increment(1);
    let failing_before = now.saturating_sub(FAILING_SECONDS);
    let disabled = app
        .store
        .attempt_ended(due, &attempt, now, failing_before)
        .await?;
    if disabled {
        tracing::info!(
            webhook = due.webhook,
            "a webhook took nothing for days and is disabled"
        );
    }
    Ok(())
}

/// The status of the answer; `None`: the webhook is gone or disabled.
async fn attempt(
    app: &App,
    caller: &Caller,
    due: &DueDelivery,
) -> Result<Option<u16>, &'static str> {
    let (Some(url), Some(version)) = (&due.url, due.secret_version) else {
        return Ok(None);
    };
    let timestamp = app.clock.now_unix();
    let secret = (version, due.rotated_at);
    let signed = (&*due.id, timestamp, &*due.payload);
    let signatures = signing::signatures(app, &due.webhook, secret, signed)
        .ok_or("deliveries cannot be signed now")?;
    let message = Message {
        id: &due.id,
        timestamp,
        signatures: &signatures,
        payload: &due.payload,
    };
    caller.call(url, &message).await.map(Some)
}
