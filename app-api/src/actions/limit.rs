//! A bound on what asks the cluster at the same time, and on how long: a slow endpoint must not hold
//! on to every request there is.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::{Request, State},
    http::StatusCode,
    middleware::Next,
    response::{IntoResponse as _, Response},
};

use super::refusal::rpc_unavailable;
use crate::{app::App, http::ApiError};

/// Longest time for one answer: below the server's own, so that the answer is one of this part's.
const TIMEOUT: Duration = Duration::from_secs(25);

/// Lets a request pass, or tells it to come again.
pub(super) async fn limit(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let Ok(_permit) = app.actions.permits.try_acquire() else {
        return ApiError::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "busy",
            "too many wallets ask at once: try again in a moment",
        )
        .retry_after_seconds(1)
        .into_response();
    };
    match tokio::time::timeout(TIMEOUT, next.run(request)).await {
        Ok(response) => response,
        Err(elapsed) => rpc_unavailable("any", &elapsed).into_response(),
    }
}
