//! The platform's ledger over HTTP: `GET /internal/revenue?from&to`.
//!
//! Both sides prove themselves with one secret. The request carries the HMAC of its time, method
//! and path; the answer the HMAC of the request's time, its path and the body, so that an answer
//! can be neither forged nor replayed for another request.

use std::{
    fmt,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use futures_util::future::BoxFuture;
use hmac::{Hmac, Mac};
use reqwest::{Client, Response, StatusCode, Url, header::RETRY_AFTER, redirect};
use serde::Deserialize;
use sha2::Sha256;

use super::{RevenueError, RevenueSource, Stretch};
use crate::plan::Revenue;

/// Time for a whole answer: the platform sums one window.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Longest answer that is read, bytes; a report is one short object.
const MAX_BODY_BYTES: usize = 64 * 1024;
/// How much of an error's body is shown, characters.
const SHOWN_BODY_CHARS: usize = 200;
/// Carries the request's time, Unix seconds.
const TIMESTAMP_HEADER: &str = "x-primis-timestamp";
/// Carries a signature, as `v1=<hex>`.
const SIGNATURE_HEADER: &str = "x-primis-signature";

/// The platform's ledger.
#[derive(Clone)]
pub struct Ledger {
    client: Client,
    endpoint: Url,
    secret: String,
}

impl fmt::Debug for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ledger")
            .field("endpoint", &self.endpoint.as_str())
            .finish_non_exhaustive()
    }
}

/// What the platform reports. Amounts are nano-USD.
#[derive(Debug, Deserialize)]
struct Report {
    from: u64,
    to: u64,
    gross_nano_usd: i64,
    fee_nano_usd: i64,
}

impl Ledger {
    /// A client of the platform at `url`; sends nothing.
    ///
    /// # Errors
    /// [`RevenueError::Config`] for an address that is not http(s).
    pub fn new(url: &str, secret: String) -> Result<Self, RevenueError> {
        let bad = |why: String| {
            RevenueError::Config(format!(
                "revenue.ledger.url must be an http(s) address, not {url:?}: {why}"
            ))
        };
        let mut endpoint = Url::parse(url).map_err(|e| bad(e.to_string()))?;
        if !matches!(endpoint.scheme(), "http" | "https") {
            return Err(bad("another scheme".into()));
        }
        endpoint
            .path_segments_mut()
            .map_err(|()| bad("no path".into()))?
            .pop_if_empty()
            .extend(["internal", "revenue"]);
        let mut builder = Client::builder()
            .timeout(TIMEOUT)
            .redirect(redirect::Policy::none());
        if endpoint.scheme() == "http" {
            // Plain HTTP is for a platform nearby: it needs no proxy and no certificates.
            builder = builder.tls_certs_only([]).no_proxy();
        }
        let client = builder
            .build()
            .map_err(|e| RevenueError::Config(format!("the HTTP client cannot be set up: {e}")))?;
        Ok(Self {
            client,
            endpoint,
            secret,
        })
    }

    async fn ask(&self, stretch: Stretch) -> Result<Revenue, RevenueError> {
        let mut url = self.endpoint.clone();
        url.set_query(Some(&format!("from={}&to={}", stretch.from, stretch.to)));
        let path_and_query = format!("{}?{}", url.path(), url.query().unwrap_or_default());
        let timestamp = wall_clock_seconds();
        let response = self
            .client
            .get(url)
            .header(TIMESTAMP_HEADER, timestamp)
            .header(
                SIGNATURE_HEADER,
                self.sign(&format!("{timestamp}.GET.{path_and_query}"))?,
            )
            .send()
            .await
            .map_err(unreachable)?;
        let status = response.status();
        let retry_after_seconds =
            header(&response, RETRY_AFTER.as_str()).and_then(|value| value.parse().ok());
        let signature = header(&response, SIGNATURE_HEADER);
        let body = read_bounded(response).await?;
        match status {
            StatusCode::OK => {}
            StatusCode::TOO_EARLY => {
                return Err(RevenueError::NotSettled {
                    retry_after_seconds,
                });
            }
            _ => {
                let body = String::from_utf8_lossy(&body)
                    .chars()
                    .take(SHOWN_BODY_CHARS)
                    .collect();
                return Err(RevenueError::Status {
                    status: status.as_u16(),
                    body,
                });
            }
        }
        let signed = [format!("{timestamp}.{path_and_query}.").as_bytes(), &body].concat();
        self.verify(&signed, signature.as_deref())?;
        let report: Report =
            serde_json::from_slice(&body).map_err(|e| RevenueError::Malformed(e.to_string()))?;
        report.fee(stretch).map(Revenue::NanoUsd)
    }

