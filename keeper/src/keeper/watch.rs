//! Sends a signed distribution and watches the vault until its end is certain.
//!
//! Only the vault's account decides. That a transaction was executed, or failed, an endpoint only
//! says: where its word and the account differ, the account is right. All timers are of the
//! machine's monotonic clock, which nobody can set.

use std::{collections::BTreeMap, time::Instant};

use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::{Keeper, distribute::moved};
use crate::{
    chain::{ChainState, Expiry, LOOK_EVERY, LOOK_PATIENCE, SEND_EVERY, STOP_PATIENCE},
    error::Error,
    memory::{Attempt, InFlight},
};

/// What watching came to.
pub(super) enum Watched {
    /// The vault's interval has moved, by this transaction or another.
    Moved {
        /// The slot it was seen at.
        slot: u64,
    },
    /// The interval has not moved, and this transaction cannot move it any more.
    Never {
        /// The runtime's error, where an endpoint says that it was executed and failed.
        failed: Option<Value>,
    },
    /// Neither is certain yet, or the keeper was told to stop.
    Unfinished,
}

impl Keeper {
    /// Sends the same bytes to every endpoint again and again, as long as the vault names this
    /// keeper, and looks. `sent` is called once, when the first endpoint took the bytes.
    pub(super) async fn watch(
        &self,
        attempt: &Attempt,
        in_flight: &InFlight,
        mut is_keeper: bool,
        stop: &CancellationToken,
        sent: impl AsyncFnOnce(),
    ) -> Watched {
        let rpc = &self.decider.rpc;
        let mut sent = Some(sent);
        let started = Instant::now();
        let mut stopping: Option<Instant> = None;
        let mut last_send: Option<Instant> = None;
        let mut claims = BTreeMap::new();
        loop {
            let mut ask_expiry = false;
            if last_send.is_none_or(|at| at.elapsed() >= SEND_EVERY) {
                // Whether it has expired is asked no more often than it is sent, and not at first.
                ask_expiry = last_send.replace(Instant::now()).is_some();
                if is_keeper
                    && rpc.send_to_all(&in_flight.bytes).await > 0
                    && let Some(sent) = sent.take()
                {
                    sent().await;
                }
            }
            match self.look(attempt, 0).await {
                Ok((state, true)) => return Watched::Moved { slot: state.slot },
                Ok((state, false)) => {
                    is_keeper = state.vault.keeper == self.decider.address();
                    claims.retain(|number, slot| {
                        let is_disproved = *slot <= state.slot;
                        if is_disproved {
                            rpc.accuse(*number);
                        }
                        !is_disproved
                    });
                }
                Err(error) => tracing::debug!(%error, "the vault cannot be looked at"),
            }
            if ask_expiry {
                let (signature, limit) = (&in_flight.signature, in_flight.last_valid_block_height);
                let (expiry, claimed) = rpc.expiry(signature, limit).await;
                claims.extend(claimed);
                if let Expiry::Expired { slot, failed } = expiry {
                    // It may have landed since the last look; nothing is certain before this one.
                    match self.look(attempt, slot).await {
                        Ok((state, true)) => return Watched::Moved { slot: state.slot },
                        Ok((_, false)) => return Watched::Never { failed },
                        Err(error) => tracing::debug!(%error, "the vault cannot be looked at"),
                    }
                }
            }
            if stop.is_cancelled() && stopping.is_none() {
                stopping = Some(Instant::now());
            }
            let out_of_patience = stopping.is_some_and(|at| at.elapsed() >= STOP_PATIENCE);
            if out_of_patience || started.elapsed() >= LOOK_PATIENCE {
                return Watched::Unfinished;
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// The chain at `least_slot` or later, and whether the attempt's interval has moved.
    async fn look(&self, attempt: &Attempt, least_slot: u64) -> Result<(ChainState, bool), Error> {
        let state = self.decider.read_since(least_slot).await?;
        let has_moved = moved(&state, attempt);
        Ok((state, has_moved))
    }
}
