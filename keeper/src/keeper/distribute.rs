//! From a plan to its end on the chain, by way of the memory: Planned → Signed → Sent → an end.
//!
//! - the signed bytes are stored before they are sent
//! - no end is remembered without a look at the chain: the vault's account decides, what endpoints
//!   say of a transaction does not
//! - nothing new is signed while an attempt is open
//! - "already distributed" is success, whoever did it

use primis_vault_interface::VaultError;
use tokio_util::sync::CancellationToken;

use super::{Decision, Interval, Keeper, Outcome, SOURCE, watch::Watched};
use crate::{
    chain::{ChainState, Execution, error_from_runtime, settle},
    error::Error,
    memory::{Attempt, AttemptState, InFlight},
    plan::{Action, Distribution, Trouble},
};

/// Blocks past a transaction's limit for which it is asked who moved the interval: a second
/// lifetime of a blockhash. Money does not depend on the answer.
const NAMELESS_BLOCKS: u64 = 150;

impl Keeper {
    /// One round: follows an open attempt to its end, else decides and acts.
    ///
    /// # Errors
    /// Whatever stands in the way; [`Error::exit`] tells what follows.
    pub async fn round(&self, stop: &CancellationToken) -> Result<Outcome, Error> {
        if let Some(outcome) = self.reconcile(stop).await? {
            return Ok(outcome);
        }
        let Decision { state, action, .. } = self.decider.decide().await?;
        match action {
            Action::Wait { until, reason } => Ok(Outcome::Waiting {
                until,
                now: state.now,
                reason,
            }),
            Action::NeedsPerson(Trouble::NotKeeper) if self.may_stand_by => Ok(Outcome::Standby {
                keeper: state.vault.keeper,
            }),
            Action::NeedsPerson(trouble) => Err(Error::Trouble(trouble)),
            Action::Distribute(distribution) => self.distribute(&state, &distribution, stop).await,
            Action::AskRevenue { .. } | Action::AskPrice => Err(Error::System {
                what: "planning".into(),
                cause: "a question was left open".into(),
            }),
        }
    }

    /// Follows the open attempt, if there is one, to its end.
    ///
    /// # Errors
    /// As [`Keeper::round`].
    pub async fn reconcile(&self, stop: &CancellationToken) -> Result<Option<Outcome>, Error> {
        let Some(attempt) = self
            .memory
            .open_attempt(&self.decider.vault, SOURCE as u8)
            .await?
        else {
            return Ok(None);
        };
        tracing::info!(
            attempt = attempt.id,
            state = attempt.state.name(),
            interval_id = attempt.interval_id,
            "an attempt is open, following it to its end"
        );
        let state = self.decider.read().await?;
        match &attempt.in_flight {
            // Nothing was signed, so nothing can land: the chain is planned on anew.
            None => {
                let (end, note) = if moved(&state, &attempt) {
                    (
                        AttemptState::Superseded,
                        "the interval moved before anything was signed",
                    )
                } else {
                    (
                        AttemptState::Expired,
                        "nothing was signed before the keeper stopped",
                    )
                };
                self.memory.set(attempt.id, end, Some(note)).await?;
                Ok(None)
            }
            // Whatever becomes of it, it cannot distribute any more: the program compares the id.
            Some(in_flight) if moved(&state, &attempt) => self
                .settled(&attempt, in_flight, state.slot, stop)
                .await
                .map(Some),
            Some(in_flight) => {
                let is_keeper = state.vault.keeper == self.decider.address();
                self.follow(&attempt, in_flight, is_keeper, stop)
                    .await
                    .map(Some)
            }
        }
    }

    /// The interval has moved by `slot`: by this attempt where it was executed, else by another.
    async fn settled(
        &self,
        attempt: &Attempt,
        in_flight: &InFlight,
        slot: u64,
        stop: &CancellationToken,
    ) -> Result<Outcome, Error> {
        let interval = Interval::from(attempt);
        let signature = in_flight.signature;
        let execution = settle(&self.decider.rpc, &signature, slot, stop).await;
        let superseded = async |note: &str| {
            self.memory
                .set(attempt.id, AttemptState::Superseded, Some(note))
                .await?;
            Ok(Outcome::AlreadyDistributed { interval })
        };
        match execution {
            Ok(Execution::Done(None)) => {
                self.memory
                    .set(attempt.id, AttemptState::Landed, None)
                    .await?;
                Ok(Outcome::Landed {
                    interval,
                    signature,
                })
            }
            Ok(Execution::Done(Some(_)) | Execution::Nowhere) => {
                superseded(
                    "the interval has moved, and no endpoint shows that this transaction did it",
                )
                .await
            }
            // It may be this one that moved the interval: asked again, as long as that is of
            // interest. For whom nobody ever answers, the next window does not wait.
            unknown => {
                let limit = in_flight
                    .last_valid_block_height
                    .saturating_add(NAMELESS_BLOCKS);
                if self.decider.rpc.block_height().await? > limit {
                    return superseded(
                        "the interval has moved, and no endpoint says by which transaction",
                    )
                    .await;
                }
                unknown.map(|_| Outcome::InFlight {
                    interval,
                    signature,
                })
            }
        }
    }

