//! The client of Hermes.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use reqwest::{Client, StatusCode, Url, header::RETRY_AFTER, redirect};

use crate::{Bounds, PriceError, SolUsd, feed_id, wire::Latest};

/// Time for connecting and for the whole answer. A price is wanted once an interval and asked for
/// again at the next poll, so a slow answer is worth less than a quick failure.
const TIMEOUT: Duration = Duration::from_secs(5);
/// Longest answer that is read, bytes. One feed takes about 3 kB.
const MAX_BODY_BYTES: usize = 256 * 1024;
/// How much of an error's body is shown, characters.
const SHOWN_BODY_CHARS: usize = 200;
/// Longest `Retry-After` that is kept to. Beyond it the service is asked again all the same: a
/// mistake of it must not silence the keeper for a day.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(300);

/// Where the price comes from and what it must keep to.
#[derive(Clone)]
pub struct HermesConfig {
    /// Base address, such as `https://hermes.pyth.network`; a path before `/v2` is kept.
    pub url: String,
    /// Sent as `Authorization: Bearer`; never logged.
    pub api_key: Option<String>,
    /// The SOL/USD feed: 32 bytes in hexadecimal, with or without `0x`.
    pub feed_id: String,
    /// Oldest price taken, seconds.
    pub max_age_seconds: u64,
    /// Widest price taken: confidence over price, basis points.
    pub max_confidence_bps: u64,
}

impl fmt::Debug for HermesConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HermesConfig")
            .field("url", &self.url)
            .field("api_key", &self.api_key.as_ref().map(|_| "[hidden]"))
            .field("feed_id", &self.feed_id)
            .field("max_age_seconds", &self.max_age_seconds)
            .field("max_confidence_bps", &self.max_confidence_bps)
            .finish()
    }
}

/// Asks Hermes for the price of one feed. Cheap to clone; connections are shared.
#[derive(Clone)]
pub struct Hermes {
    client: Client,
    endpoint: Url,
    api_key: Option<String>,
    feed_id: [u8; 32],
    bounds: Bounds,
    cross_checks: bool,
    /// Until when the service wants to be left alone.
    not_before: Arc<Mutex<Option<Instant>>>,
}

impl fmt::Debug for Hermes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hermes")
            .field("endpoint", &self.endpoint.as_str())
            .finish_non_exhaustive()
    }
}

impl Hermes {
    /// Checks the configuration; sends nothing.
    ///
    /// # Errors
    /// [`PriceError::Config`] for an address that is not http(s), a feed id that is not 32 bytes
    /// of hexadecimal, an API key a header cannot carry, or bounds of zero age.
    pub fn new(config: HermesConfig) -> Result<Self, PriceError> {
        Self::with_timeout(config, TIMEOUT)
    }

    /// As [`Hermes::new`], with another bound on how long one answer may take.
    ///
    /// # Errors
    /// As [`Hermes::new`].
    pub fn with_timeout(config: HermesConfig, timeout: Duration) -> Result<Self, PriceError> {
        let feed_id = feed_id(&config.feed_id)?;
        let endpoint = endpoint(&config.url, &feed_id)?;
        let api_key = config.api_key.map(|key| key.trim().to_owned());
        if api_key
            .as_ref()
            .is_some_and(|key| key.is_empty() || !key.chars().all(|c| c.is_ascii_graphic()))
        {
            return Err(PriceError::Config(
                "the API key is empty or has characters a header cannot carry".into(),
            ));
        }
        // No redirects: the key is for the configured host alone.
        let mut builder = Client::builder()
            .timeout(timeout)
            .connect_timeout(timeout)
            .redirect(redirect::Policy::none());
        if endpoint.scheme() == "http" {
            // Plain HTTP is for a service nearby: it needs no proxy, and no certificates, so that a
            // machine without any can still use it.
            builder = builder.tls_certs_only([]).no_proxy();
        }
        let client = builder.build().map_err(|e| {
            PriceError::Config(format!("the HTTP client cannot be set up: {}", chain(&e)))
        })?;
        let bounds = Bounds {
            max_age_seconds: config.max_age_seconds,
            max_confidence_bps: config.max_confidence_bps,
        };
        Ok(Self {
            client,
            endpoint,
            api_key,
            feed_id,
            bounds,
            cross_checks: false,
            not_before: Arc::default(),
        })
    }

