//! Delivery: each message is tried again with growing pauses, then dropped and counted.
//!
//! With a secret, a message carries its time and the HMAC-SHA256 of `<time>.<body>`, in the headers
//! the platform's revenue report uses too, so that the receiver can tell ours from others'.

use std::{fmt, time::Duration};

use hmac::{Hmac, Mac};
use reqwest::{Client, Url, header::CONTENT_TYPE, redirect};
use sha2::Sha256;
use tokio::sync::mpsc;

use super::{super::metrics, Notice};
use crate::{
    config::{AlertsConfig, WebhookFormat, read_secret},
    error::Error,
};

/// Time for one answer.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Carries the message's time, Unix seconds.
const TIMESTAMP_HEADER: &str = "x-primis-timestamp";
/// Carries the signature, as `v1=<hex>`.
const SIGNATURE_HEADER: &str = "x-primis-signature";

/// How often and how fast a message is tried.
#[derive(Clone, Copy, Debug)]
pub struct Retry {
    /// Tries at most.
    pub tries: u32,
    /// The first pause; each is twice the one before.
    pub first_pause: Duration,
    /// The longest pause.
    pub longest_pause: Duration,
}

impl Default for Retry {
    /// Ten tries over some five minutes: a receiver that restarts, not one that is gone.
    fn default() -> Self {
        Self {
            tries: 10,
            first_pause: Duration::from_secs(1),
            longest_pause: Duration::from_secs(60),
        }
    }
}

/// Where messages go.
#[derive(Clone)]
pub struct Webhook {
    client: Client,
    url: Url,
    secret: Option<String>,
    format: WebhookFormat,
    retry: Retry,
}

/// Without the address, which is a secret more often than not.
impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhook")
            .field("format", &self.format)
            .field("retry", &self.retry)
            .finish_non_exhaustive()
    }
}

impl Webhook {
    /// The configured one, if there is one; sends nothing.
    ///
    /// # Errors
    /// [`Error::Config`] where a file cannot be read, or the address is none.
    pub fn from_config(config: &AlertsConfig) -> Result<Option<Self>, Error> {
        let url = match (&config.webhook_url_path, &config.webhook_url) {
            (Some(path), _) => read_secret(path, "alerts.webhook_url_path")?,
            (None, Some(url)) => url.0.clone(),
            (None, None) => return Ok(None),
        };
        let secret = config
            .secret_path
            .as_ref()
            .map(|path| read_secret(path, "alerts.secret_path"))
            .transpose()?;
        Self::new(&url, secret, config.format, Retry::default()).map(Some)
    }

    /// A webhook at `url`; sends nothing.
    ///
    /// # Errors
    /// [`Error::Config`] for an address that is not http(s).
    pub fn new(
        url: &str,
        secret: Option<String>,
        format: WebhookFormat,
        retry: Retry,
    ) -> Result<Self, Error> {
        let refuse = |why: &str| Error::Config(format!("alerts: the webhook's address {why}"));
        let url = Url::parse(url)
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https"))
            .ok_or_else(|| refuse("is not one like https://host/path"))?;
        let mut builder = Client::builder()
            .timeout(TIMEOUT)
            .redirect(redirect::Policy::none());
        if url.scheme() == "http" {
            // Plain HTTP is for a receiver nearby: it needs no proxy and no certificates.
            builder = builder.tls_certs_only([]).no_proxy();
        }
        let client = builder
            .build()
            .map_err(|e| refuse(&format!("cannot be used: {e}")))?;
        Ok(Self {
            client,
            url,
            secret,
            format,
            retry,
        })
    }

    /// Delivers what comes, one after the other, until nothing more can come.
    pub async fn deliver_all(self, mut notices: mpsc::Receiver<Notice>) {
        while let Some(notice) = notices.recv().await {
            self.deliver(&notice).await;
        }
    }

    /// Delivers one message, with all its tries; returns whether it was taken.
    pub async fn deliver(&self, notice: &Notice) -> bool {
        let body = notice.body(self.format).to_string();
        let mut pause = self.retry.first_pause;
        for tried in 1..=self.retry.tries {
            let taken = self.post(&body, notice.at_unix_seconds).await;
            metrics::webhook(taken.is_ok());
            let Err(refusal) = taken else {
                return true;
            };
            tracing::warn!(
                alert = notice.kind.code(),
                tried,
                error = refusal.cause,
                "the webhook did not take a message"
            );
            if refusal.is_final || tried == self.retry.tries {
                break;
            }
            tokio::time::sleep(pause).await;
            pause = pause.saturating_mul(2).min(self.retry.longest_pause);
        }
        tracing::error!(
            alert = notice.kind.code(),
            "a message is given up: check the webhook's address and whoever answers at it"
        );
        false
    }

    async fn post(&self, body: &str, timestamp: u64) -> Result<(), Refusal> {
        let mut request = self
            .client
            .post(self.url.clone())
            .header(CONTENT_TYPE, "application/json")
            .header(TIMESTAMP_HEADER, timestamp);
        if let Some(secret) = &self.secret {
            let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).map_err(|e| Refusal {
                cause: e.to_string(),
                is_final: true,
            })?;
            let mac = mac.chain_update(format!("{timestamp}.{body}"));
            let signature = format!("v1={}", hex::encode(mac.finalize().into_bytes()));
            request = request.header(SIGNATURE_HEADER, signature);
        }
        let answer = request.body(body.to_owned()).send().await;
        let status = answer
            .map_err(|error| Refusal {
                cause: error.without_url().to_string(),
                is_final: false,
            })?
            .status();
        if status.is_success() {
            return Ok(());
        }
        Err(Refusal {
            cause: format!("it answered with status {}", status.as_u16()),
            // What is malformed, forbidden or gone does not become right by asking again.
            is_final: status.is_client_error() && !matches!(status.as_u16(), 408 | 425 | 429),
        })
    }
}

/// Why a message was not taken.
struct Refusal {
    cause: String,
    is_final: bool,
}