    fn mac(&self) -> Result<Hmac<Sha256>, RevenueError> {
        Hmac::new_from_slice(self.secret.as_bytes())
            .map_err(|e| RevenueError::Config(e.to_string()))
    }

    fn sign(&self, text: &str) -> Result<String, RevenueError> {
        let mac = self.mac()?.chain_update(text);
        Ok(format!("v1={}", hex::encode(mac.finalize().into_bytes())))
    }

    /// Compares in constant time.
    fn verify(&self, signed: &[u8], signature: Option<&str>) -> Result<(), RevenueError> {
        let bytes = signature
            .and_then(|s| s.strip_prefix("v1="))
            .and_then(|s| hex::decode(s).ok());
        let bytes = bytes.ok_or(RevenueError::BadSignature)?;
        self.mac()?
            .chain_update(signed)
            .verify_slice(&bytes)
            .map_err(|_| RevenueError::BadSignature)
    }
}

impl RevenueSource for Ledger {
    fn measure(&self, stretch: Stretch) -> BoxFuture<'_, Result<Revenue, RevenueError>> {
        Box::pin(self.ask(stretch))
    }
}

impl Report {
    /// The platform's fee, where the report is of the stretch and agrees with itself.
    fn fee(&self, stretch: Stretch) -> Result<i64, RevenueError> {
        let of_stretch = i64::try_from(self.from) == Ok(stretch.from)
            && i64::try_from(self.to) == Ok(stretch.to);
        if !of_stretch {
            return Err(RevenueError::Malformed(format!(
                "a report from {} to {} was not asked for",
                self.from, self.to
            )));
        }
        if self.gross_nano_usd < 0 {
            return Err(RevenueError::Malformed("sales are negative".into()));
        }
        // A fee is part of what was sold. More would fund the vault with what nobody paid.
        if self.fee_nano_usd > self.gross_nano_usd {
            return Err(RevenueError::Malformed(format!(
                "a fee of {} nano-USD exceeds sales of {}",
                self.fee_nano_usd, self.gross_nano_usd
            )));
        }
        Ok(self.fee_nano_usd)
    }
}

/// Signatures are dated by this machine's clock, as the platform checks them by its own. Nothing
/// is decided by it.
fn wall_clock_seconds() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |elapsed| elapsed.as_secs())
}

fn header(response: &Response, name: &str) -> Option<String> {
    response
        .headers()
        .get(name)?
        .to_str()
        .ok()
        .map(str::to_owned)
}

async fn read_bounded(mut response: Response) -> Result<Vec<u8>, RevenueError> {
    let mut body = Vec::new();
    while let Some(part) = response.chunk().await.map_err(unreachable)? {
        if body.len().saturating_add(part.len()) > MAX_BODY_BYTES {
            return Err(RevenueError::Malformed(format!(
                "longer than {MAX_BODY_BYTES} bytes"
            )));
        }
        body.extend_from_slice(&part);
    }
    Ok(body)
}

fn unreachable(error: reqwest::Error) -> RevenueError {
    let error = error.without_url();
    let cause = std::error::Error::source(&error)
        .map(|cause| format!(": {cause}"))
        .unwrap_or_default();
    RevenueError::Unreachable(format!("{error}{cause}"))
}
