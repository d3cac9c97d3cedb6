//! Accounts of the cluster that base staking reads: stake accounts, vote accounts, and the clock's
//! epoch.

use std::sync::Arc;

use futures_util::future::join_all;
use serde_json::{Value, json};
use solana_address::Address;
use solana_rpc_client::nonblocking::rpc_client::RpcClient;
use solana_rpc_client_api::request::RpcRequest;

use super::Rpc;

/// Where a delegated stake account keeps the epochs of its activation and deactivation:
/// `StakeStateV2::Stake` in bincode.
const ACTIVATION_EPOCH_OFFSET: usize = 164;
const DEACTIVATION_EPOCH_OFFSET: usize = 172;
/// What stands there while it is not being deactivated.
const NO_EPOCH: u64 = u64::MAX;
/// The clock: slot, epoch start, epoch, leader schedule epoch, time; eight bytes each.
const EPOCH_START_OFFSET: usize = 8;
const EPOCH_OFFSET: usize = 16;
const TIME_OFFSET: usize = 32;

/// A stake account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StakeAccount {
    /// What it holds, lamports; 0 where there is none.
    pub lamports: u64,
    /// Epoch in which it was delegated.
    pub activation_epoch: u64,
    /// Epoch in which it was deactivated; `None`: it was not.
    pub deactivation_epoch: Option<u64>,
}

/// What the cluster says of a validator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VoteStatus {
    /// Whether it has stopped voting.
    pub is_delinquent: bool,
    /// Its commission, percent.
    pub commission_percent: Option<u8>,
}

/// The clock's epoch and time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EpochClock {
    /// The epoch.
    pub epoch: u64,
    /// When it began, Unix seconds.
    pub started_at: i64,
    /// The time, Unix seconds.
    pub now: i64,
}

fn word(data: &[u8], offset: usize) -> Option<[u8; 8]> {
    data.get(offset..)?.first_chunk::<8>().copied()
}

impl StakeAccount {
    /// Of an account's lamports and data; what is no delegated stake is taken for inactive.
    pub fn parse(lamports: u64, data: &[u8]) -> Self {
        let epoch = |offset| word(data, offset).map(u64::from_le_bytes);
        Self {
            lamports,
            activation_epoch: epoch(ACTIVATION_EPOCH_OFFSET).unwrap_or(0),
            deactivation_epoch: epoch(DEACTIVATION_EPOCH_OFFSET).filter(|at| *at != NO_EPOCH),
        }
    }
}

impl EpochClock {
    /// Of the sysvar's data.
    pub fn parse(data: &[u8]) -> Option<Self> {
        Some(Self {
            epoch: u64::from_le_bytes(word(data, EPOCH_OFFSET)?),
            started_at: i64::from_le_bytes(word(data, EPOCH_START_OFFSET)?),
            now: i64::from_le_bytes(word(data, TIME_OFFSET)?),
        })
    }
}

impl Rpc {
    /// What the cluster says of each validator, by its vote account. `None` where it says nothing, or
    /// nobody answers: that holds up no delegation and saves no validator from its cap.
    pub async fn vote_statuses(&self, votes: &[Address]) -> Vec<Option<VoteStatus>> {
        join_all(votes.iter().map(|vote| self.vote_status(vote))).await
    }

    async fn vote_status(&self, vote: &Address) -> Option<VoteStatus> {
        let params = json!([{
            "votePubkey": vote.to_string(),
            "keepUnstakedDelinquents": true,
            "commitment": self.commitment().commitment,
        }]);
        let ask = |client: Arc<RpcClient>| {
            let params = params.clone();
            async move {
                client
                    .send::<Value>(RpcRequest::GetVoteAccounts, params)
                    .await
            }
        };
        let answer = self
            .read("getVoteAccounts", ask)
            .await
            .inspect_err(|error| tracing::debug!(%error, %vote, "its votes are not known"))
            .ok()?;
        vote_status_of(&answer)
    }
}

fn vote_status_of(answer: &Value) -> Option<VoteStatus> {
    let first = |list: &str| answer.get(list)?.get(0);
    let (account, is_delinquent) = match first("current") {
        Some(account) => (account, false),
        None => (first("delinquent")?, true),
    };
    let commission_percent = account
        .get("commission")
        .and_then(Value::as_u64)
        .and_then(|percent| u8::try_from(percent).ok());
    Some(VoteStatus {
        is_delinquent,
        commission_percent,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stake_account_is_read_where_the_stake_program_writes_it() {
        let mut data = vec![0; 200];
        data[164..172].copy_from_slice(&7_u64.to_le_bytes());
        data[172..180].copy_from_slice(&u64::MAX.to_le_bytes());
        let mut stake = StakeAccount {
            lamports: 5,
            activation_epoch: 7,
            deactivation_epoch: None,
        };
        assert_eq!(StakeAccount::parse(5, &data), stake);
        data[172..180].copy_from_slice(&9_u64.to_le_bytes());
        stake.deactivation_epoch = Some(9);
        assert_eq!(StakeAccount::parse(5, &data), stake);
        // Closed, or not delegated: nothing is read that is not there.
        assert_eq!(StakeAccount::parse(0, &[]), StakeAccount::default());
    }

    #[test]
    fn a_validator_is_current_delinquent_or_unknown() {
        let listed = json!([{"commission": 5, "votePubkey": "x"}]);
        for (answer, expected) in [
            (
                json!({"current": listed, "delinquent": []}),
                Some((false, Some(5))),
            ),
            (
                json!({"current": [], "delinquent": listed}),
                Some((true, Some(5))),
            ),
            (json!({"current": [], "delinquent": []}), None),
            (json!(null), None),
        ] {
            let found = vote_status_of(&answer).map(|s| (s.is_delinquent, s.commission_percent));
            assert_eq!(found, expected, "{answer}");
        }
    }
}
