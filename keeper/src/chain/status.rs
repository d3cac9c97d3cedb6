//! What has become of a transaction, and whether it is lost to every endpoint.

use futures_util::future::join_all;
use serde::Deserialize;
use serde_json::{Value, json};
use solana_commitment_config::CommitmentConfig;
use solana_rpc_client_api::request::RpcRequest;
use solana_signature::Signature;

use super::{
    Rpc,
    endpoint::{Endpoint, keeps_no_history},
};
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
    /// Its limit has passed everywhere, and nobody has it on the way: it can never land. Whether it
    /// has landed, the vault's account tells, read at `slot` or later.
    Expired {
        /// A slot past the limit.
        slot: u64,
        /// The runtime's error, where an endpoint says that it was executed and failed.
        failed: Option<Value>,
    },
    /// That is not certain yet.
    Unclear,
}

/// What an endpoint says that it was executed without error: its number, and the slot.
pub type Claim = (usize, u64);

/// What one endpoint says of a transaction past its limit, or before it.
struct Word {
    slot: u64,
    height: u64,
    execution: Execution,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct EpochInfo {
    absolute_slot: u64,
    block_height: u64,
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
    /// in all its history and at no earlier slot, for the transaction. In this order a late landing
    /// is not missed. Beside it, who claims that it has landed.
    pub async fn expiry(
        &self,
        signature: &Signature,
        last_valid_block_height: u64,
    ) -> (Expiry, Vec<Claim>) {
        let asks = self.endpoints.iter().map(async |endpoint| {
            if !self.is_ours(endpoint).await {
                return None;
            }
            let params = json!([{"commitment": self.commitment().commitment, "minContextSlot": self.slots.least()}]);
            let epoch = || {
                let params = params.clone();
                endpoint
                    .client
                    .send::<EpochInfo>(RpcRequest::GetEpochInfo, params)
            };
            let EpochInfo {
                absolute_slot,
                block_height,
            } = endpoint.timed_again(epoch).await.ok()?;
            let (slot, execution) = endpoint
                .execution(signature, true, self.commitment())
                .await?;
            // Behind one address there may be several nodes; the one that was asked second must
            // know what the first one knew.
            (slot >= absolute_slot).then_some(Word {
                slot: absolute_slot,
                height: block_height,
                execution,
            })
        });
        let words = join_all(asks).await;
        let slots: Vec<_> = words
            .iter()
            .map(|word| word.as_ref().map(|word| word.slot))
            .collect();
        self.are_at(&slots);
        let claims = words.iter().enumerate().filter_map(|(number, word)| {
            let word = word.as_ref()?;
            (word.execution == Execution::Done(None)).then_some((number, word.slot))
        });
        (verdict(&words, last_valid_block_height), claims.collect())
    }

    /// The endpoint of this number said that a transaction was executed, and the vault's account
    /// at that slot says that it was not.
    pub fn accuse(&self, number: usize) {
        if let Some(endpoint) = self.endpoints.get(number) {
            tracing::warn!(
                endpoint = endpoint.label,
                "says that a distribution landed which the vault's account does not show: its word does not count"
            );
            endpoint.accuse();
        }
    }

    async fn ask(&self, signature: &Signature, in_history: bool) -> Vec<Answer> {
        let asks = self.endpoints.iter().map(async |endpoint| {
            if !self.is_ours(endpoint).await {
                return None;
            }
            endpoint
                .execution(signature, in_history, self.commitment())
                .await
        });
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
            let ever = || self.client.get_signature_statuses_with_history(&signatures);
            match self.timed_again(ever).await {
                // What it remembers is longer than a blockhash lives; and whether a distribution
                // was executed before that, the vault's account tells.
                Err(error) if keeps_no_history(&error) => self.timed_again(recent).await,
                answer => answer,
            }
        } else {
            self.timed_again(recent).await
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

/// Past its limit a transaction that is nowhere, or failed, never lands. Whatever else an endpoint
/// says, or that it says nothing, holds the verdict up for another lifetime of a blockhash only:
/// the account is asked before anything new is signed.
fn verdict(words: &[Option<Word>], last_valid_block_height: u64) -> Expiry {
    let late = last_valid_block_height.saturating_add(SILENT_ENDPOINT_BLOCKS);
    let said = || words.iter().flatten();
    let is_silent = words.iter().any(Option::is_none);
    let is_gone = |word: &Word| {
        let settled = matches!(
            word.execution,
            Execution::Nowhere | Execution::Done(Some(_))
        );
        let limit = match settled && !is_silent {
            true => last_valid_block_height,
            false => late,
        };
        word.height > limit
    };
    // Every one of these slots is past the limit; the least is one that all can reach.
    let Some(slot) = said().map(|word| word.slot).min() else {
        return Expiry::Unclear;
    };
    if !said().all(is_gone) {
        return Expiry::Unclear;
    }
    let failed = said().find_map(|word| match &word.execution {
        Execution::Done(Some(error)) => Some(error.clone()),
        _ => None,
    });
    Expiry::Expired { slot, failed }
}

/// The answer that says most: executed without error, else with one, else one that can be taken
/// back, else none. `None`: nobody answered.
fn furthest(answers: &[Answer]) -> Option<Execution> {
    let answered = || answers.iter().flatten().map(|(_, execution)| execution);
    answered()
        .find(|answer| **answer == Execution::Done(None))
        .or_else(|| answered().find(|answer| matches!(answer, Execution::Done(_))))
        .or_else(|| answered().find(|answer| **answer == Execution::Pending))
        .or_else(|| answered().next())
        .cloned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const LIMIT: u64 = 1_000;

    fn word(height: u64, execution: Execution) -> Option<Word> {
        let slot = height + 7;
        Some(Word {
            slot,
            height,
            execution,
        })
    }

    fn is_expired(words: &[Option<Word>]) -> bool {
        matches!(verdict(words, LIMIT), Expiry::Expired { .. })
    }

    #[test]
    fn it_expires_only_past_the_limit_and_nowhere_on_every_endpoint() {
        use Execution::{Done, Nowhere, Pending};
        let past = || word(LIMIT + 1, Nowhere);
        assert!(is_expired(&[past()]) && is_expired(&[past(), past()]));
        for other in [
            word(LIMIT, Nowhere),
            word(LIMIT + 1, Pending),
            word(LIMIT + 1, Done(None)),
            None,
        ] {
            assert!(!is_expired(&[past(), other]));
        }
        assert!(!is_expired(&[]) && !is_expired(&[None, None]));
    }

    #[test]
    fn silence_and_claims_hold_it_up_for_another_lifetime_only() {
        use Execution::{Done, Nowhere, Pending};
        let late = LIMIT + SILENT_ENDPOINT_BLOCKS;
        for said in [Pending, Done(None)] {
            assert!(!is_expired(&[word(late, said.clone())]));
            assert!(is_expired(&[
                word(late + 1, said),
                word(LIMIT + 1, Nowhere)
            ]));
        }
        assert!(!is_expired(&[None, word(late, Nowhere)]));
        assert!(is_expired(&[None, word(late + 1, Nowhere)]));
    }

    #[test]
    fn a_failure_is_told_with_the_earliest_slot_past_the_limit() {
        let failed = Execution::Done(Some(json!("x")));
        let words = [word(LIMIT + 9, failed), word(LIMIT + 1, Execution::Nowhere)];
        let expired = Expiry::Expired {
            slot: LIMIT + 8,
            failed: Some(json!("x")),
        };
        assert_eq!(verdict(&words, LIMIT), expired);
    }

    #[test]
    fn success_is_the_word_that_counts_once_the_account_has_moved() {
        let failed = Execution::Done(Some(json!("x")));
        let answers = [
            None,
            Some((1, failed)),
            Some((1, Execution::Pending)),
            Some((1, Execution::Done(None))),
        ];
        assert_eq!(furthest(&answers), Some(Execution::Done(None)));
        assert_eq!(furthest(&[None]), None);
    }
}