    async fn distribute(
        &self,
        state: &ChainState,
        distribution: &Distribution,
        stop: &CancellationToken,
    ) -> Result<Outcome, Error> {
        let id = self
            .memory
            .planned(&self.decider.vault, SOURCE as u8, distribution, state.now)
            .await?;
        let prepared = match self.decider.prepare(state, distribution).await {
            Ok(prepared) => prepared,
            Err(error) => return self.not_prepared(id, distribution, error).await,
        };
        self.memory
            .signed(id, &prepared.transaction, prepared.last_valid_block_height)
            .await?;
        let attempt = Attempt {
            id,
            state: AttemptState::Signed,
            previous_interval_id: distribution.previous_interval_id,
            interval_id: distribution.interval_id,
            fund_lamports: distribution.fund_lamports,
            distribute_lamports: distribution.distribute_lamports,
            planned_at: state.now,
            in_flight: None,
            note: None,
        };
        let in_flight = InFlight {
            signature: prepared.transaction.signature,
            bytes: prepared.transaction.bytes,
            last_valid_block_height: prepared.last_valid_block_height,
        };
        self.follow(&attempt, &in_flight, true, stop).await
    }

    /// The simulation refused, or could not be made; nothing was signed.
    async fn not_prepared(
        &self,
        id: i64,
        distribution: &Distribution,
        error: Error,
    ) -> Result<Outcome, Error> {
        let lost_race = matches!(
            error,
            Error::Refused(VaultError::IntervalMismatch | VaultError::IntervalNotNewer)
        );
        let state = self.decider.read().await?;
        if lost_race
            && state.vault.source(SOURCE).last_interval_id > distribution.previous_interval_id
        {
            self.memory
                .set(
                    id,
                    AttemptState::Superseded,
                    Some("another keeper was first"),
                )
                .await?;
            return Ok(Outcome::AlreadyDistributed {
                interval: distribution.into(),
            });
        }
        self.memory
            .set(id, AttemptState::Expired, Some(&error.to_string()))
            .await?;
        Err(error)
    }

    /// Sends, watches, and looks at the chain before it remembers the end.
    #[tracing::instrument(name = "attempt", skip_all, fields(attempt = attempt.id, interval_id = attempt.interval_id, signature = %in_flight.signature))]
    async fn follow(
        &self,
        attempt: &Attempt,
        in_flight: &InFlight,
        is_keeper: bool,
        stop: &CancellationToken,
    ) -> Result<Outcome, Error> {
        let signature = &in_flight.signature;
        let interval = Interval::from(attempt);
        tracing::info!("sending, and watching for its end");
        let mark_sent = async || {
            if attempt.state == AttemptState::Signed
                && let Err(error) = self.memory.set(attempt.id, AttemptState::Sent, None).await
            {
                tracing::warn!(%error, "the attempt could not be marked as sent; its bytes are stored");
            }
        };
        let watched = self
            .watch(attempt, in_flight, is_keeper, stop, mark_sent)
            .await;
        let set = async |end: AttemptState, note: Option<&str>| {
            self.memory.set(attempt.id, end, note).await
        };
        match watched {
            Watched::Moved { slot } => {
                let settled = self.settled(attempt, in_flight, slot, stop).await?;
                if matches!(settled, Outcome::InFlight { .. }) {
                    set(AttemptState::Unknown, None).await?;
                }
                Ok(settled)
            }
            Watched::Unfinished => {
                set(AttemptState::Unknown, None).await?;
                Ok(Outcome::InFlight {
                    interval,
                    signature: *signature,
                })
            }
            Watched::Never {
                failed: Some(error),
            } => {
                let error = error_from_runtime(&error, Vec::new());
                set(AttemptState::Refused, Some(&error.to_string())).await?;
                Err(error)
            }
            Watched::Never { failed: None } => {
                set(AttemptState::Expired, Some("it did not land in time")).await?;
                Ok(Outcome::Expired { interval })
            }
        }
    }
}

/// Whether the interval has moved on from where the attempt began.
pub(super) fn moved(state: &ChainState, attempt: &Attempt) -> bool {
    state.vault.source(SOURCE).last_interval_id > attempt.previous_interval_id
}
