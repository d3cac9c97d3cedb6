//! Requests to Stripe: form in, JSON out, and sent again only where that is the same request.

use std::{fmt, time::Duration};

use reqwest::{Method, RequestBuilder, StatusCode, header::RETRY_AFTER};
use serde::{Deserialize, de::DeserializeOwned};

use super::API_VERSION;
use crate::platform::bounded;

/// Longest answer that is read, bytes: a page of events with what they are about.
const MAX_ANSWER_BYTES: usize = 16 * 1024 * 1024;

/// Longest wait for one answer. Three of them and the pauses stay below the 30 s of one of our own.
const TIMEOUT: Duration = Duration::from_secs(8);
/// How often a request is sent at most.
const ATTEMPTS: u32 = 3;
/// The pause before the second attempt; it doubles.
const PAUSE: Duration = Duration::from_millis(200);
/// Longest pause that an answer may ask for.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// Why Stripe did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StripeError {
    /// It says no, and would again.
    #[error("the payment provider refused ({status}, {code}): {message}")]
    Refused {
        /// HTTP status.
        status: u16,
        /// Its code, or type.
        code: String,
        /// What it says.
        message: String,
    },
    /// There is nothing of that name.
    #[error("the payment provider knows no such object")]
    Missing,
    /// Not reached, or too busy, after all attempts.
    #[error("the payment provider cannot be asked now: {0}")]
    Unavailable(String),
    /// It answered what this version cannot read.
    #[error("the payment provider's answer cannot be read: {0}")]
    Unreadable(String),
}

/// Sends requests. Cheap to clone.
#[derive(Clone)]
pub struct StripeClient {
    http: reqwest::Client,
    base_url: String,
    key: String,
}

impl fmt::Debug for StripeClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StripeClient({})", self.base_url)
    }
}

#[derive(Default, Deserialize)]
struct ErrorBody {
    #[serde(default)]
    error: ErrorFields,
}

#[derive(Default, Deserialize)]
struct ErrorFields {
    code: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    message: Option<String>,
}

/// One attempt's end that is not an answer.
enum Failed {
    /// Sending the same again may help, after this pause if one is named.
    Again(String, Option<Duration>),
    For(StripeError),
}

impl StripeClient {
    /// A client of `base_url` with the secret `key`.
    ///
    /// # Errors
    /// If no HTTP client can be made.
    pub fn new(base_url: &str, key: String) -> Result<Self, reqwest::Error> {
        let http = reqwest::Client::builder().timeout(TIMEOUT);
        // The system's certificates take long to load, and plain HTTP has no use for them.
        let http = if base_url.starts_with("http://") {
            http.no_proxy().tls_certs_only([])
        } else {
            http
        };
        Ok(Self {
            http: http.build()?,
            base_url: base_url.to_owned(),
            key,
        })
    }

    /// Reads an object.
    ///
    /// # Errors
    /// See [`StripeError`].
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, StripeError> {
        self.attempts(|| self.request(Method::GET, path)).await
    }

    /// Makes or changes an object, once for each `idempotency_key`: the same request with the same key may
    /// be sent again.
    ///
    /// # Errors
    /// See [`StripeError`].
    pub async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        form: &[(&str, &str)],
        idempotency_key: &str,
    ) -> Result<T, StripeError> {
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(form)
            .finish();
        self.attempts(|| {
            self.request(Method::POST, path)
                .header("idempotency-key", idempotency_key)
                .header("content-type", "application/x-www-form-urlencoded")
                .body(body.clone())
        })
        .await
    }

    /// Ends an object: again it is [`StripeError::Missing`], or as it was.
    ///
    /// # Errors
    /// See [`StripeError`].
    pub async fn delete<T: DeserializeOwned>(&self, path: &str) -> Result<T, StripeError> {
        self.attempts(|| self.request(Method::DELETE, path)).await
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http
            .request(method, format!("{}{path}", self.base_url))
            .bearer_auth(&self.key)
            .header("stripe-version", API_VERSION)
    }

    async fn attempts<T: DeserializeOwned>(
        &self,
        request: impl Fn() -> RequestBuilder,
    ) -> Result<T, StripeError> {
        let mut pause = PAUSE;
        let mut attempt = 1;
        loop {
            match once(request()).await {
                Ok(answer) => return Ok(answer),
                Err(Failed::For(error)) => return Err(error),
                Err(Failed::Again(problem, _)) if attempt >= ATTEMPTS => {
                    return Err(StripeError::Unavailable(problem));
                }
                Err(Failed::Again(_, asked)) => {
                    let wait = asked.unwrap_or(pause).min(LONGEST_PAUSE);
                    tokio::time::sleep(wait).await;
                    pause = pause.saturating_mul(2);
                    attempt += 1;
                }
            }
        }
    }
}

async fn once<T: DeserializeOwned>(request: RequestBuilder) -> Result<T, Failed> {
    // Its address may be in the error; the key is in a header and is not.
    let unreached = |e: reqwest::Error| Failed::Again(e.without_url().to_string(), None);
    let response = request.send().await.map_err(unreached)?;
    let status = response.status();
    let told = |name: &str| {
        response
            .headers()
            .get(name)
            .and_then(|v| v.to_str().ok())
            .map(str::to_owned)
    };
    let should_retry = told("stripe-should-retry");
    let after = told(RETRY_AFTER.as_str())
        .and_then(|seconds| seconds.parse().ok())
        .map(Duration::from_secs);
    let body = bounded::body(response, MAX_ANSWER_BYTES).await;
    let body = body.map_err(|e| Failed::Again(e.to_string(), None))?;
    if status.is_success() {
        return serde_json::from_slice(&body)
            .map_err(|e| Failed::For(StripeError::Unreadable(e.to_string())));
    }
    let error = serde_json::from_slice::<ErrorBody>(&body)
        .unwrap_or_default()
        .error;
    let again = match should_retry.as_deref() {
        Some("true") => true,
        Some("false") => false,
        // 409: the same key is being worked on.
        _ => {
            status == StatusCode::CONFLICT
                || status == StatusCode::TOO_MANY_REQUESTS
                || status.is_server_error()
        }
    };
    let message = error.message.unwrap_or_else(|| "no message".to_owned());
    if again {
        return Err(Failed::Again(format!("{status}: {message}"), after));
    }
    if status == StatusCode::NOT_FOUND {
        return Err(Failed::For(StripeError::Missing));
    }
    if status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error() {
        return Err(Failed::For(StripeError::Unavailable(format!(
            "{status}: {message}"
        ))));
    }
    Err(Failed::For(StripeError::Refused {
        status: status.as_u16(),
        code: error
            .code
            .or(error.kind)
            .unwrap_or_else(|| "unknown".to_owned()),
        message,
    }))
}
