//! One RPC endpoint: its client, its cluster, its score, and what is recorded of each call.

use std::{
    future::Future,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::{Duration, Instant},
};

use metrics::{counter, describe_counter, describe_gauge, gauge};
use solana_commitment_config::CommitmentConfig;
use solana_hash::Hash;
use solana_rpc_client::nonblocking::rpc_client::RpcClient;
use solana_rpc_client_api::{
    client_error::{Error as ClientError, ErrorKind},
    custom_error::{
        JSON_RPC_SERVER_ERROR_MIN_CONTEXT_SLOT_NOT_REACHED,
        JSON_RPC_SERVER_ERROR_TRANSACTION_HISTORY_NOT_AVAILABLE,
    },
    request::RpcError,
};

use super::score::Score;

/// Pause before a call that got lost, or whose answer did, is made once more. One in so many gets lost by any
/// provider, and a round of a dozen calls should not end by it.
pub(super) const LOST_PAUSE: Duration = Duration::from_millis(200);

/// Time for one answer.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Slots an endpoint is taken to be behind by that does not say by how many.
const UNKNOWN_LAG_SLOTS: u64 = 10;
/// Codes of JSON-RPC by which an endpoint says that it does not offer what was asked.
const NOT_OFFERED: [i64; 3] = [
    -32_601,
    -32_602,
    JSON_RPC_SERVER_ERROR_TRANSACTION_HISTORY_NOT_AVAILABLE,
];

/// One endpoint.
pub(super) struct Endpoint {
    pub(super) client: Arc<RpcClient>,
    /// The address without path and query, which may carry a key; a number tells equal ones apart.
    pub(super) label: String,
    pub(super) url: String,
    score: Mutex<Score>,
    /// The cluster it serves, once it has said.
    pub(super) genesis: OnceLock<Hash>,
}

impl Endpoint {
    /// A client; nothing is sent.
    pub(super) fn new(url: &str, label: String, commitment: CommitmentConfig) -> Self {
        let client =
            RpcClient::new_with_timeout_and_commitment(url.to_owned(), TIMEOUT, commitment);
        Self {
            client: Arc::new(client),
            label,
            url: url.to_owned(),
            score: Mutex::new(Score::new(Instant::now())),
            genesis: OnceLock::new(),
        }
    }

    /// Makes a call and records how it went. An endpoint that says it is not there yet is behind,
    /// not broken.
    pub(super) async fn timed<T>(
        &self,
        call: impl Future<Output = Result<T, ClientError>>,
    ) -> Result<T, ClientError> {
        let started = Instant::now();
        let answer = call.await;
        let result = match &answer {
            Ok(_) => {
                self.scored(|score| score.answered(started.elapsed()));
                "answered"
            }
            Err(error) if is_behind(error) => {
                self.scored(|score| score.behind(score.lag_slots().max(UNKNOWN_LAG_SLOTS)));
                "behind"
            }
            // It is there, and asked for something else it may be the best.
            Err(error) if code(error).is_some_and(|code| NOT_OFFERED.contains(&code)) => {
                "not_offered"
            }
            Err(_) => {
                self.scored(|score| score.failed(Instant::now()));
                "failed"
            }
        };
        self.count(result);
        answer
    }

    /// The same, once more where the call or its answer got lost.
    pub(super) async fn timed_again<T, Fut>(&self, call: impl Fn() -> Fut) -> Result<T, ClientError>
    where
        Fut: Future<Output = Result<T, ClientError>>,
    {
        match self.timed(call()).await {
            Err(error) if is_lost(&error) => {
                tokio::time::sleep(LOST_PAUSE).await;
                self.timed(call()).await
            }
            answer => answer,
        }
    }

    /// It said that it is at this slot; the highest known is that.
    pub(super) fn is_at(&self, slot: u64, highest: u64) {
        self.scored(|score| score.is_at(slot, highest, Instant::now()));
    }

    /// It said what the vault's account disproves.
    pub(super) fn accuse(&self) {
        self.scored(|score| score.lied(Instant::now()));
        self.count("lied");
    }

