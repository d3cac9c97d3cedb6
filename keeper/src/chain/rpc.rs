//! Several RPC endpoints as one: reads go to the first that is healthy, transactions to all.

use std::{
    fmt,
    future::Future,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use futures_util::future::join_all;
use serde_json::{Value, json};
use solana_commitment_config::CommitmentConfig;
use solana_hash::Hash;
use solana_rpc_client::nonblocking::rpc_client::RpcClient;
use solana_rpc_client_api::{client_error::Error as ClientError, request::RpcRequest};

use crate::error::Error;

/// Time for one answer.
const TIMEOUT: Duration = Duration::from_secs(10);
/// How long an endpoint that failed is asked last.
const PENALTY: Duration = Duration::from_secs(30);
pub(super) struct Endpoint {
    pub(super) client: Arc<RpcClient>,
    /// The address without path and query, which may carry a key.
    label: String,
    url: String,
    failed_at: Mutex<Option<Instant>>,
}

/// The endpoints.
#[derive(Clone)]
pub struct Rpc {
    pub(super) endpoints: Arc<Vec<Endpoint>>,
    commitment: CommitmentConfig,
}

impl fmt::Debug for Rpc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.endpoints.iter().map(|endpoint| &endpoint.label))
            .finish()
    }
}

/// A recent blockhash.
#[derive(Clone, Copy, Debug)]
pub struct Blockhash {
    /// The hash.
    pub hash: Hash,
    /// The last block height a transaction with it can land at.
    pub last_valid_block_height: u64,
}

impl Rpc {
    /// Clients of `urls`; nothing is sent.
    pub fn new(urls: &[String], commitment: CommitmentConfig) -> Self {
        let endpoint = |url: &String| Endpoint {
            client: Arc::new(RpcClient::new_with_timeout_and_commitment(
                url.clone(),
                TIMEOUT,
                commitment,
            )),
            label: label(url),
            url: url.clone(),
            failed_at: Mutex::new(None),
        };
        Self {
            endpoints: Arc::new(urls.iter().map(endpoint).collect()),
            commitment,
        }
    }

    /// What counts as landed.
    pub fn commitment(&self) -> CommitmentConfig {
        self.commitment
    }

    /// Asks one endpoint after the other, those that failed lately last, until one answers.
    ///
    /// # Errors
    /// [`Error::Rpc`] with what each of them said.
    pub async fn read<T, Fut>(
        &self,
        method: &'static str,
        ask: impl Fn(Arc<RpcClient>) -> Fut,
    ) -> Result<T, Error>
    where
        Fut: Future<Output = Result<T, ClientError>>,
    {
        let (healthy, failed): (Vec<_>, Vec<_>) = self
            .endpoints
            .iter()
            .partition(|endpoint| endpoint.is_healthy());
        let mut causes = Vec::new();
        for endpoint in healthy.into_iter().chain(failed) {
            match ask(Arc::clone(&endpoint.client)).await {
                Ok(answer) => {
                    endpoint.mark(None);
                    return Ok(answer);
                }
                Err(error) => {
                    endpoint.mark(Some(Instant::now()));
                    causes.push(endpoint.describe(&error));
                }
            }
        }
        Err(Error::Rpc {
            method,
            cause: causes.join("; "),
        })
    }

    /// The latest blockhash.
    ///
    /// # Errors
    /// [`Error::Rpc`].
    pub async fn latest_blockhash(&self) -> Result<Blockhash, Error> {
        let commitment = self.commitment;
        let ask = |client: Arc<RpcClient>| async move {
            client
                .get_latest_blockhash_with_commitment(commitment)
                .await
        };
        let (hash, last_valid_block_height) = self.read("getLatestBlockhash", ask).await?;
        Ok(Blockhash {
            hash,
            last_valid_block_height,
        })
    }

    /// Sends the bytes to every endpoint; returns how many took them. What an endpoint refuses
    /// decides nothing: it may have passed the bytes on all the same.
    pub async fn send_to_all(&self, transaction: &[u8]) -> usize {
        let encoded = BASE64_STANDARD.encode(transaction);
        // Simulated before it was signed, and resent by us: the endpoint does neither.
        let options = json!({"encoding": "base64", "skipPreflight": true, "maxRetries": 0});
        let sends = self.endpoints.iter().map(async |endpoint| {
            let params = json!([encoded, options]);
            let sent = endpoint
                .client
                .send::<Value>(RpcRequest::SendTransaction, params)
                .await;
            if let Err(error) = &sent {
                tracing::debug!(
                    endpoint = endpoint.label,
                    error = endpoint.describe(error),
                    "did not take the transaction"
                );
            }
            sent.is_ok()
        });
        join_all(sends)
            .await
            .into_iter()
            .filter(|taken| *taken)
            .count()
    }
}

impl Endpoint {
    fn is_healthy(&self) -> bool {
        let failed_at = *self
            .failed_at
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        failed_at.is_none_or(|at| at.elapsed() > PENALTY)
    }

    fn mark(&self, failed_at: Option<Instant>) {
        *self
            .failed_at
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = failed_at;
    }

    /// The error without the address, which may carry a key.
    fn describe(&self, error: &ClientError) -> String {
        // The client may write the address another way than the operator: with a slash, say.
        let written =
            reqwest::Url::parse(&self.url).map_or_else(|_| self.url.clone(), String::from);
        let error = error
            .to_string()
            .replace(&written, &self.label)
            .replace(&self.url, &self.label);
        format!("{}: {error}", self.label)
    }
}

/// Scheme, host and port of an address.
fn label(url: &str) -> String {
    match reqwest::Url::parse(url) {
        Ok(parsed) => parsed.origin().ascii_serialization(),
        Err(_) => "an address that cannot be read".into(),
    }
}
