//! What is asked of the cluster.

use std::time::Duration;

use primis_vault_interface::ID;
use serde_json::{Value, json};
use solana_address::Address;
use solana_commitment_config::CommitmentConfig;
use solana_rpc_client::{
    nonblocking::rpc_client::RpcClient, rpc_client::GetConfirmedSignaturesForAddress2Config,
};
use solana_rpc_client_api::{request::RpcRequest, response::RpcKeyedAccount};
use solana_signature::Signature;
use solana_transaction_status_client_types::TransactionConfirmationStatus;

use super::{IndexerError, accounts::current, order::Listed};

/// Longest wait for one answer.
const TIMEOUT: Duration = Duration::from_secs(30);
/// Transactions one answer lists, and accounts one answer reads, at most: the protocol's bounds.
const PAGE: usize = 1_000;
pub(super) const ACCOUNTS: usize = 100;

/// The log of a transaction.
#[derive(Clone, Debug)]
pub(super) struct Fetched {
    pub(super) log: Vec<String>,
    /// The endpoint keeps no log: as bad as one cut off.
    pub(super) missing: bool,
    pub(super) block_time: Option<i64>,
}

/// Accounts at a slot, in the order asked for.
pub(super) struct Accounts {
    pub(super) slot: u64,
    pub(super) data: Vec<Option<Vec<u8>>>,
}

/// The cluster's endpoint.
pub(super) struct Rpc {
    pub(super) client: RpcClient,
}

impl Rpc {
    pub(super) fn new(url: &str, commitment: CommitmentConfig) -> Self {
        Self {
            client: RpcClient::new_with_timeout_and_commitment(url.to_owned(), TIMEOUT, commitment),
        }
    }

    pub(super) fn commitment(&self) -> CommitmentConfig {
        self.client.commitment()
    }

    /// The newest slot of the commitment.
    pub(super) async fn slot(&self) -> Result<u64, IndexerError> {
        Ok(self
            .client
            .get_slot_with_commitment(self.commitment())
            .await?)
    }

    /// Transactions that name `address`, after `until`, up to slot `horizon`, oldest first.
    ///
    /// What lies beyond the horizon is left for the next look: lists read one after the other are
    /// complete up to a slot taken before the first of them, and no further.
    pub(super) async fn list(
        &self,
        address: &Address,
        until: Option<&str>,
        horizon: u64,
    ) -> Result<Vec<Listed>, IndexerError> {
        let until = until
            .map(|text| {
                text.parse::<Signature>()
                    .map_err(|_| IndexerError::Malformed("cursor"))
            })
            .transpose()?;
        let mut all = Vec::new();
        let mut before: Option<Signature> = None;
        loop {
            let config = GetConfirmedSignaturesForAddress2Config {
                before,
                until,
                limit: Some(PAGE),
                commitment: Some(self.commitment()),
            };
            let page = self
                .client
                .get_signatures_for_address_with_config(address, config)
                .await?;
            // Only an empty page is past the last: some endpoints list fewer than they are asked for.
            let Some(last) = page.last() else {
                break;
            };
            before = Some(
                last.signature
                    .parse()
                    .map_err(|_| IndexerError::Malformed("getSignaturesForAddress"))?,
            );
            all.extend(
                page.into_iter()
                    .filter(|row| row.slot <= horizon)
                    .map(|row| Listed {
                        signature: row.signature,
                        slot: row.slot,
                        block_time: row.block_time,
                        failed: row.err.is_some(),
                        finalized: row.confirmation_status
                            == Some(TransactionConfirmationStatus::Finalized),
                    }),
            );
        }
        all.reverse();
        Ok(all)
    }

