//! Requests to Stripe: one page at a time, tried again where that can help.

use std::{
    fmt,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use jiff::fmt::rfc2822::DateTimeParser;
use reqwest::{
    Response, Url,
    header::{DATE, RETRY_AFTER},
};

use super::wire::Page;
use crate::revenue::{
    Asked, RevenueError, Stretch,
    http::{base_url, client, header, read_bounded, refused, unreachable},
};

/// The version of the API whose shapes are read here; sent with each request, so that an upgrade
/// of the account changes nothing.
const API_VERSION: &str = "2024-06-20";
/// Most transactions of a page, Stripe's own bound.
pub(super) const PAGE_LIMIT: usize = 100;
/// Longest page that is read, bytes: a transaction takes about 1 kB.
const MAX_BODY_BYTES: usize = 4 * 1024 * 1024;
/// How often a page is asked for before the round is given up.
const ATTEMPTS: u32 = 4;

/// How patient the client is.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Time for one page.
    pub timeout: Duration,
    /// Pause before the first new attempt; it doubles.
    pub first_pause: Duration,
    /// Longest `Retry-After` that is waited for within a round. A longer one ends the round, and
    /// Stripe is not asked before it is over.
    pub longest_pause: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(20),
            first_pause: Duration::from_millis(500),
            longest_pause: Duration::from_secs(8),
        }
    }
}

/// Asks for pages.
pub(super) struct Client {
    http: reqwest::Client,
    endpoint: Url,
    key: String,
    pace: Pace,
    not_before: Mutex<Option<Instant>>,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("endpoint", &self.endpoint.as_str())
            .finish_non_exhaustive()
    }
}

/// A failed attempt, and when the next one makes sense.
struct Failure {
    error: RevenueError,
    /// Seconds Stripe asked for.
    retry_after: Option<Duration>,
}

impl Client {
    pub(super) fn new(url: &str, key: String, pace: Pace) -> Result<Self, RevenueError> {
        if !key.chars().all(|c| c.is_ascii_graphic()) {
            return Err(RevenueError::Config(
                "the key in revenue.stripe.api_key_path has characters a header cannot carry"
                    .into(),
            ));
        }
        let mut endpoint = base_url("revenue.stripe.url", url)?;
        if let Ok(mut path) = endpoint.path_segments_mut() {
            path.pop_if_empty().extend(["v1", "balance_transactions"]);
        }
        Ok(Self {
            http: client(&endpoint, pace.timeout)?,
            endpoint,
            key,
            pace,
            not_before: Mutex::new(None),
        })
    }

    /// A page of the stretch, newest first, after the transaction `cursor`; and Stripe's clock,
    /// Unix seconds.
    pub(super) async fn page(
        &self,
        stretch: Stretch,
        cursor: Option<&str>,
    ) -> Result<(Page, i64), RevenueError> {
        self.check_free()?;
        let mut attempt = 1;
        loop {
            let Failure { error, retry_after } = match self.try_page(stretch, cursor).await {
                Ok(page) => return Ok(page),
                Err(failure) => failure,
            };
            if !error.is_transient() {
                return Err(error);
            }
            let doubled = self.pace.first_pause.saturating_mul(1 << (attempt - 1));
            let pause = retry_after.unwrap_or(doubled);
            if pause > self.pace.longest_pause || attempt == ATTEMPTS {
                if let Some(wanted) = retry_after {
                    *self
                        .not_before
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner) =
                        Instant::now().checked_add(wanted);
                }
                return Err(error);
            }
            tracing::debug!(%error, attempt, "Stripe is asked again");
            tokio::time::sleep(pause).await;
            attempt += 1;
        }
    }

    /// Whether Stripe wants to be left alone still.
    fn check_free(&self) -> Result<(), RevenueError> {
        let not_before = *self
            .not_before
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        match not_before.and_then(|at| at.checked_duration_since(Instant::now())) {
            Some(left) if !left.is_zero() => Err(RevenueError::Busy {
                asked: Asked::Stripe,
                retry_after_seconds: left.as_secs().saturating_add(1),
            }),
            _ => Ok(()),
        }
    }

    async fn try_page(
        &self,
        stretch: Stretch,
        cursor: Option<&str>,
    ) -> Result<(Page, i64), Failure> {
        let mut url = self.endpoint.clone();
        url.query_pairs_mut()
            .append_pair("created[gte]", &stretch.from.to_string())
            .append_pair("created[lt]", &stretch.to.to_string())
            .append_pair("limit", &PAGE_LIMIT.to_string())
            .extend_pairs(cursor.map(|id| ("starting_after", id)));
        let request = self
            .http
            .get(url)
            .bearer_auth(&self.key)
            .header("Stripe-Version", API_VERSION);
        let answer = request.send().await;
        let response = answer.map_err(|e| Failure::from(unreachable(Asked::Stripe, e)))?;
        let status = response.status().as_u16();
        let retry_after = header(response.headers(), RETRY_AFTER.as_str())
            .and_then(|seconds| seconds.trim().parse().ok())
            .map(Duration::from_secs);
        let date = date(&response);
        let body = read_bounded(response, MAX_BODY_BYTES, Asked::Stripe).await?;
        if status != 200 {
            return Err(Failure {
                error: refused(Asked::Stripe, status, &body),
                retry_after,
            });
        }
        let malformed = |cause: String| RevenueError::Malformed {
            asked: Asked::Stripe,
            cause,
        };
        let page = serde_json::from_slice(&body).map_err(|e| malformed(e.to_string()))?;
        let date = date.ok_or_else(|| {
            malformed("the answer has no Date: check that [revenue.stripe] url is Stripe's".into())
        })?;
        Ok((page, date))
    }
}

/// The clock of whoever answered, Unix seconds.
fn date(response: &Response) -> Option<i64> {
    let text = header(response.headers(), DATE.as_str())?;
    let time = DateTimeParser::new().parse_timestamp(&text).ok()?;
    Some(time.as_second())
}

impl From<RevenueError> for Failure {
    fn from(error: RevenueError) -> Self {
        Self {
            error,
            retry_after: None,
        }
    }
}