    /// The order of asking: the lowest first.
    pub(super) fn rank(&self) -> u128 {
        let score = self.score.lock().unwrap_or_else(PoisonError::into_inner);
        score.rank(Instant::now())
    }

    /// The error without the address, which may carry a key.
    pub(super) fn describe(&self, error: &ClientError) -> String {
        // The client may write the address another way than the operator: with a slash, say.
        let written =
            reqwest::Url::parse(&self.url).map_or_else(|_| self.url.clone(), String::from);
        let error = error
            .to_string()
            .replace(&written, &self.label)
            .replace(&self.url, &self.label);
        format!("{}: {error}", self.label)
    }

    fn scored(&self, change: impl FnOnce(&mut Score)) {
        let mut score = self.score.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut score);
        let cost = score.cost(Instant::now()).as_secs_f64();
        gauge!("primis_keeper_rpc_cost_seconds", "endpoint" => self.label.clone()).set(cost);
        let lag = u32::try_from(score.lag_slots()).unwrap_or(u32::MAX);
        gauge!("primis_keeper_rpc_lag_slots", "endpoint" => self.label.clone()).set(f64::from(lag));
    }

    fn count(&self, result: &'static str) {
        counter!("primis_keeper_rpc_calls_total", "endpoint" => self.label.clone(), "result" => result)
            .increment(1);
    }
}

/// Says what the metrics of endpoints mean; after the recorder is installed.
pub fn describe_metrics() {
    describe_counter!(
        "primis_keeper_rpc_calls_total",
        "Calls of an RPC endpoint by how they ended: answered, failed, behind, not_offered, lied."
    );
    describe_gauge!(
        "primis_keeper_rpc_cost_seconds",
        "What asking an RPC endpoint is reckoned to cost: latency, lag and blame. The lowest is asked first."
    );
    describe_gauge!(
        "primis_keeper_rpc_lag_slots",
        "Slots an RPC endpoint was behind the highest seen when it last said where it is."
    );
}

/// Whether the endpoint has not come to the slot that was asked for.
pub(super) fn is_behind(error: &ClientError) -> bool {
    code(error) == Some(JSON_RPC_SERVER_ERROR_MIN_CONTEXT_SLOT_NOT_REACHED)
}

/// Whether the call or its answer got lost, and soon: what timed out was waited for long enough.
pub(super) fn is_lost(error: &ClientError) -> bool {
    match error.kind() {
        ErrorKind::Io(_) => true,
        ErrorKind::Reqwest(error) => !error.is_timeout(),
        _ => false,
    }
}

/// Whether the endpoint is one of those that know recent transactions only.
pub(super) fn keeps_no_history(error: &ClientError) -> bool {
    code(error) == Some(JSON_RPC_SERVER_ERROR_TRANSACTION_HISTORY_NOT_AVAILABLE)
}

/// The code of an error that the endpoint itself answered.
fn code(error: &ClientError) -> Option<i64> {
    match error.kind() {
        ErrorKind::RpcError(RpcError::RpcResponseError { code, .. }) => Some(*code),
        _ => None,
    }
}

/// Scheme, host and port of each address, numbered where two are the same.
pub(super) fn labels(urls: &[String]) -> Vec<String> {
    let origin = |url: &String| match reqwest::Url::parse(url) {
        Ok(parsed) => parsed.origin().ascii_serialization(),
        Err(_) => "an address that cannot be read".into(),
    };
    let origins: Vec<String> = urls.iter().map(origin).collect();
    let label = |(index, origin): (usize, &String)| {
        let before = origins.iter().take(index).filter(|other| *other == origin);
        match before.count() {
            0 => origin.clone(),
            before => format!("{origin}#{}", before.saturating_add(1)),
        }
    };
    origins.iter().enumerate().map(label).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_hide_keys_and_tell_endpoints_apart() {
        let urls = [
            "https://a.example/k3y",
            "https://b.example",
            "https://a.example/?key=0ther",
        ];
        assert_eq!(
            labels(&urls.map(String::from)),
            [
                "https://a.example",
                "https://b.example",
                "https://a.example#2"
            ]
        );
    }
}
