//! The facilitator: verifies payments, and settles them on the chain.

use std::time::{Duration, Instant};

use reqwest::{Client, StatusCode, redirect};
use serde::de::DeserializeOwned;
use tokio::sync::Mutex;

use super::wire::{Asked, EXACT, SettleAnswer, Supported, VERSION, Verified};
use crate::{
    config::{ConfigError, Runs as Options},
    http::ApiError,
};

/// How long what it supports is remembered.
const REMEMBERED: Duration = Duration::from_secs(600);
/// Longest answer read, bytes.
const MAX_ANSWER_BYTES: usize = 256 * 1024;

/// What the protocol's own facilitator says of a payment that it sent and that nobody confirmed in time. Asked
/// again, it looks that one up.
const SETTLEMENT_PENDING: &str = "settlement_pending";

/// What became of a payment that was to be settled.
#[derive(Debug)]
pub(super) enum Settled {
    /// It is on the chain.
    Yes(SettleAnswer),
    /// The facilitator says that it is not, and why.
    No(String),
    /// It did not say: it may be on the chain or come there.
    Unknown(String),
}

/// A facilitator.
pub(in super::super) struct Facilitator {
    base: String,
    client: Client,
    network: String,
    fee_payer: Option<String>,
    named: Mutex<Option<(Instant, String)>>,
}

impl Facilitator {
    /// As configured; `None`: there is none.
    ///
    /// # Errors
    /// If the client cannot be set up.
    pub(in super::super) fn new(options: &Options) -> Result<Option<Self>, ConfigError> {
        let Some(url) = &options.facilitator_url else {
            return Ok(None);
        };
        // No redirects: a payment is for the configured host alone.
        let mut builder = Client::builder()
            .timeout(Duration::from_secs(options.facilitator_timeout_seconds))
            .redirect(redirect::Policy::none());
        if url.starts_with("http:") {
            // Plain HTTP is for a service nearby: it needs no proxy and no certificates.
            builder = builder.tls_certs_only([]).no_proxy();
        }
        let client = builder.build().map_err(|_| ConfigError::Invalid {
            key: "runs.facilitator_url",
            problem: "cannot be used: the HTTP client cannot be set up",
        })?;
        Ok(Some(Self {
            base: url.trim_end_matches('/').to_owned(),
            client,
            network: options.network.clone(),
            fee_payer: options.fee_payer.clone(),
            named: Mutex::new(None),
        }))
    }

    /// Who pays the network's fee.
    pub(super) async fn fee_payer(&self) -> Result<String, ApiError> {
        if let Some(fee_payer) = &self.fee_payer {
            return Ok(fee_payer.clone());
        }
        let mut named = self.named.lock().await;
        if let Some((at, fee_payer)) = &*named
            && at.elapsed() < REMEMBERED
        {
            return Ok(fee_payer.clone());
        }
        let asked = self.client.get(format!("{}/supported", self.base));
        let (_, supported) = answer::<Supported>(asked)
            .await
            .map_err(|error| unavailable(&error))?;
        let kind = supported.kinds.into_iter().find(|kind| {
            kind.x402_version == VERSION && kind.scheme == EXACT && kind.network == self.network
        });
        let fee_payer = kind
            .as_ref()
            .and_then(|kind| kind.extra.get("feePayer")?.as_str())
            .ok_or_else(|| unavailable("it names no fee payer for the network"))?
            .to_owned();
        *named = Some((Instant::now(), fee_payer.clone()));
        Ok(fee_payer)
    }

    /// Whether a payment is good; if not, why.
    ///
    /// # Errors
    /// 503 `facilitator_unavailable`: nothing was settled.
    pub(super) async fn verify(&self, asked: &Asked) -> Result<Result<(), String>, ApiError> {
        let request = self
            .client
            .post(format!("{}/verify", self.base))
            .json(asked);
        let (status, verified) = answer::<Verified>(request)
            .await
            .map_err(|error| unavailable(&error))?;
        if status.is_server_error() {
            return Err(unavailable(status.as_str()));
        }
        Ok(if verified.is_valid {
            Ok(())
        } else {
            Err(verified.invalid_reason.unwrap_or_else(|| "invalid".into()))
        })
    }

    /// Settles a payment.
    pub(super) async fn settle(&self, asked: &Asked) -> Settled {
        let request = self
            .client
            .post(format!("{}/settle", self.base))
            .json(asked);
        match answer::<SettleAnswer>(request).await {
            Ok((status, settled))
                if settled.success && !settled.transaction.is_empty() && status.is_success() =>
            {
                Settled::Yes(settled)
            }
            Ok((status, settled)) if !settled.success && !status.is_server_error() => {
                let reason = settled.error_reason.unwrap_or_else(|| "not settled".into());
                // With a transaction it was sent to the chain: it may come there though it is not confirmed.
                if settled.transaction.is_empty() && reason != SETTLEMENT_PENDING {
                    Settled::No(reason)
                } else {
                    Settled::Unknown(reason)
                }
            }
            Ok((status, _)) => Settled::Unknown(format!("answered {status}")),
            Err(error) => Settled::Unknown(error),
        }
    }
}

/// Status and JSON of an answer; why there is none.
async fn answer<T: DeserializeOwned>(
    request: reqwest::RequestBuilder,
) -> Result<(StatusCode, T), String> {
    let told = |error: reqwest::Error| error.without_url().to_string();
    let mut response = request.send().await.map_err(told)?;
    let status = response.status();
    let mut body = Vec::new();
    while let Some(piece) = response.chunk().await.map_err(told)? {
        body.extend_from_slice(&piece);
        if body.len() > MAX_ANSWER_BYTES {
            return Err("its answer is too long".into());
        }
    }
    let parsed =
        serde_json::from_slice(&body).map_err(|_| format!("answered {status} in another form"))?;
    Ok((status, parsed))
}

pub(super) fn unavailable(reason: &str) -> ApiError {
    tracing::warn!(reason, "the x402 facilitator does not answer");
    ApiError::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "facilitator_unavailable",
        "payments cannot be verified now, and nothing was paid: try again with the same payment",
    )
    .retry_after_seconds(5)
}
