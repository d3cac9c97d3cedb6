//! Several RPC endpoints as one: reads go to the best that answers, transactions to all.

use std::{
    fmt,
    future::Future,
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use futures_util::future::join_all;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};
use solana_commitment_config::CommitmentConfig;
use solana_hash::Hash;
use solana_rpc_client::nonblocking::rpc_client::RpcClient;
use solana_rpc_client_api::{
    client_error::Error as ClientError, request::RpcRequest, response::Response,
};
use tokio::task::JoinSet;

use super::{
    endpoint::{Endpoint, LOST_PAUSE, is_behind, is_lost, labels},
    slots::Slots,
};
use crate::error::Error;

/// How long a read waits for endpoints to come to the slot it needs.
const BEHIND_PATIENCE: Duration = Duration::from_secs(3);
/// Pause before they are asked again: half a slot.
const BEHIND_PAUSE: Duration = Duration::from_millis(200);
/// Once one endpoint has taken a transaction, how long the others are waited for.
const SEND_PATIENCE: Duration = Duration::from_millis(500);

/// The endpoints.
#[derive(Clone)]
pub struct Rpc {
    pub(super) endpoints: Arc<Vec<Arc<Endpoint>>>,
    pub(super) slots: Arc<Slots>,
    /// The cluster, once an endpoint has said; only asked for where there are several.
    pub(super) genesis: Arc<OnceLock<Hash>>,
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

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LatestBlockhash {
    blockhash: String,
    last_valid_block_height: u64,
}

impl Rpc {
    /// Clients of `urls`; nothing is sent.
    pub fn new(urls: &[String], commitment: CommitmentConfig) -> Self {
        let endpoint =
            |(url, label): (&String, String)| Arc::new(Endpoint::new(url, label, commitment));
        Self {
            endpoints: Arc::new(urls.iter().zip(labels(urls)).map(endpoint).collect()),
            slots: Arc::default(),
            genesis: Arc::default(),
            commitment,
        }
    }

    /// The same chain by other endpoints: what was seen of it is not forgotten, and the new ones
    /// must be of the same cluster.
    ///
    /// # Errors
    /// [`Error::Config`] where they are not.
    pub async fn with_urls(&self, urls: &[String]) -> Result<Self, Error> {
        if self.endpoints.iter().map(|endpoint| &endpoint.url).eq(urls) {
            return Ok(self.clone());
        }
        let genesis = OnceLock::new();
        let known = match self.genesis.get() {
            Some(known) => Some(*known),
            // A single endpoint was never asked.
            None => self
                .read("getGenesisHash", |client| async move {
                    client.get_genesis_hash().await
                })
                .await
                .ok(),
        };
        if let Some(known) = known {
            genesis.get_or_init(|| known);
        }
        let new = Self {
            slots: Arc::clone(&self.slots),
            genesis: Arc::new(genesis),
            ..Self::new(urls, self.commitment)
        };
        new.check_cluster().await?;
        Ok(new)
    }

    /// What counts as landed.
    pub fn commitment(&self) -> CommitmentConfig {
        self.commitment
    }

    /// The endpoints, the best first.
    pub(super) fn in_order(&self) -> Vec<&Arc<Endpoint>> {
        let mut endpoints: Vec<_> = self.endpoints.iter().collect();
        endpoints.sort_by_cached_key(|endpoint| endpoint.rank());
        endpoints
    }

    /// Asks one endpoint after the other, the best first, until one answers; all of them once
    /// more where a call or its answer got lost.
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
        let mut asked_again = false;
        loop {
            let (mut causes, mut lost) = (Vec::new(), false);
            for endpoint in self.in_order() {
                if !self.is_ours(endpoint).await {
                    causes.push(unusable(endpoint));
                    continue;
                }
                match endpoint.timed(ask(Arc::clone(&endpoint.client))).await {
                    Ok(answer) => return Ok(answer),
                    Err(error) => {
                        lost |= is_lost(&error);
                        causes.push(endpoint.describe(&error));
                    }
                }
            }
            if !lost || asked_again {
                let cause = causes.join("; ");
                return Err(Error::Rpc { method, cause });
            }
            asked_again = true;
            tokio::time::sleep(LOST_PAUSE).await;
        }
    }

