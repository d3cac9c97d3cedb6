//! What is asked of the cluster for a wallet, at the moment it asks. An endpoint that does not answer
//! is told as such; nothing is guessed.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};
use solana_address::Address;
use solana_commitment_config::CommitmentConfig;
use solana_hash::Hash;
use solana_rpc_client::nonblocking::rpc_client::RpcClient;
use solana_rpc_client_api::{
    client_error::Error as ClientError, request::RpcRequest, response::Response,
};
use tokio::sync::OnceCell;

use super::refusal::rpc_unavailable;
use crate::http::ApiError;

/// Longest wait for one answer: a person waits for a few of them.
const TIMEOUT: Duration = Duration::from_secs(8);

/// The cluster's endpoint.
pub(super) struct Rpc {
    client: RpcClient,
    /// Once the endpoint has said; it never changes.
    genesis: OnceCell<Hash>,
}

/// An account.
#[derive(Clone, Debug)]
pub(super) struct Account {
    pub(super) lamports: u64,
    pub(super) owner: Address,
    pub(super) data: Vec<u8>,
}

/// A recent blockhash.
#[derive(Clone, Copy, Debug)]
pub(super) struct Blockhash {
    pub(super) hash: Hash,
    /// The last block height a transaction with it can land at.
    pub(super) last_valid_block_height: u64,
}

/// What a simulation found.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Simulated {
    pub(super) err: Option<Value>,
    #[serde(default)]
    pub(super) logs: Option<Vec<String>>,
    #[serde(default)]
    pub(super) units_consumed: Option<u64>,
    #[serde(default)]
    accounts: Option<Vec<Option<Shown>>>,
}

/// An account as the RPC shows it.
#[derive(Debug, Deserialize)]
struct Shown {
    lamports: u64,
    owner: String,
    /// The bytes and their encoding.
    data: (String, String),
}

#[derive(Debug, Deserialize)]
struct Keyed {
    pubkey: String,
    account: Shown,
}

/// What the cluster knows of a transaction.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Status {
    pub(super) slot: u64,
    pub(super) err: Option<Value>,
    pub(super) confirmation_status: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Fee {
    prioritization_fee: u64,
}

impl Shown {
    fn decoded(self) -> Option<Account> {
        Some(Account {
            lamports: self.lamports,
            owner: self.owner.parse().ok()?,
            data: STANDARD.decode(self.data.0).ok()?,
        })
    }
}

impl Simulated {
    /// The accounts that were asked for, as they would be afterwards; `None` where one would not be.
    pub(super) fn accounts_after(&mut self) -> Vec<Option<Account>> {
        let shown = self.accounts.take().unwrap_or_default();
        shown
            .into_iter()
            .map(|account| account.and_then(Shown::decoded))
            .collect()
    }
}

impl Rpc {
    pub(super) fn new(url: &str) -> Self {
        Self {
            client: RpcClient::new_with_timeout_and_commitment(
                url.to_owned(),
                TIMEOUT,
                CommitmentConfig::confirmed(),
            ),
            genesis: OnceCell::new(),
        }
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        method: RpcRequest,
        params: Value,
    ) -> Result<T, ApiError> {
        self.client
            .send::<T>(method, params)
            .await
            .map_err(|error| rpc_unavailable(&method.to_string(), &error))
    }

    /// The cluster's genesis hash.
    pub(super) async fn genesis(&self) -> Result<Hash, ApiError> {
        let ask = || async {
            let text: String = self.ask(RpcRequest::GetGenesisHash, Value::Null).await?;
            text.parse().map_err(|_| malformed("getGenesisHash"))
        };
        self.genesis.get_or_try_init(ask).await.copied()
    }

    /// Accounts of one slot, in the order asked for; at most a hundred.
    pub(super) async fn accounts(
        &self,
        addresses: &[Address],
    ) -> Result<Vec<Option<Account>>, ApiError> {
        let names: Vec<String> = addresses.iter().map(ToString::to_string).collect();
        let config = json!({ "encoding": "base64", "commitment": "confirmed" });
        let answer: Response<Vec<Option<Shown>>> = self
            .ask(RpcRequest::GetMultipleAccounts, json!([names, config]))
            .await?;
        if answer.value.len() != addresses.len() {
            return Err(malformed("getMultipleAccounts"));
        }
        answer
            .value
            .into_iter()
            .map(|account| {
                account
                    .map(|shown| {
                        shown
                            .decoded()
                            .ok_or_else(|| malformed("getMultipleAccounts"))
                    })
                    .transpose()
            })
            .collect()
    }

    /// Every account of `program` that holds these bytes at these offsets.
    pub(super) async fn program_accounts(
        &self,
        program: &Address,
        holds: &[(usize, &[u8])],
    ) -> Result<Vec<(Address, Account)>, ApiError> {
        let filters: Vec<Value> = holds
            .iter()
            .map(|(offset, bytes)| {
                json!({ "memcmp": { "offset": offset, "bytes": STANDARD.encode(bytes), "encoding": "base64" } })
            })
            .collect();
        let config = json!({ "encoding": "base64", "commitment": "confirmed", "filters": filters });
        let rows: Vec<Keyed> = self
            .ask(
                RpcRequest::GetProgramAccounts,
                json!([program.to_string(), config]),
            )
            .await?;
        keyed(rows, "getProgramAccounts")
    }

