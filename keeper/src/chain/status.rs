//! What has become of a transaction, and whether it is lost to every endpoint.

use futures_util::future::join_all;
use serde_json::Value;
use solana_commitment_config::CommitmentConfig;
use solana_rpc_client_api::{
    client_error::{Error as ClientError, ErrorKind},
    custom_error::JSON_RPC_SERVER_ERROR_TRANSACTION_HISTORY_NOT_AVAILABLE,
    request::RpcError,
};
use solana_signature::Signature;

use super::{Rpc, rpc::Endpoint};
use crate::error::Error;

/// Blocks past a transaction's limit after which an endpoint that does not answer no longer
/// holds up the verdict: a second lifetime of a blockhash. What it could still say, the others
/// have long seen.
const SILENT_ENDPOINT_BLOCKS: u64 = 150;

/// Slots after which an account and the status of the transaction that changed it tell the same:
/// the turns of two leaders. Before, an endpoint, or another behind the same address, may show the
/// account and not know the transaction yet.
const AGREED_SLOTS: u64 = 8;

/// What has become of a transaction.
#[derive(Clone, Debug, PartialEq)]
pub enum Execution {
    /// It was executed, at the wanted commitment; the runtime's error if it failed.
    Done(Option<Value>),
    /// It was executed, but that can still be taken back.
    Pending,
    /// No endpoint knows of it.
    Nowhere,
    /// No endpoint that answered knows of it, and not all answered.
    Unclear,
}

/// Whether a transaction can still land.
#[derive(Clone, Debug, PartialEq)]
pub enum Expiry {
    /// It was executed; the runtime's error if it failed.
    Done(Option<Value>),
    /// Its limit has passed everywhere and nobody knows of it: it can never land.
    Expired,
    /// Neither is certain yet.
    Unclear,
}

/// What one endpoint knows, and the slot it knows it at; `None`: it did not answer.
type Answer = Option<(u64, Execution)>;

impl Rpc {
    /// What has become of a transaction sent lately, by all endpoints.
    pub async fn execution(&self, signature: &Signature) -> Execution {
        let answers = self.ask(signature, false).await;
        match furthest(&answers) {
            Some(Execution::Nowhere) if answers.iter().any(Option::is_none) => Execution::Unclear,
            Some(execution) => execution,
            None => Execution::Unclear,
        }
    }

    /// What has become of a transaction, in all history up to `slot`. That it is nowhere only an
    /// endpoint can say that is well past this slot: the others may not have seen it yet.
    ///
    /// # Errors
    /// [`Error::Rpc`] where none answers: that is no statement about the transaction.
    pub async fn execution_until(
        &self,
        signature: &Signature,
        slot: u64,
    ) -> Result<Execution, Error> {
        let answers = self.ask(signature, true).await;
        let agreed = slot.saturating_add(AGREED_SLOTS);
        let is_past = answers.iter().flatten().any(|(at, _)| *at > agreed);
        match furthest(&answers) {
            Some(Execution::Nowhere) if !is_past => Ok(Execution::Unclear),
            Some(execution) => Ok(execution),
            None => Err(Error::Rpc {
                method: "getSignatureStatuses",
                cause: format!("what has become of transaction {signature} is not known yet"),
            }),
        }
    }

    /// Whether a transaction can still land: asks each endpoint first for its block height, then,
    /// in all its history, for the transaction. In this order a late landing is not missed.
    pub async fn expiry(&self, signature: &Signature, last_valid_block_height: u64) -> Expiry {
        let asks = self.endpoints.iter().map(async |endpoint| {
            let height = endpoint
                .client
                .get_block_height_with_commitment(self.commitment())
                .await
                .ok()?;
            let (_, execution) = endpoint
                .execution(signature, true, self.commitment())
                .await?;
            Some((height, execution))
        });
        let answers = join_all(asks).await;
        let answered = || answers.iter().flatten();
        if let Some(Execution::Done(error)) = answered()
            .map(|(_, execution)| execution)
            .find(|e| matches!(e, Execution::Done(_)))
        {
            return Expiry::Done(error.clone());
        }
        let silent = answers.iter().any(Option::is_none);
        let limit =
            last_valid_block_height.saturating_add(if silent { SILENT_ENDPOINT_BLOCKS } else { 0 });
        let gone = |(height, execution): &(u64, Execution)| {
            *height > limit && *execution == Execution::Nowhere
        };
        if answered().next().is_some() && answered().all(gone) {
            Expiry::Expired
        } else {
            Expiry::Unclear
        }
    }

    async fn ask(&self, signature: &Signature, in_history: bool) -> Vec<Answer> {
        let asks = self
            .endpoints
            .iter()
            .map(|endpoint| endpoint.execution(signature, in_history, self.commitment()));
        join_all(asks).await
    }
}

impl Endpoint {
    async fn execution(
        &self,
        signature: &Signature,
        in_history: bool,
        commitment: CommitmentConfig,
    ) -> Answer {
        let signatures = [*signature];
        let recent = || self.client.get_signature_statuses(&signatures);
        let answer = if in_history {
            let asked = self.client.get_signature_statuses_with_history(&signatures);
            match asked.await {
                // What it remembers is longer than a blockhash lives; and whether a distribution
                // was executed before that, the vault's account tells.
                Err(error) if keeps_no_history(&error) => recent().await,
                answer => answer,
            }
        } else {
            recent().await
        };
        let answer = answer.ok()?;
        let execution = match answer.value.into_iter().next()? {
            None => Execution::Nowhere,
            Some(status) if status.satisfies_commitment(commitment) => Execution::Done(
                status
                    .err
                    .map(|error| serde_json::to_value(error).unwrap_or(Value::Null)),
            ),
            Some(_) => Execution::Pending,
        };
        Some((answer.context.slot, execution))
    }
}

/// Whether the endpoint is one of those that know recent transactions only.
fn keeps_no_history(error: &ClientError) -> bool {
    matches!(
        error.kind(),
        ErrorKind::RpcError(RpcError::RpcResponseError { code, .. })
            if *code == JSON_RPC_SERVER_ERROR_TRANSACTION_HISTORY_NOT_AVAILABLE
    )
}

/// The answer that says most: an execution, else one that can be taken back, else none. `None`:
/// nobody answered.
fn furthest(answers: &[Answer]) -> Option<Execution> {
    let answered = || answers.iter().flatten().map(|(_, execution)| execution);
    answered()
        .find(|answer| matches!(answer, Execution::Done(_)))
        .or_else(|| answered().find(|answer| **answer == Execution::Pending))
        .or_else(|| answered().next())
        .cloned()
}
