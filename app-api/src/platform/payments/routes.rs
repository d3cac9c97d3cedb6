//! The endpoints of payments.

use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use utoipa_axum::{
    router::{OpenApiRouter, UtoipaMethodRouterExt as _},
    routes,
};

use super::{checkout, overview, refunds, run_link, subscribe, webhook};
use crate::{
    app::App,
    platform::{invoices, plans},
};

/// Longest event taken, bytes.
const MAX_EVENT_BYTES: usize = 2 * 1024 * 1024;

/// What customers and the payment provider ask.
pub(crate) fn public() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(overview::overview))
        .routes(routes!(checkout::checkout))
        .routes(routes!(run_link::run_checkout))
        .routes(routes!(subscribe::subscription))
        .routes(routes!(webhook::take).layer(DefaultBodyLimit::max(MAX_EVENT_BYTES)))
        .merge(invoices::routes::public())
}

/// What operators ask.
pub(crate) fn internal() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(plans::admin::plans, plans::admin::put_plan))
        .routes(routes!(plans::audit::audit))
        .routes(routes!(refunds::refund))
}
