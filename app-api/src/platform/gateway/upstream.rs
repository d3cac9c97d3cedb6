//! The model APIs that requests go to.

use std::{fmt, time::Duration};

use axum::http::{HeaderValue, StatusCode, header::AUTHORIZATION};
use bytes::Bytes;
use reqwest::{Client, Method, Request, Response, Url, header::CONTENT_TYPE, redirect};
use tokio::time::{Instant, timeout, timeout_at};

use super::{
    answer::{self, Usage},
    failed::Failed,
    rule::Kind,
};
use crate::{
    config::{ConfigError, MaxTokensField, Upstream as Settings, read_secret},
    platform::bounded,
};

/// Connections that are not used are let go before common servers do: one that the server closes while a
/// request is on its way would leave open whether the request was served.
const IDLE_CONNECTIONS: Duration = Duration::from_secs(15);
/// Most that is read of a refusal, bytes.
const MAX_REFUSAL_BYTES: usize = 64 * 1024;
/// Most that is read of what an answer used, bytes.
const MAX_LOOK_UP_BYTES: usize = 1024 * 1024;
/// Longest wait for a refusal's body, and for a look-up.
const SHORT_ANSWER: Duration = Duration::from_secs(10);
/// Pauses before looking a generation up: it is told some time after its end.
const LOOK_UPS: [Duration; 4] = [
    Duration::ZERO,
    Duration::from_millis(300),
    Duration::from_secs(1),
    Duration::from_secs(3),
];

/// A model API.
pub struct Upstream {
    /// What rules call it.
    pub name: String,
    /// What it calls the bound of an answer's tokens.
    pub max_tokens_field: MaxTokensField,
    /// Longest time for a whole answer.
    pub longest: Duration,
    /// Whether it can be asked what an answer used.
    pub generations: bool,
    base_url: String,
    chat: Url,
    embeddings: Url,
    authorization: Option<HeaderValue>,
    first_byte: Duration,
    idle: Duration,
    client: Client,
}

impl fmt::Debug for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Upstream({} at {})", self.name, self.base_url)
    }
}

/// Why an upstream did not begin to answer.
#[derive(Debug, thiserror::Error)]
pub enum Unanswered {
    /// It was not reached, so it did nothing.
    #[error("it cannot be reached: {0}")]
    NotReached(String),
    /// It refused, so it did nothing.
    #[error("it refused: {0}")]
    Refused(Failed),
    /// It has the request, but no answer came: it may have worked.
    #[error("it was asked and gave no answer: {0}")]
    Lost(String),
}

/// Why an answer ended before its end.
#[derive(Debug, thiserror::Error)]
pub enum CutOff {
    /// The connection.
    #[error("the connection broke")]
    Broken,
    /// Nothing came for too long.
    #[error("it paused for too long")]
    Idle,
    /// It took too long.
    #[error("it took too long")]
    TooLong,
}

impl Upstream {
    /// Sets the client up.
    ///
    /// # Errors
    /// If the key cannot be read or sent.
    pub fn new(settings: &Settings) -> Result<Self, ConfigError> {
        let authorization = settings
            .api_key_path
            .as_deref()
            .map(|path| {
                let key = read_secret("gateway.upstreams.api_key_path", path)?;
                let mut value = HeaderValue::try_from(format!("Bearer {}", key.trim()))
                    .map_err(|_| unusable("names a key that no header can carry"))?;
                value.set_sensitive(true);
                Ok::<_, ConfigError>(value)
            })
            .transpose()?;
        let endpoint = |path: &str| {
            let url = Url::parse(&format!("{}/{path}", settings.base_url));
            url.map_err(|_| unusable("has a base_url that is no URL"))
        };
        // No redirects: the key is for the configured host alone.
        let mut builder = Client::builder()
            .connect_timeout(Duration::from_millis(settings.connect_milliseconds))
            .pool_idle_timeout(IDLE_CONNECTIONS)
            .tcp_nodelay(true)
            .redirect(redirect::Policy::none())
            // It says whether asking again is safe, not the library.
            .retry(reqwest::retry::never());
        if settings.base_url.starts_with("http://") {
            // Plain HTTP is for a service nearby: it needs no proxy, and no certificates.
            builder = builder.tls_certs_only([]).no_proxy();
        }
        Ok(Self {
            name: settings.name.clone(),
            max_tokens_field: settings.max_tokens_field,
            longest: Duration::from_secs(settings.longest_seconds),
            generations: settings.generations,
            base_url: settings.base_url.clone(),
            chat: endpoint("chat/completions")?,
            embeddings: endpoint("embeddings")?,
            authorization,
            first_byte: Duration::from_millis(settings.first_byte_milliseconds),
            idle: Duration::from_millis(settings.idle_milliseconds),
            client: builder
                .build()
                .map_err(|_| unusable("cannot be spoken to: check the system's certificates"))?,
        })
    }

