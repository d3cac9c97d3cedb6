//! How many requests a caller may make, and what the answer says of it.
//!
//! A request counts in windows of UTC that all replicas share. Of several limits the headers tell the one
//! that is used most: how many requests its window takes, how many are left, and the Unix seconds of its
//! end.

use std::sync::{Arc, OnceLock};

use axum::{
    extract::Request,
    http::{Extensions, HeaderMap, HeaderName, HeaderValue, StatusCode},
    middleware::{Next, from_fn},
    response::Response,
};
use utoipa_axum::router::OpenApiRouter;

use super::caller::Caller;
use crate::{
    app::App,
    config::Accounts as Options,
    http::ApiError,
    platform::ledger::{LedgerError, Limit, LimitState},
};

const MINUTE: u32 = 60;
const HOUR: u32 = 3_600;
const DAY: u32 = 86_400;

const LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

/// Where a request's count is left for the headers of its answer.
#[derive(Clone, Debug, Default)]
struct Shown(Arc<OnceLock<LimitState>>);

/// Has answers tell how far their caller's limits are used, where the extractor [`Caller`] counted them.
pub(crate) fn shown(routes: OpenApiRouter<Arc<App>>) -> OpenApiRouter<Arc<App>> {
    routes.layer(from_fn(show))
}

async fn show(mut request: Request, next: Next) -> Response {
    let shown = Shown::default();
    request.extensions_mut().insert(shown.clone());
    let mut response = next.run(request).await;
    if let Some(state) = shown.0.get() {
        add_headers(response.headers_mut(), std::slice::from_ref(state));
    }
    response
}

/// What a key's requests count against.
pub(super) fn of_key(options: &Options, id: &str, own_per_minute: Option<i64>) -> Vec<Limit> {
    let own = own_per_minute.and_then(|own| u32::try_from(own).ok());
    let minute = own.map_or(options.requests_per_minute, |own| {
        own.min(options.requests_per_minute)
    });
    windows(options, &format!("key:{id}"), minute)
}

/// What the requests of all that are logged in to an account count against.
pub(super) fn of_sessions(options: &Options, account: &str) -> Vec<Limit> {
    let name = format!("sessions:{account}");
    windows(options, &name, options.requests_per_minute)
}

fn windows(options: &Options, name: &str, minute: u32) -> Vec<Limit> {
    [
        (MINUTE, Some(minute)),
        (HOUR, options.requests_per_hour),
        (DAY, options.requests_per_day),
    ]
    .into_iter()
    .filter_map(|(window_seconds, max)| {
        Some(Limit {
            name: name.to_owned(),
            window_seconds,
            max: max?,
        })
    })
    .collect()
}

/// Counts a request against its caller's limits.
///
/// # Errors
/// 429 `rate_limited` with `Retry-After`.
pub async fn count(app: &App, caller: &Caller) -> Result<Vec<LimitState>, ApiError> {
    taken(app, caller).await.map_err(refused)
}

/// The same, with the count left for the headers of the answer.
pub(super) async fn count_shown(
    app: &App,
    caller: &Caller,
    extensions: &Extensions,
) -> Result<(), ApiError> {
    let taken = taken(app, caller).await;
    let state = match &taken {
        Ok(states) => tightest(states),
        Err(LedgerError::Limited { state, .. }) => Some(state),
        Err(_) => None,
    };
    if let (Some(Shown(shown)), Some(state)) = (extensions.get(), state) {
        // A request has one caller; of two counts the first is told.
        let _ = shown.set(*state);
    }
    taken.map(|_| ()).map_err(refused)
}

async fn taken(app: &App, caller: &Caller) -> Result<Vec<LimitState>, LedgerError> {
    let ledger = &app.platform.ledger;
    ledger.take(caller.limits.clone()).await
}

/// 429, or what else the ledger has.
pub(super) fn refused(error: LedgerError) -> ApiError {
    let LedgerError::Limited {
        state,
        retry_after_seconds,
    } = error
    else {
        return ApiError::internal(&error);
    };
    ApiError::new(
        StatusCode::TOO_MANY_REQUESTS,
        "rate_limited",
        &format!(
            "{} requests are taken in this window: go on in {retry_after_seconds} s",
            state.max
        ),
    )
    .retry_after_seconds(retry_after_seconds)
}

/// Adds `X-RateLimit-Limit`, `-Remaining` and `-Reset` of the limit that is used most.
pub fn add_headers(headers: &mut HeaderMap, states: &[LimitState]) {
    if let Some(state) = tightest(states) {
        headers.insert(LIMIT, HeaderValue::from(state.max));
        headers.insert(REMAINING, HeaderValue::from(state.remaining));
        headers.insert(RESET, HeaderValue::from(state.resets_at));
    }
}

fn tightest(states: &[LimitState]) -> Option<&LimitState> {
    states.iter().min_by_key(|state| state.remaining)
}
