//! Metered systems: customers send measurements, look at them as far back as their plan goes, and are told by
//! alerts and webhooks. Each batch is one call of the month, counted with what it stores and causes.

mod alerts;
mod evaluate;
mod events;
mod gates;
mod history;
mod notice;
mod page;
mod prune;
mod quota;
mod record;
mod registry;
mod webhooks;

use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use tokio_util::sync::CancellationToken;
use utoipa_axum::{
    router::{OpenApiRouter, UtoipaMethodRouterExt as _},
    routes,
};

pub use evaluate::{AlertState, Condition, Crossing, Rule};
pub use notice::{AlertNotice, Event, Notice, Quota};
pub(crate) use quota::marks as quota_marks;

use crate::app::App;

/// Longest body taken, bytes.
const MAX_BODY_BYTES: usize = 16 * 1024;
/// The same of a batch: a thousand points with the longest names.
const MAX_BATCH_BYTES: usize = 512 * 1024;

/// Everything under `/api/systems` and `/api/webhooks`.
pub(crate) fn routes() -> OpenApiRouter<Arc<App>> {
    let batches = routes!(record::record, history::history);
    OpenApiRouter::new()
        .routes(routes!(registry::list, registry::create))
        .routes(routes!(registry::show, registry::change, registry::delete))
        .routes(routes!(alerts::list, alerts::create))
        .routes(routes!(alerts::delete))
        .routes(routes!(events::list))
        .routes(routes!(webhooks::list, webhooks::create))
        .routes(routes!(webhooks::delete))
        .routes(routes!(webhooks::rotate))
        .routes(routes!(webhooks::deliveries))
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .routes(batches.layer(DefaultBodyLimit::max(MAX_BATCH_BYTES)))
}

/// Tells webhooks, and deletes what nobody can be shown, until `shutdown` is cancelled.
pub(crate) async fn keep_up(app: Arc<App>, shutdown: CancellationToken) {
    tokio::join!(
        webhooks::send_until(Arc::clone(&app), shutdown.clone()),
        prune::prune_until(&app, shutdown),
    );
}
