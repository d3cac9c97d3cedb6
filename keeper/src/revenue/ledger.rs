//! The platform's ledger over HTTP: `GET /internal/revenue?from&to`.
//!
//! Both sides prove themselves with one secret. The request carries the HMAC of its time, method
//! and path; the answer the HMAC of the request's time, its path and the body, so that an answer
//! can be neither forged nor replayed for another request.
//!
//! Events carry the platform's time, windows the cluster's. The platform answers only for what its
//! clock has passed (425 before that), and the keeper asks only for what the cluster's has: a clock
//! that is behind delays, one that is ahead delays its own events, and either may be put right. Only
//! a platform's clock that is set back to before what was distributed would record events that
//! nobody asks for any more; that takes both clocks ahead of true time, or one put back too far.

use std::{
    fmt,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use futures_util::future::BoxFuture;
use hmac::{Hmac, Mac};
use reqwest::{Client, StatusCode, Url, header::RETRY_AFTER};
use serde::Deserialize;
use sha2::Sha256;

use super::{
    Asked, RevenueError, RevenueSource, Stretch,
    http::{base_url, client, header, read_bounded, refused, unreachable},
};
use crate::{config::LedgerAmount, plan::Revenue};

/// Time for a whole answer: the platform sums one window.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Longest answer that is read, bytes; a report is one short object.
const MAX_BODY_BYTES: usize = 64 * 1024;
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
    amount: LedgerAmount,
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
    refunds_nano_usd: Option<i64>,
    provider_cost_nano_usd: Option<i64>,
    fee_nano_usd: i64,
}

impl Ledger {
    /// A client of the platform at `url`; sends nothing.
    ///
    /// # Errors
    /// [`RevenueError::Config`] for an address that is not http(s).
    pub fn new(url: &str, secret: String) -> Result<Self, RevenueError> {
        let mut endpoint = base_url("revenue.ledger.url", url)?;
        if let Ok(mut path) = endpoint.path_segments_mut() {
            path.pop_if_empty().extend(["internal", "revenue"]);
        }
        let client = client(&endpoint, TIMEOUT)?;
        Ok(Self {
            client,
            endpoint,
            secret,
            amount: LedgerAmount::default(),
        })
    }

    /// The same, with another of the reported sums as revenue.
    #[must_use]
    pub fn counting(self, amount: LedgerAmount) -> Self {
        Self { amount, ..self }
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
            .map_err(|e| unreachable(Asked::Platform, e))?;
        let status = response.status();
        let retry_after_seconds =
            header(response.headers(), RETRY_AFTER.as_str()).and_then(|value| value.parse().ok());
        let signature = header(response.headers(), SIGNATURE_HEADER);
        let body = read_bounded(response, MAX_BODY_BYTES, Asked::Platform).await?;
        match status {
            StatusCode::OK => {}
            StatusCode::TOO_EARLY => {
                return Err(RevenueError::NotSettled {
                    retry_after_seconds,
                });
            }
            _ => return Err(refused(Asked::Platform, status.as_u16(), &body)),
        }
        let signed = [format!("{timestamp}.{path_and_query}.").as_bytes(), &body].concat();
        self.verify(&signed, signature.as_deref())?;
        let report: Report = serde_json::from_slice(&body).map_err(|e| malformed(e.to_string()))?;
        report.revenue(stretch, self.amount).map(Revenue::NanoUsd)
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
    /// The sum that is revenue, where the report is of the stretch and agrees with itself.
    fn revenue(&self, stretch: Stretch, amount: LedgerAmount) -> Result<i64, RevenueError> {
        let of_stretch = i64::try_from(self.from) == Ok(stretch.from)
            && i64::try_from(self.to) == Ok(stretch.to);
        if !of_stretch {
            return Err(malformed(format!(
                "a report from {} to {} was not asked for",
                self.from, self.to
            )));
        }
        let positive = |what: &str, nano_usd: i64| match nano_usd {
            0.. => Ok(nano_usd),
            _ => Err(malformed(format!("{what} are negative"))),
        };
        let gross = positive("sales", self.gross_nano_usd)?;
        match amount {
            // A fee is part of what was sold. More would fund the vault with what nobody paid.
            LedgerAmount::Fee if self.fee_nano_usd > gross => Err(malformed(format!(
                "a fee of {} nano-USD exceeds sales of {gross}",
                self.fee_nano_usd
            ))),
            LedgerAmount::Fee => Ok(self.fee_nano_usd),
            LedgerAmount::Margin => {
                let told = |what: &str, nano_usd: Option<i64>| {
                    let missing = || {
                        malformed(format!(
                            "{what} are not reported, revenue.ledger.amount = \"margin\" needs them: update the platform, or count the fee"
                        ))
                    };
                    positive(what, nano_usd.ok_or_else(missing)?)
                };
                let refunds = told("refunds", self.refunds_nano_usd)?;
                let cost = told("provider costs", self.provider_cost_nano_usd)?;
                gross
                    .checked_sub(refunds)
                    .and_then(|rest| rest.checked_sub(cost))
                    .ok_or_else(|| malformed("refunds and costs are out of range".into()))
            }
        }
    }
}

fn malformed(cause: String) -> RevenueError {
    RevenueError::Malformed {
        asked: Asked::Platform,
        cause,
    }
}

/// Signatures are dated by this machine's clock, as the platform checks them by its own. Nothing
/// is decided by it.
fn wall_clock_seconds() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |elapsed| elapsed.as_secs())
}