    /// The log of a transaction that succeeded.
    pub(super) async fn transaction(&self, signature: &str) -> Result<Fetched, IndexerError> {
        let malformed = || IndexerError::Malformed("getTransaction");
        let config = json!({
            "encoding": "base64",
            "commitment": self.commitment().commitment,
            "maxSupportedTransactionVersion": 0,
        });
        // Read as JSON: the message is not needed, and a version of it that this client does not
        // know must not keep its log from being read.
        let answer: Value = self
            .client
            .send(RpcRequest::GetTransaction, json!([signature, config]))
            .await?;
        let meta = answer
            .get("meta")
            .filter(|meta| meta.is_object())
            .ok_or_else(malformed)?;
        let log = meta.get("logMessages").and_then(Value::as_array);
        Ok(Fetched {
            missing: log.is_none(),
            log: log
                .into_iter()
                .flatten()
                .filter_map(|line| line.as_str().map(str::to_owned))
                .collect(),
            block_time: answer.get("blockTime").and_then(Value::as_i64),
        })
    }

    /// Reads accounts; the slot is that of the first answer, and no later one is older.
    pub(super) async fn accounts(&self, addresses: &[Address]) -> Result<Accounts, IndexerError> {
        let mut data = Vec::with_capacity(addresses.len());
        let (mut first, mut newest) = (None, 0);
        for chunk in addresses.chunks(ACCOUNTS) {
            let names: Vec<String> = chunk.iter().map(ToString::to_string).collect();
            let config =
                json!({ "encoding": "base64", "commitment": self.commitment().commitment });
            let answer: Value = self
                .client
                .send(RpcRequest::GetMultipleAccounts, json!([names, config]))
                .await?;
            let malformed = || IndexerError::Malformed("getMultipleAccounts");
            let slot = context_slot(&answer).ok_or_else(malformed)?;
            current(slot, newest)?;
            first.get_or_insert(slot);
            newest = slot;
            let values = answer
                .get("value")
                .and_then(Value::as_array)
                .ok_or_else(malformed)?;
            if values.len() != chunk.len() {
                return Err(malformed());
            }
            for value in values {
                let account: Option<solana_rpc_client_api::response::UiAccount> =
                    serde_json::from_value(value.clone()).map_err(|_| malformed())?;
                data.push(
                    account
                        .map(|a| a.data.decode().ok_or_else(malformed))
                        .transpose()?,
                );
            }
        }
        Ok(Accounts {
            slot: first.unwrap_or_default(),
            data,
        })
    }

    /// Every account of the program that begins with `discriminator` and holds `address` at
    /// `offset`.
    pub(super) async fn program_accounts(
        &self,
        discriminator: [u8; 8],
        offset: usize,
        address: &Address,
    ) -> Result<(u64, Vec<(Address, Vec<u8>)>), IndexerError> {
        use base64::{Engine as _, engine::general_purpose::STANDARD};
        let malformed = || IndexerError::Malformed("getProgramAccounts");
        let memcmp = |offset: usize, bytes: &[u8]| json!({ "memcmp": { "offset": offset, "bytes": STANDARD.encode(bytes), "encoding": "base64" } });
        let config = json!({
            "encoding": "base64",
            "commitment": self.commitment().commitment,
            "withContext": true,
            "filters": [memcmp(0, &discriminator), memcmp(offset, address.as_ref())],
        });
        let answer: Value = self
            .client
            .send(
                RpcRequest::GetProgramAccounts,
                json!([ID.to_string(), config]),
            )
            .await?;
        let slot = context_slot(&answer).ok_or_else(malformed)?;
        let rows: Vec<RpcKeyedAccount> =
            serde_json::from_value(answer.get("value").cloned().unwrap_or_default())
                .map_err(|_| malformed())?;
        let accounts = rows
            .into_iter()
            .map(|row| {
                let address = row.pubkey.parse().map_err(|_| malformed())?;
                Ok((address, row.account.data.decode().ok_or_else(malformed)?))
            })
            .collect::<Result<_, IndexerError>>()?;
        Ok((slot, accounts))
    }
}

pub(super) fn context_slot(answer: &Value) -> Option<u64> {
    answer.get("context")?.get("slot")?.as_u64()
}