    /// The same, taking a price only where the binary update that comes with it says the same. That
    /// finds a service in disorder; the guardians' signatures are left to the receiver on chain.
    #[must_use]
    pub fn cross_checking(self) -> Self {
        Self {
            cross_checks: true,
            ..self
        }
    }

    /// The latest price, checked against `now_unix` (Unix seconds; the cluster's clock).
    ///
    /// # Errors
    /// See [`PriceError`]; nothing is retried here. After a `Retry-After` nothing is sent until it
    /// is over.
    pub async fn sol_usd(&self, now_unix: i64) -> Result<SolUsd, PriceError> {
        self.check_free()?;
        let mut request = self.client.get(self.endpoint.clone());
        if let Some(key) = &self.api_key {
            request = request.bearer_auth(key);
        }
        let response = request.send().await.map_err(unreachable)?;
        let status = response.status();
        let retry_after = response.headers().get(RETRY_AFTER).cloned();
        let body = read_bounded(response).await?;
        if status != StatusCode::OK {
            let seconds = retry_after.and_then(|value| value.to_str().ok()?.trim().parse().ok());
            self.leave_alone(seconds.map(Duration::from_secs));
            let body = String::from_utf8_lossy(&body)
                .chars()
                .take(SHOWN_BODY_CHARS)
                .collect();
            return Err(PriceError::Status {
                status: status.as_u16(),
                body,
            });
        }
        let latest: Latest =
            serde_json::from_slice(&body).map_err(|e| PriceError::Malformed(e.to_string()))?;
        let published = latest.parsed(&self.feed_id)?;
        if self.cross_checks {
            let signed = latest.signed(&self.feed_id)?;
            if signed != published {
                return Err(PriceError::Disagrees(format!(
                    "{published:?} written out, {signed:?} in the signed update"
                )));
            }
        }
        published.checked(self.bounds, now_unix)
    }

    fn check_free(&self) -> Result<(), PriceError> {
        let not_before = *self
            .not_before
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        match not_before.and_then(|at| at.checked_duration_since(Instant::now())) {
            Some(left) if !left.is_zero() => Err(PriceError::Busy {
                retry_after_seconds: left.as_secs().saturating_add(1),
            }),
            _ => Ok(()),
        }
    }

    fn leave_alone(&self, wanted: Option<Duration>) {
        let until =
            wanted.and_then(|wanted| Instant::now().checked_add(wanted.min(LONGEST_RETRY_AFTER)));
        *self
            .not_before
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = until;
    }
}

fn endpoint(base: &str, feed_id: &[u8; 32]) -> Result<Url, PriceError> {
    let bad = |why: &str| {
        PriceError::Config(format!(
            "url must be an http(s) address, not {base:?}: {why}"
        ))
    };
    let mut url = Url::parse(base).map_err(|e| bad(&e.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(bad("another scheme"));
    }
    url.path_segments_mut()
        .map_err(|()| bad("no path"))?
        .pop_if_empty()
        .extend(["v2", "updates", "price", "latest"]);
    url.query_pairs_mut()
        .clear()
        .append_pair("ids[]", &hex::encode(feed_id))
        .append_pair("parsed", "true")
        .append_pair("encoding", "hex");
    Ok(url)
}

async fn read_bounded(mut response: reqwest::Response) -> Result<Vec<u8>, PriceError> {
    let mut body = Vec::new();
    while let Some(part) = response.chunk().await.map_err(unreachable)? {
        if body.len().saturating_add(part.len()) > MAX_BODY_BYTES {
            return Err(PriceError::Malformed(format!(
                "longer than {MAX_BODY_BYTES} bytes"
            )));
        }
        body.extend_from_slice(&part);
    }
    Ok(body)
}

fn unreachable(error: reqwest::Error) -> PriceError {
    PriceError::Unreachable(chain(&error.without_url()))
}

/// The error with its causes: reqwest's own text is only the outermost.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
