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

/// The most requests in each window; `None`: any number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Windows {
    minute: u32,
    hour: Option<u32>,
    day: Option<u32>,
}

impl Windows {
    /// What an account may do: what the configuration says for all, else what its plan says.
    ///
    /// # Errors
    /// If the plan cannot be read.
    pub(super) async fn of(app: &App, account: &str) -> Result<Self, ApiError> {
        if let Some(windows) = Self::of_all(&app.accounts.options) {
            return Ok(windows);
        }
        let plan = app.billing.plan(account).await;
        let terms = plan.map_err(|error| ApiError::internal(&error))?.terms;
        Ok(Self {
            minute: terms.requests_per_minute,
            hour: Some(terms.requests_per_hour),
            day: Some(terms.requests_per_day),
        })
    }

    fn of_all(options: &Options) -> Option<Self> {
        let minute = options.requests_per_minute;
        (minute > 0).then_some(Self {
            minute,
            hour: options.requests_per_hour,
            day: options.requests_per_day,
        })
    }

    /// What a key's requests count against.
    pub(super) fn of_key(self, id: &str, own_per_minute: Option<i64>) -> Vec<Limit> {
        let own = own_per_minute.and_then(|own| u32::try_from(own).ok());
        let minute = own.map_or(self.minute, |own| own.min(self.minute));
        Self { minute, ..self }.limits(&format!("key:{id}"))
    }

    /// What the requests of all that are logged in to an account count against.
    pub(super) fn of_sessions(self, account: &str) -> Vec<Limit> {
        self.limits(&format!("sessions:{account}"))
    }

    fn limits(self, name: &str) -> Vec<Limit> {
        [
            (MINUTE, Some(self.minute)),
            (HOUR, self.hour),
            (DAY, self.day),
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

#[cfg(test)]
mod tests {
    use super::*;

    fn maxima(limits: &[Limit]) -> Vec<(u32, u32)> {
        limits.iter().map(|l| (l.window_seconds, l.max)).collect()
    }

    #[test]
    fn a_key_has_what_its_plan_gives_or_less() {
        let plan = Windows {
            minute: 100,
            hour: Some(2_000),
            day: None,
        };
        let of = |own| maxima(&plan.of_key("key_1", own));
        assert_eq!(of(None), [(60, 100), (3_600, 2_000)]);
        assert_eq!(of(Some(7)), [(60, 7), (3_600, 2_000)]);
        assert_eq!(of(Some(1_000)), of(None));
        assert!(
            plan.of_key("key_1", None)
                .iter()
                .all(|l| l.name == "key:key_1")
        );
    }

    #[test]
    fn the_configuration_comes_before_the_plan_where_it_says_something() {
        let options = |minute, day| Options {
            requests_per_minute: minute,
            requests_per_day: day,
            ..Options::default()
        };
        assert_eq!(Windows::of_all(&options(0, None)), None);
        let all = Windows::of_all(&options(5, Some(9))).unwrap();
        assert_eq!(maxima(&all.of_sessions("acct_1")), [(60, 5), (86_400, 9)]);
    }

    #[test]
    fn the_headers_tell_the_limit_that_is_used_most() {
        let state = |max, remaining| LimitState {
            max,
            remaining,
            resets_at: 60,
        };
        let mut headers = HeaderMap::new();
        add_headers(
            &mut headers,
            &[state(100, 50), state(2_000, 3), state(9_000, 40)],
        );
        assert_eq!(headers[&LIMIT], "2000");
        assert_eq!(headers[&REMAINING], "3");
        assert_eq!(headers[&RESET], "60");
    }
}
