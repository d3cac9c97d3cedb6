//! Landing: the same bytes are sent to every endpoint, again and again, until the transaction was
//! executed or can never be.

use std::time::{Duration, Instant};

use serde_json::Value;
use solana_signature::Signature;
use tokio_util::sync::CancellationToken;

use super::{Execution, Expiry, Rpc};
use crate::error::Error;

/// Pause between two looks at a transaction: about a slot.
pub(crate) const LOOK_EVERY: Duration = Duration::from_millis(300);
/// Pause between two sends of the same bytes.
pub(crate) const SEND_EVERY: Duration = Duration::from_secs(2);
/// How long an order to stop lets a transaction land, before it is left for the next start.
pub(crate) const STOP_PATIENCE: Duration = Duration::from_secs(5);
/// How long one call watches a transaction whose end is not certain.
pub(crate) const LOOK_PATIENCE: Duration = Duration::from_secs(180);
/// How long one call waits for an endpoint that is past a slot: some seconds, with room for an
/// endpoint that lags.
const SETTLE_PATIENCE: Duration = Duration::from_secs(15);

/// How it ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Ending {
    /// It was executed without error.
    Executed,
    /// It was executed and failed; it changed nothing but the fee.
    Failed(Value),
    /// It can never land.
    Expired,
    /// Its end is not certain, or the keeper was told to stop.
    Unfinished,
}

/// Sends and watches. `sent` is called once, when the first endpoint took the bytes.
pub async fn land(
    rpc: &Rpc,
    signature: &Signature,
    bytes: &[u8],
    last_valid_block_height: u64,
    stop: &CancellationToken,
    sent: impl AsyncFnOnce(),
) -> Ending {
    let mut sent = Some(sent);
    let started = Instant::now();
    let mut stopping: Option<Instant> = None;
    let mut last_send: Option<Instant> = None;
    loop {
        let mut ask_expiry = false;
        if last_send.is_none_or(|at| at.elapsed() >= SEND_EVERY) {
            // Whether it has expired is asked no more often than it is sent, and not at first.
            ask_expiry = last_send.replace(Instant::now()).is_some();
            if rpc.send_to_all(bytes).await > 0
                && let Some(sent) = sent.take()
            {
                sent().await;
            }
        }
        match rpc.execution(signature).await {
            Execution::Done(None) => return Ending::Executed,
            Execution::Done(Some(error)) => return Ending::Failed(error),
            Execution::Nowhere | Execution::Unclear if ask_expiry => {
                let (expiry, _) = rpc.expiry(signature, last_valid_block_height).await;
                if let Expiry::Expired { failed, .. } = expiry {
                    return failed.map_or(Ending::Expired, Ending::Failed);
                }
            }
            Execution::Pending | Execution::Nowhere | Execution::Unclear => {}
        }
        if stop.is_cancelled() && stopping.is_none() {
            stopping = Some(Instant::now());
        }
        let out_of_patience = stopping.is_some_and(|at| at.elapsed() >= STOP_PATIENCE);
        if out_of_patience || started.elapsed() >= LOOK_PATIENCE {
            return Ending::Unfinished;
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// What has become of a transaction that can do no more after `slot`; looked at until an endpoint
/// is past it. [`Execution::Pending`] and [`Execution::Unclear`]: that took too long.
///
/// # Errors
/// [`Error::Rpc`] where no endpoint answers.
pub async fn settle(
    rpc: &Rpc,
    signature: &Signature,
    slot: u64,
    stop: &CancellationToken,
) -> Result<Execution, Error> {
    let started = Instant::now();
    loop {
        let execution = rpc.execution_until(signature, slot).await?;
        let is_known = matches!(execution, Execution::Done(_) | Execution::Nowhere);
        if is_known || stop.is_cancelled() || started.elapsed() >= SETTLE_PATIENCE {
            return Ok(execution);
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}
