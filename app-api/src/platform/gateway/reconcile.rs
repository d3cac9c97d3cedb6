//! Ends holds that nobody ended in their time: the server stopped, or the database did not take it.
//!
//! Whether an upstream was asked is not stored, for that would cost a transaction for each request; so each
//! of these holds is taken for one whose upstream was asked. What the upstream calls the answer is stored
//! for those that took long: then it is asked what the answer used. Else the prompt is charged by an
//! estimate and what was answered is not: nobody knows it, and that is the platform's doing.

use std::{sync::Arc, time::Duration};

use futures_util::{StreamExt as _, stream};

use super::{
    book::{self, Context},
    meter::Meter,
};
use crate::{app::App, platform::ledger::ExpiredHold};

/// Holds ended in one go.
const BATCH: u32 = 500;
/// Of them, at the same time: most wait for an upstream.
const AT_ONCE: usize = 16;
/// How long names of answers are kept, seconds: holds end long before.
const KEEP_SECONDS: i64 = 7 * 86_400;
/// Longest time for one hold.
const LONGEST: Duration = Duration::from_secs(120);

/// Ends what was left. What cannot be ended now is tried again the next time.
pub async fn reconcile(app: &Arc<App>) {
    let now = app.clock.now_unix();
    match app.platform.ledger.expired(now, BATCH).await {
        Ok(holds) => {
            stream::iter(holds)
                .for_each_concurrent(AT_ONCE, async |hold| {
                    let ending = end(app, &hold);
                    if tokio::time::timeout(LONGEST, ending).await.is_err() {
                        tracing::warn!(hold = hold.id, "a forgotten hold is ended later");
                    }
                })
                .await;
        }
        Err(error) => tracing::warn!(%error, "forgotten holds cannot be read"),
    }
}

/// Forgets the names of answers whose holds ended long ago.
pub async fn forget(app: &App) {
    let before = app.clock.now_unix().saturating_sub(KEEP_SECONDS);
    if let Err(error) = app.store.forget_answers(before).await {
        tracing::warn!(%error, "names of old answers are kept");
    }
}

async fn end(app: &Arc<App>, hold: &ExpiredHold) {
    // Others make holds too, and end theirs.
    let Some(context) = serde_json::from_str::<Context>(&hold.context)
        .ok()
        .filter(|context| context.part == Context::PART)
    else {
        return;
    };
    let noted = match app.store.noted_answer(&hold.id).await {
        Ok(noted) => noted,
        Err(error) => {
            return tracing::warn!(hold = hold.id, %error, "a forgotten hold is ended later");
        }
    };
    let (name, id) = match noted {
        Some((upstream, id)) => (upstream, Some(id)),
        None => (context.upstream.clone(), None),
    };
    let meter = Meter::named(id);
    tracing::warn!(hold = hold.id, "a forgotten hold is ended");
    let upstream = app.gateway.upstreams.get(&name).map(Arc::as_ref);
    book::end(app, &hold.id, &context, upstream, &meter).await;
}