    /// Asks for what is of a slot, and of none before `least` or before one seen earlier: an
    /// endpoint that is behind is passed over, and waited for where all are. `params` are built
    /// with the slot, which goes into `minContextSlot`. Returns the answer with its slot.
    ///
    /// # Errors
    /// [`Error::Rpc`] with what each of them said.
    pub async fn read_since<T: DeserializeOwned>(
        &self,
        request: RpcRequest,
        method: &'static str,
        least: u64,
        params: impl Fn(u64) -> Value,
    ) -> Result<(u64, T), Error> {
        let deadline = Instant::now() + BEHIND_PATIENCE;
        let mut asked_again = false;
        loop {
            let least = least.max(self.slots.least());
            let (mut causes, mut behind, mut failed) = (Vec::new(), false, false);
            let mut lost = false;
            for endpoint in self.in_order() {
                if !self.is_ours(endpoint).await {
                    causes.push(unusable(endpoint));
                    continue;
                }
                let call = endpoint.client.send::<Response<T>>(request, params(least));
                match endpoint.timed(call).await {
                    Ok(answer) => {
                        let slot = answer.context.slot;
                        endpoint.is_at(slot, self.slots.least());
                        if slot >= least {
                            // A simulation may run on a block that is not confirmed yet, which no
                            // confirmed read can be asked to have reached.
                            if request != RpcRequest::SimulateTransaction {
                                self.slots.saw(slot);
                            }
                            return Ok((slot, answer.value));
                        }
                        behind = true;
                        causes.push(format!("{}: at slot {slot}", endpoint.label));
                    }
                    Err(error) => {
                        behind |= is_behind(&error);
                        failed |= !is_behind(&error);
                        lost |= is_lost(&error);
                        causes.push(endpoint.describe(&error));
                    }
                }
            }
            if lost && !asked_again {
                asked_again = true;
                tokio::time::sleep(LOST_PAUSE).await;
                continue;
            }
            if !behind || Instant::now() >= deadline {
                if behind
                    && !failed
                    && let Some(slot) = self.slots.unreached(Instant::now())
                {
                    tracing::warn!(
                        slot,
                        "no endpoint comes to this slot, which one of them named: it is forgotten"
                    );
                }
                let cause = format!("{} (needed: slot {least} or later)", causes.join("; "));
                return Err(Error::Rpc { method, cause });
            }
            tokio::time::sleep(BEHIND_PAUSE).await;
        }
    }

    /// The latest blockhash.
    ///
    /// # Errors
    /// [`Error::Rpc`].
    pub async fn latest_blockhash(&self) -> Result<Blockhash, Error> {
        let method = "getLatestBlockhash";
        let commitment = self.commitment.commitment;
        let params = |least| json!([{"commitment": commitment, "minContextSlot": least}]);
        let (_, latest) = self
            .read_since::<LatestBlockhash>(RpcRequest::GetLatestBlockhash, method, 0, params)
            .await?;
        let hash = latest.blockhash.parse().map_err(|_| Error::Rpc {
            method,
            cause: "the blockhash cannot be read".into(),
        })?;
        Ok(Blockhash {
            hash,
            last_valid_block_height: latest.last_valid_block_height,
        })
    }

    /// The block height.
    ///
    /// # Errors
    /// [`Error::Rpc`].
    pub async fn block_height(&self) -> Result<u64, Error> {
        let commitment = self.commitment;
        let ask = |client: Arc<RpcClient>| async move {
            client.get_block_height_with_commitment(commitment).await
        };
        self.read("getBlockHeight", ask).await
    }

    /// Sends the bytes to every endpoint; returns how many took them, without waiting long for the
    /// slow ones once one has. What an endpoint refuses decides nothing: it may have passed the
    /// bytes on all the same.
    pub async fn send_to_all(&self, transaction: &[u8]) -> usize {
        let encoded = BASE64_STANDARD.encode(transaction);
        // Simulated before it was signed, and resent by us: the endpoint does neither.
        let options = json!({"encoding": "base64", "skipPreflight": true, "maxRetries": 0});
        let mut sends = JoinSet::new();
        for endpoint in self.endpoints.iter().map(Arc::clone) {
            let params = json!([encoded, options]);
            sends.spawn(async move {
                let sent = endpoint
                    .client
                    .send::<Value>(RpcRequest::SendTransaction, params)
                    .await;
                if let Err(error) = &sent {
                    tracing::debug!(
                        error = endpoint.describe(error),
                        "did not take the transaction"
                    );
                }
                sent.is_ok()
            });
        }
        let mut taken = 0_usize;
        let mut late: Option<Instant> = None;
        loop {
            let wait = late.map(|late| late.saturating_duration_since(Instant::now()));
            let next = match wait {
                None => sends.join_next().await,
                Some(wait) => match tokio::time::timeout(wait, sends.join_next()).await {
                    Ok(next) => next,
                    Err(_) => break,
                },
            };
            match next {
                None => break,
                Some(Ok(true)) => {
                    taken = taken.saturating_add(1);
                    late.get_or_insert_with(|| Instant::now() + SEND_PATIENCE);
                }
                Some(_) => {}
            }
        }
        sends.detach_all();
        taken
    }

    /// Asks every endpoint for its slot, so that the score of those that are not asked otherwise
    /// is of now. Nothing where there is only one.
    pub async fn probe(&self) {
        if self.endpoints.len() < 2 {
            return;
        }
        let commitment = self.commitment;
        let asks = self.endpoints.iter().map(async |endpoint| {
            let asked = endpoint.client.get_slot_with_commitment(commitment);
            endpoint.timed(asked).await.ok()
        });
        self.are_at(&join_all(asks).await);
    }

    /// Every endpoint said at once where it is, or nothing.
    pub(super) fn are_at(&self, slots: &[Option<u64>]) {
        let highest = slots.iter().flatten().max().copied().unwrap_or(0);
        let highest = highest.max(self.slots.least());
        for (endpoint, slot) in self.endpoints.iter().zip(slots) {
            if let Some(slot) = slot {
                endpoint.is_at(*slot, highest);
            }
        }
    }
}

fn unusable(endpoint: &Endpoint) -> String {
    format!(
        "{}: of another cluster, or does not say of which",
        endpoint.label
    )
}
