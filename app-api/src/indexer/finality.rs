//! What was taken in at `confirmed` is looked at again once it can be final: a fork may have dropped
//! it, moved it to another slot, or let it fail.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use solana_commitment_config::CommitmentConfig;
use solana_rpc_client_api::request::RpcRequest;
use solana_transaction_status_client_types::{TransactionConfirmationStatus, TransactionStatus};

use super::{Indexer, IndexerError, rpc::Rpc, rpc::context_slot};
use crate::store::Unfinalized;

/// Votes on top of a block that make it final, in slots where each is voted on: asked for before, no
/// block is.
const FINAL_AFTER_SLOTS: u64 = 32;
/// Transactions one call tells of: the protocol's bound.
const STATUSES: usize = 256;
/// Transactions that one look asks for, so that it ends soon even after days without finality.
const PER_LOOK: u32 = 1_024;

/// What became of transactions that were not final.
#[derive(Clone, Debug, Default)]
pub(super) struct Settled {
    /// Signatures of those that are now.
    pub(super) finalized: Vec<String>,
    /// Signatures of those to be taken out; those that are still on the chain are listed and taken in
    /// anew, all of a slot, so that its order is the chain's.
    pub(super) dropped: BTreeSet<String>,
    /// The slots they had.
    pub(super) slots: BTreeSet<u64>,
}

impl Settled {
    /// The first slot that changes.
    pub(super) fn oldest_slot(&self) -> Option<u64> {
        self.slots.first().copied()
    }
}

/// What the chain says of one transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Final,
    /// It cannot be told yet.
    Open,
    /// It is final in another slot, or as a failure.
    Elsewhere(u64),
    /// The endpoint knows nothing of it.
    Unknown,
}

impl Indexer {
    /// Asks for the transactions that can be final by now; without any there is no call.
    ///
    /// # Errors
    /// If the endpoint or the store fails.
    pub(super) async fn settle(&self, name: &str, horizon: u64) -> Result<Settled, IndexerError> {
        let up_to = horizon.saturating_sub(FINAL_AFTER_SLOTS);
        let waiting = self.store.unfinalized(name, up_to, PER_LOOK).await?;
        let mut settled = Settled::default();
        let mut unknown = Vec::new();
        for chunk in waiting.chunks(STATUSES) {
            // An endpoint that is behind says nothing of what it has not seen.
            let Some(fates) = self.rpc.fates(chunk, horizon).await? else {
                return Ok(settled);
            };
            for (transaction, fate) in chunk.iter().zip(fates) {
                match fate {
                    Fate::Final => settled.finalized.push(transaction.signature.clone()),
                    Fate::Open => {}
                    Fate::Elsewhere(slot) => {
                        settled.slots.extend([transaction.slot, slot]);
                        settled.dropped.insert(transaction.signature.clone());
                    }
                    Fate::Unknown => unknown.push(transaction),
                }
            }
        }
        for transaction in self.gone(unknown).await? {
            settled.slots.insert(transaction.slot);
            settled.dropped.insert(transaction.signature.clone());
        }
        if !settled.dropped.is_empty() {
            for signature in &settled.dropped {
                tracing::warn!(signature, "a fork dropped or moved the transaction");
            }
            let whole = self.store.transactions_of(name, &settled.slots).await?;
            settled.dropped.extend(whole);
            settled
                .finalized
                .retain(|signature| !settled.dropped.contains(signature));
        }
        Ok(settled)
    }

    /// Those of `unknown` that are gone for good: what an endpoint does not find it may have forgotten
    /// or not read yet. So the cluster's finality has passed their slots, the endpoint goes back
    /// before them, and another way to ask finds nothing either.
    async fn gone<'a>(
        &self,
        unknown: Vec<&'a Unfinalized>,
    ) -> Result<Vec<&'a Unfinalized>, IndexerError> {
        if unknown.is_empty() {
            return Ok(Vec::new());
        }
        let final_slot = self
            .rpc
            .client
            .get_slot_with_commitment(CommitmentConfig::finalized())
            .await?;
        let first_slot = self.rpc.client.get_first_available_block().await?;
        let mut gone = Vec::new();
        for transaction in unknown {
            if (first_slot..=final_slot).contains(&transaction.slot)
                && !self.rpc.is_final(&transaction.signature).await?
            {
                gone.push(transaction);
            }
        }
        Ok(gone)
    }
}

impl Rpc {
    /// What became of transactions, in their order; `None` if the endpoint is behind `horizon`.
    async fn fates(
        &self,
        transactions: &[Unfinalized],
        horizon: u64,
    ) -> Result<Option<Vec<Fate>>, IndexerError> {
        let malformed = || IndexerError::Malformed("getSignatureStatuses");
        let signatures: Vec<&str> = transactions.iter().map(|t| t.signature.as_str()).collect();
        let config = json!({ "searchTransactionHistory": true });
        let answer: Value = self
            .client
            .send(
                RpcRequest::GetSignatureStatuses,
                json!([signatures, config]),
            )
            .await?;
        if context_slot(&answer).ok_or_else(malformed)? < horizon {
            return Ok(None);
        }
        let statuses: Vec<Option<TransactionStatus>> =
            serde_json::from_value(answer.get("value").cloned().unwrap_or_default())
                .map_err(|_| malformed())?;
        if statuses.len() != transactions.len() {
            return Err(malformed());
        }
        let fates = transactions.iter().zip(statuses);
        Ok(Some(fates.map(|(t, s)| fate(t.slot, s.as_ref())).collect()))
    }

    /// Whether the endpoint has the transaction as final.
    async fn is_final(&self, signature: &str) -> Result<bool, IndexerError> {
        let config = json!({
            "encoding": "base64", "commitment": "finalized", "maxSupportedTransactionVersion": 0,
        });
        let answer: Value = self
            .client
            .send(RpcRequest::GetTransaction, json!([signature, config]))
            .await?;
        Ok(!answer.is_null())
    }
}

fn fate(slot: u64, status: Option<&TransactionStatus>) -> Fate {
    let Some(status) = status else {
        return Fate::Unknown;
    };
    if status.confirmation_status != Some(TransactionConfirmationStatus::Finalized) {
        Fate::Open
    } else if status.slot == slot && status.err.is_none() {
        Fate::Final
    } else {
        Fate::Elsewhere(status.slot)
    }
}
