//! When duties are looked for: again and again beside the distribution, or once.

use std::time::Duration;

use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::{
    duty::Duty,
    metrics,
    patience::Patience,
    perform::{Duties, Performed},
};
use crate::{
    cli::Output,
    error::{Error, Exit},
};

/// Pause before the first look: what is due of revenue goes first.
const FIRST_LOOK_AFTER: Duration = Duration::from_secs(2);
/// Pause after something was done: there may be more.
const AFTER_DUTY: Duration = Duration::from_millis(500);
/// Longest pause after looks that failed.
const LONGEST_BACKOFF: Duration = Duration::from_secs(300);
/// Most duties of one `once`.
const MOST_AT_ONCE: usize = 256;

/// What came of one look.
enum Step {
    /// Nothing is due, or nothing of it may be tried now.
    Nothing,
    /// A duty was done.
    Done,
    /// Somebody else did it.
    DoneByAnother,
    /// Its end is not certain.
    InFlight,
    /// It failed.
    Failed(Error),
}

/// Looks for duties and does them until `stop`. Whatever fails is reported and tried again.
pub async fn run(duties: Duties, output: Output, stop: CancellationToken) {
    metrics::describe();
    if !duties.config().enabled {
        return;
    }
    let look_every = Duration::from_secs(u64::from(duties.config().look_seconds));
    let mut patience = Patience::default();
    let mut failed_looks: u32 = 0;
    let mut pause = FIRST_LOOK_AFTER.min(look_every);
    loop {
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = stop.cancelled() => return,
        }
        pause = match step(&duties, &mut patience, output, &stop).await {
            Ok(Step::Nothing) => {
                failed_looks = 0;
                look_every
            }
            Ok(_) => {
                failed_looks = 0;
                AFTER_DUTY
            }
            Err(error) => {
                metrics::look_failed();
                tracing::warn!(%error, outcome = error.exit().name(), "duties of base staking could not be looked for, trying again");
                let doublings = failed_looks.min(10);
                failed_looks = failed_looks.saturating_add(1);
                look_every
                    .saturating_mul(1_u32 << doublings)
                    .min(LONGEST_BACKOFF.max(look_every))
            }
        };
    }
}

/// What came of one call of [`once`].
#[derive(Clone, Copy, Debug)]
pub struct Done {
    /// Duties done, by this keeper or by somebody who was faster.
    pub done: usize,
    /// Duties that failed.
    pub failed: usize,
    /// What follows from it.
    pub exit: Exit,
}

/// Does everything that is due.
///
/// # Errors
/// The chain cannot be read. Duties that fail are printed and make the exit that of the last.
pub async fn once(
    duties: &Duties,
    output: Output,
    stop: &CancellationToken,
) -> Result<Done, Error> {
    let mut all = Done {
        done: 0,
        failed: 0,
        exit: Exit::Done,
    };
    if !duties.config().enabled {
        return Ok(all);
    }
    let mut patience = Patience::default();
    while all.done.saturating_add(all.failed) < MOST_AT_ONCE {
        if stop.is_cancelled() {
            all.exit = Exit::TryLater;
            break;
        }
        match step(duties, &mut patience, output, stop).await? {
            Step::Nothing => break,
            Step::Done | Step::DoneByAnother => all.done = all.done.saturating_add(1),
            Step::InFlight => {
                all.exit = Exit::TryLater;
                break;
            }
            Step::Failed(error) => {
                all.failed = all.failed.saturating_add(1);
                all.exit = error.exit();
            }
        }
    }
    Ok(all)
}

/// One look, and the first duty that may be tried.
async fn step(
    duties: &Duties,
    patience: &mut Patience,
    output: Output,
    stop: &CancellationToken,
) -> Result<Step, Error> {
    let look = duties.look().await?;
    metrics::look(&look.facts, &look.due);
    patience.forget(&look.due);
    let Some(duty) = patience.first(&look.due).copied() else {
        return Ok(Step::Nothing);
    };
    let step = match duties.perform(&duty, &look, stop).await {
        Ok(Performed::Done(signature)) => {
            patience.done(&duty);
            metrics::done(&duty, look.facts.now);
            output.print(
                &format!("{duty}: done, transaction {signature}"),
                &told(
                    &duty,
                    "duty_done",
                    json!({"signature": signature.to_string()}),
                ),
            );
            Step::Done
        }
        Ok(Performed::InFlight(signature)) => {
            tracing::warn!(%duty, %signature, "its transaction is still in flight; the chain will tell");
            patience.done(&duty);
            Step::InFlight
        }
        Err(error) => refused(duties, patience, duty, error, output).await,
    };
    Ok(step)
}

/// Asks the chain why a duty failed: what is not due any more somebody else has done.
async fn refused(
    duties: &Duties,
    patience: &mut Patience,
    duty: Duty,
    error: Error,
    output: Output,
) -> Step {
    let now_due = duties.look().await.map(|look| look.due);
    let still_due = now_due.map_or(true, |due| due.iter().any(|one| one.key() == duty.key()));
    if !still_due {
        tracing::info!(%duty, %error, "somebody else was first");
        patience.done(&duty);
        return Step::DoneByAnother;
    }
    let pause = patience.failed(&duty);
    metrics::failed(&duty);
    tracing::warn!(%duty, %error, again_in_seconds = pause.as_secs(), "a duty of base staking failed, trying again");
    output.print(
        &format!("{duty}: {error}"),
        &told(
            &duty,
            "duty_failed",
            json!({"error": error.to_string(), "outcome": error.exit().name()}),
        ),
    );
    Step::Failed(error)
}

/// A duty's event for programs.
fn told(duty: &Duty, event: &str, more: Value) -> Value {
    let mut value = duty.json();
    if let (Some(object), Value::Object(more)) = (value.as_object_mut(), more) {
        object.insert("event".into(), event.into());
        object.extend(more);
    }
    value
}