    /// The owner's token accounts of a mint.
    pub(super) async fn token_accounts(
        &self,
        owner: &Address,
        mint: &Address,
    ) -> Result<Vec<(Address, Account)>, ApiError> {
        let params = json!([
            owner.to_string(),
            { "mint": mint.to_string() },
            { "encoding": "base64", "commitment": "confirmed" },
        ]);
        let answer: Response<Vec<Keyed>> = self
            .ask(RpcRequest::GetTokenAccountsByOwner, params)
            .await?;
        keyed(answer.value, "getTokenAccountsByOwner")
    }

    /// A recent blockhash.
    pub(super) async fn blockhash(&self) -> Result<Blockhash, ApiError> {
        let (hash, last_valid_block_height) = self
            .client
            .get_latest_blockhash_with_commitment(CommitmentConfig::confirmed())
            .await
            .map_err(|error| rpc_unavailable("getLatestBlockhash", &error))?;
        Ok(Blockhash {
            hash,
            last_valid_block_height,
        })
    }

    /// Priority fees paid lately for these accounts, micro-lamports for each compute unit. An endpoint
    /// that cannot say holds nobody up.
    pub(super) async fn recent_fees(&self, writable: &[Address]) -> Vec<u64> {
        let names: Vec<String> = writable.iter().map(ToString::to_string).collect();
        let asked: Result<Vec<Fee>, ClientError> = self
            .client
            .send(RpcRequest::GetRecentPrioritizationFees, json!([names]))
            .await;
        match asked {
            Ok(fees) => fees.iter().map(|fee| fee.prioritization_fee).collect(),
            Err(error) => {
                tracing::debug!(%error, "recent priority fees are not known, the floor is paid");
                Vec::new()
            }
        }
    }

    /// Lamports that keep an account of `length` bytes alive.
    pub(super) async fn rent_lamports(&self, length: usize) -> Result<u64, ApiError> {
        self.ask(
            RpcRequest::GetMinimumBalanceForRentExemption,
            json!([length]),
        )
        .await
    }

    /// Runs a transaction without effect, on its own blockhash; `watched` are shown as they would be
    /// afterwards.
    pub(super) async fn simulate(
        &self,
        bytes: &[u8],
        signed: bool,
        watched: &[Address],
    ) -> Result<Simulated, ApiError> {
        let names: Vec<String> = watched.iter().map(ToString::to_string).collect();
        // A wallet may have signed over a blockhash that only the newest blocks know.
        let commitment = if signed { "processed" } else { "confirmed" };
        let config = json!({
            "encoding": "base64",
            "commitment": commitment,
            "sigVerify": signed,
            "replaceRecentBlockhash": false,
            "accounts": { "encoding": "base64", "addresses": names },
        });
        let answer: Response<Simulated> = self
            .ask(
                RpcRequest::SimulateTransaction,
                json!([STANDARD.encode(bytes), config]),
            )
            .await?;
        Ok(answer.value)
    }

    /// Hands a signed transaction to the network; its signature.
    pub(super) async fn send(&self, bytes: &[u8]) -> Result<String, ApiError> {
        // Simulated already: what this endpoint would refuse now, the cluster decides.
        let config = json!({ "encoding": "base64", "skipPreflight": true });
        self.ask(
            RpcRequest::SendTransaction,
            json!([STANDARD.encode(bytes), config]),
        )
        .await
    }

    /// What the cluster knows of a transaction; `None`: nothing.
    pub(super) async fn status(&self, signature: &str) -> Result<Option<Status>, ApiError> {
        let params = json!([[signature], { "searchTransactionHistory": true }]);
        let answer: Response<Vec<Option<Status>>> =
            self.ask(RpcRequest::GetSignatureStatuses, params).await?;
        Ok(answer.value.into_iter().next().flatten())
    }

    /// Asks the cluster to give lamports; the signature of its transaction.
    pub(super) async fn airdrop(&self, to: &Address, lamports: u64) -> Result<String, ApiError> {
        self.ask(
            RpcRequest::RequestAirdrop,
            json!([to.to_string(), lamports]),
        )
        .await
    }
}

fn keyed(rows: Vec<Keyed>, method: &'static str) -> Result<Vec<(Address, Account)>, ApiError> {
    rows.into_iter()
        .map(|row| {
            let address = row.pubkey.parse().map_err(|_| malformed(method))?;
            let account = row.account.decoded().ok_or_else(|| malformed(method))?;
            Ok((address, account))
        })
        .collect()
}

fn malformed(method: &str) -> ApiError {
    rpc_unavailable(method, &"the answer is not what the method answers")
}
