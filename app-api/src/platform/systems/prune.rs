//! Deletes what nobody can be shown any more, a bounded number of rows at a time.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::{gates, history};
use crate::{app::App, http::ApiError};

/// Between two rounds.
const PAUSE: Duration = Duration::from_secs(600);
/// Rows that one statement deletes.
const ROWS: i64 = 1_000;
/// Systems looked at together.
const SYSTEMS: i64 = 100;
/// How much longer than the plan shows them measurements are kept, seconds: a plan may lapse for some days.
const GRACE_SECONDS: i64 = 7 * 86_400;
/// How long deliveries that ended are kept, seconds.
const DELIVERIES_SECONDS: i64 = 30 * 86_400;

/// Prunes until `shutdown` is cancelled.
pub(super) async fn prune_until(app: &App, shutdown: CancellationToken) {
    let mut rounds = tokio::time::interval(PAUSE);
    rounds.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            _ = rounds.tick() => {}
        }
        // Each statement stands for itself, so it may be left anywhere.
        let pruned = tokio::select! {
            () = shutdown.cancelled() => return,
            pruned = prune(app) => pruned,
        };
        if pruned.is_err() {
            tracing::warn!("old measurements are not deleted: it is tried again");
        }
    }
}

async fn prune(app: &App) -> Result<(), ApiError> {
    let now = app.clock.now_unix();
    let store = &app.store;
    loop {
        let gone = store.gone_systems(SYSTEMS).await?;
        if gone.is_empty() {
            break;
        }
        for system in gone {
            while store.delete_points(&system, i64::MAX, ROWS).await? > 0 {}
            store.system_is_gone(&system).await?;
        }
    }
    let mut after = String::new();
    loop {
        let systems = store.some_systems(&after, SYSTEMS).await?;
        let Some((last, _)) = systems.last() else {
            break;
        };
        after.clone_from(last);
        for (system, account) in &systems {
            let plan = gates::plan_of(app, account).await?;
            let kept = history::begin(&plan.terms, now).saturating_sub(GRACE_SECONDS);
            while store.delete_points(system, kept, ROWS).await? > 0 {}
        }
    }
    let ended = now.saturating_sub(DELIVERIES_SECONDS);
    while store.delete_deliveries(ended, ROWS).await? > 0 {}
    Ok(())
}
