//! `run`: rounds for ever, as often as the schedule needs.

use std::{sync::Arc, time::Duration};

use serde_json::json;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::describe;
use crate::{
    cli::Output,
    config::Config,
    duties::{self, Duties},
    error::{Error, Exit},
    keeper::{Keeper, Outcome},
    ops::{self, Health, metrics},
    revenue::RevenueError,
};

/// Longest pause between two looks at the chain while nothing is due. Short against every clock
/// that may run faster than ours.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// Longest pause after an error.
const LONGEST_BACKOFF: Duration = Duration::from_secs(30);
/// How long answers in progress may take once the keeper stops.
const STOP_PATIENCE: Duration = Duration::from_secs(2);

/// Rounds until SIGTERM or SIGINT. An attempt in flight is finished, or left to the next start.
///
/// # Errors
/// Only what prevents the start; whatever stands in the way later is reported and tried again.
pub async fn run(config: &Config, output: Output) -> Result<Exit, Error> {
    let metrics_handle = metrics::install();
    let keeper = Keeper::from_config(config).await?;
    let stop = ops::stop_signal()?;
    let health = Arc::new(Health::new(config.schedule.interval_seconds));
    let system = |what: String| {
        move |e: std::io::Error| Error::System {
            what,
            cause: e.to_string(),
        }
    };
    let listener = TcpListener::bind(config.ops.listen)
        .await
        .map_err(system(format!("listening on {}", config.ops.listen)))?;
    let address = listener
        .local_addr()
        .map_err(system("the listening address".into()))?;
    let router = ops::router(Arc::clone(&health), keeper.memory.clone(), metrics_handle);
    let server_stop = stop.clone();
    let server = tokio::spawn(async move {
        let served = axum::serve(listener, router)
            .with_graceful_shutdown(server_stop.cancelled_owned())
            .await;
        served.inspect_err(
            |error| tracing::error!(%error, "health and metrics are not served any more"),
        )
    });
    let line = format!("listening on http://{address}");
    output.print(
        &line,
        &json!({"event": "listening", "message": line, "url": format!("http://{address}")}),
    );
    tracing::info!(vault = %keeper.decider.vault, keeper = %keeper.decider.address(), rpc = ?keeper.decider.rpc, "the keeper runs");

    let duties = Duties::new(keeper.decider.clone(), config);
    let duties = tokio::spawn(duties::run(duties, output, stop.clone()));
    rounds(&keeper, &health, poll_every(config), output, &stop).await;
    if let Err(error) = duties.await {
        tracing::error!(%error, "the duties of base staking broke off");
    }
    if tokio::time::timeout(STOP_PATIENCE, server).await.is_err() {
        tracing::debug!("a reader of health or metrics held on");
    }
    output.print("stopped", &json!({"event": "stopped"}));
    Ok(Exit::Done)
}

async fn rounds(
    keeper: &Keeper,
    health: &Health,
    poll: Duration,
    output: Output,
    stop: &CancellationToken,
) {
    let mut errors_in_a_row = 0;
    let mut said = String::new();
    while !stop.is_cancelled() {
        let started = std::time::Instant::now();
        let result = keeper.round(stop).await;
        metrics::round(&result, started.elapsed());
        health.round(&result);
        let pause = match &result {
            Ok(outcome) => {
                errors_in_a_row = 0;
                say(outcome, &mut said, output);
                pause_after(outcome, poll)
            }
            Err(error) => {
                errors_in_a_row += 1;
                complain(error, &mut said, output);
                backoff(error, errors_in_a_row, poll)
            }
        };
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = stop.cancelled() => {}
        }
    }
}

/// Prints an outcome once; waiting for the same thing is not news.
fn say(outcome: &Outcome, said: &mut String, output: Output) {
    let key = match outcome {
        Outcome::Waiting { until, reason, .. } => format!("waiting {until} {}", reason.code()),
        other => format!("{other:?}"),
    };
    if key != *said {
        output.print(&describe::text(outcome), &describe::json(outcome));
        *said = key;
    }
}

/// Prints an error once, and again when it changes.
fn complain(error: &Error, said: &mut String, output: Output) {
    let exit = error.exit();
    let text = error.to_string();
    tracing::warn!(
        outcome = exit.name(),
        error = text,
        "this round did not succeed, trying again"
    );
    // The cause without numbers: an age that grows by the second is not another error.
    let key: String = text.chars().filter(|c| !c.is_ascii_digit()).collect();
    if key != *said {
        output.print(
            &format!("{}: {text}", exit.name().replace('_', " ")),
            &json!({"event": "error", "error": text, "outcome": exit.name()}),
        );
        *said = key;
    }
}

/// A tenth of an interval, between 100 ms and a second: a distribution lands within a few slots of
/// being due.
fn poll_every(config: &Config) -> Duration {
    let tenth = Duration::from_secs(u64::from(config.schedule.interval_seconds)) / 10;
    tenth.clamp(Duration::from_millis(100), Duration::from_secs(1))
}

/// While nothing is due, half of the time that is left: it shrinks towards the moment, however
/// the cluster's clock runs against ours.
fn pause_after(outcome: &Outcome, poll: Duration) -> Duration {
    match outcome {
        Outcome::Waiting { until, now, .. } => {
            let left = Duration::from_secs(u64::try_from(until.saturating_sub(*now)).unwrap_or(0));
            (left / 2).clamp(poll, LONGEST_PAUSE.max(poll))
        }
        // There may be more to do at once: what the cap left, or the same interval anew.
        _ => poll,
    }
}

/// Doubles from the poll interval; what only a person can change is not hammered at.
fn backoff(error: &Error, errors_in_a_row: u32, poll: Duration) -> Duration {
    if let Error::Revenue(RevenueError::NotSettled {
        retry_after_seconds,
    }) = error
    {
        return retry_after_seconds
            .map_or(poll, Duration::from_secs)
            .clamp(poll, LONGEST_PAUSE.max(poll));
    }
    let doublings = errors_in_a_row.saturating_sub(1).min(6);
    poll.saturating_mul(1_u32 << doublings).min(LONGEST_BACKOFF)
}