    /// Asks, and waits for the begin of the answer.
    ///
    /// # Errors
    /// If none comes; see [`Unanswered`] for what may have been done for it.
    pub async fn ask(&self, kind: Kind, body: Bytes) -> Result<Answer, Unanswered> {
        let deadline = Instant::now()
            .checked_add(self.longest)
            .unwrap_or_else(Instant::now);
        let url = match kind {
            Kind::Chat => &self.chat,
            Kind::Embeddings => &self.embeddings,
        };
        let mut request = Request::new(Method::POST, url.clone());
        let json = HeaderValue::from_static("application/json");
        request.headers_mut().insert(CONTENT_TYPE, json);
        if let Some(authorization) = &self.authorization {
            let authorization = authorization.clone();
            request.headers_mut().insert(AUTHORIZATION, authorization);
        }
        *request.body_mut() = Some(body.into());
        let sent = self.client.execute(request);
        let response = match timeout(self.first_byte, sent).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) if error.is_connect() => {
                return Err(Unanswered::NotReached(causes(&error)));
            }
            Ok(Err(error)) => return Err(Unanswered::Lost(causes(&error))),
            Err(_) => return Err(Unanswered::Lost("no byte in time".to_owned())),
        };
        let status = response.status();
        let mut answer = Answer {
            response,
            idle: self.idle,
            deadline,
        };
        if status == StatusCode::OK {
            return Ok(answer);
        }
        let body = timeout(SHORT_ANSWER, answer.whole(MAX_REFUSAL_BYTES)).await;
        let body = body.map_or_else(|_| Vec::new(), |(body, _)| body);
        Err(Unanswered::Refused(Failed::of_status(status, &body)))
    }

    /// What the answer `id` used, if the upstream tells that and has it.
    pub async fn look_up(&self, id: &str) -> Option<Usage> {
        if !self.generations {
            return None;
        }
        for pause in LOOK_UPS {
            tokio::time::sleep(pause).await;
            let mut request = self
                .client
                .get(format!("{}/generation", self.base_url))
                .query(&[("id", id)])
                .timeout(SHORT_ANSWER);
            if let Some(authorization) = &self.authorization {
                request = request.header(AUTHORIZATION, authorization.clone());
            }
            let Ok(response) = request.send().await else {
                continue;
            };
            if response.status() != StatusCode::OK {
                continue;
            }
            let body = bounded::body(response, MAX_LOOK_UP_BYTES).await;
            let usage = body.ok().and_then(|body| answer::read_generation(&body));
            if usage.is_some() {
                return usage;
            }
        }
        None
    }
}

/// An answer that has begun.
#[derive(Debug)]
pub struct Answer {
    response: Response,
    idle: Duration,
    deadline: Instant,
}

impl Answer {
    /// Whether it comes piece by piece.
    pub fn is_stream(&self) -> bool {
        self.response
            .headers()
            .get(CONTENT_TYPE)
            .and_then(|kind| kind.to_str().ok())
            .is_some_and(|kind| kind.starts_with("text/event-stream"))
    }

    /// The next bytes; `None` at the end.
    ///
    /// # Errors
    /// If it does not go on.
    pub async fn next(&mut self) -> Result<Option<Bytes>, CutOff> {
        let idle = Instant::now()
            .checked_add(self.idle)
            .unwrap_or(self.deadline);
        let late = if idle < self.deadline {
            CutOff::Idle
        } else {
            CutOff::TooLong
        };
        match timeout_at(idle.min(self.deadline), self.response.chunk()).await {
            Ok(Ok(chunk)) => Ok(chunk),
            Ok(Err(_)) => Err(CutOff::Broken),
            Err(_) => Err(late),
        }
    }

    /// All of it that fits `most` bytes, and why that is not all.
    pub async fn whole(&mut self, most: usize) -> (Vec<u8>, Option<CutOff>) {
        let mut body = Vec::new();
        loop {
            match self.next().await {
                Ok(Some(chunk)) => {
                    if body.len().saturating_add(chunk.len()) > most {
                        return (body, Some(CutOff::TooLong));
                    }
                    body.extend_from_slice(&chunk);
                }
                Ok(None) => return (body, None),
                Err(cut) => return (body, Some(cut)),
            }
        }
    }
}

/// An error with its causes, without the address, which may be secret.
fn causes(error: &(dyn std::error::Error + 'static)) -> String {
    std::iter::successors(error.source(), |error| error.source())
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}

fn unusable(problem: &'static str) -> ConfigError {
    ConfigError::Invalid {
        key: "gateway.upstreams",
        problem,
    }
}
