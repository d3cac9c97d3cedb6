//! `run`: rounds for ever, as often as the schedule needs.

mod pace;
mod reload;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use metrics::{describe_gauge, gauge};

use serde_json::json;
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use self::{pace::Pace, reload::Reload};
use super::describe;
use crate::{
    chain,
    cli::Output,
    config::Config,
    duties::{self, Duties},
    error::{Error, Exit},
    keeper::{Keeper, Outcome},
    ops::{self, Health, alerts::Watch},
    plan::WaitFor,
};

/// Pause between two looks at endpoints that are not asked otherwise.
const PROBE_EVERY: Duration = Duration::from_secs(30);
/// How long answers in progress may take once the keeper stops.
const STOP_PATIENCE: Duration = Duration::from_secs(2);

/// Rounds until SIGTERM or SIGINT. An attempt in flight is finished, or left to the next start.
/// SIGHUP reads the configuration again. Where the vault names another keeper, this one
/// stands by.
///
/// # Errors
/// Only what prevents the start; whatever stands in the way later is reported and tried again.
pub async fn run(config: &Config, output: Output) -> Result<Exit, Error> {
    let reload = Reload::listen(config)?;
    let metrics_handle = ops::metrics::install();
    chain::describe_metrics();
    describe_gauge!(
        "primis_keeper_role",
        "1 for what this keeper is: active where the vault names it, else standby."
    );
    reload::describe_metrics();
    let mut keeper = Keeper::from_config(config).await?;
    keeper.may_stand_by = true;
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
        .map_err(system(format!(
            "listening on {} (ops.listen; choose another where it is taken)",
            config.ops.listen
        )))?;
    let address = listener
        .local_addr()
        .map_err(system("the listening address".into()))?;
    let router = ops::router(
        Arc::clone(&health),
        keeper.memory.clone(),
        metrics_handle,
        config.fees.wallet_reserve_lamports,
    );
    let watch = Watch::new(config, Arc::clone(&health), &keeper)?.start(stop.clone());
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

    let pace = Pace::new(config.schedule.interval_seconds);
    let beside = Beside::start(&keeper, config, output, &stop);
    rounds(keeper, reload, beside, &health, pace, output, &stop).await;
    if watch.await.is_err() {
        tracing::warn!("the watch for alerts ended early");
    }
    if tokio::time::timeout(STOP_PATIENCE, server).await.is_err() {
        tracing::debug!("a reader of health or metrics held on");
    }
    output.print("stopped", &json!({"event": "stopped"}));
    Ok(Exit::Done)
}

/// The duties of base staking, beside the rounds.
struct Beside {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Beside {
    fn start(keeper: &Keeper, config: &Config, output: Output, stop: &CancellationToken) -> Self {
        let stop = stop.child_token();
        let duties = Duties::new(keeper.decider.clone(), config);
        Self {
            task: tokio::spawn(duties::run(duties, output, stop.clone())),
            stop,
        }
    }

    /// Ends them; one in flight is seen through or left to the chain.
    async fn end(self) {
        self.stop.cancel();
        if let Err(error) = self.task.await {
            tracing::error!(%error, "the duties of base staking broke off");
        }
    }
}

async fn rounds(
    mut keeper: Keeper,
    mut reload: Reload,
    mut beside: Beside,
    health: &Health,
    mut pace: Pace,
    output: Output,
    stop: &CancellationToken,
) {
    let mut said = String::new();
    let mut probed = Instant::now();
    while !stop.is_cancelled() {
        let started = Instant::now();
        let result = keeper.round(stop).await;
        ops::metrics::round(&result, started.elapsed());
        health.round(&result);
        match &result {
            Ok(outcome) => {
                record_role(outcome);
                say(outcome, &mut said, output);
            }
            Err(error) => complain(error, &mut said, output),
        }
        if let Err(Error::MemoryDamaged(cause)) = &result
            && let Err(error) = keeper.memory.renew(cause).await
        {
            complain(&error, &mut said, output);
        }
        if probed.elapsed() >= PROBE_EVERY {
            probed = Instant::now();
            let rpc = keeper.decider.rpc.clone();
            tokio::spawn(async move { rpc.probe().await });
        }
        tokio::select! {
            () = tokio::time::sleep(pace.after(&result, Instant::now())) => {}
            () = stop.cancelled() => {}
            () = reload.asked() => {
                keeper = reload.apply(keeper, output).await;
                // By the new endpoints and fees; what the old ones have in flight the chain will tell.
                let new = Beside::start(&keeper, reload.config(), output, stop);
                tokio::spawn(std::mem::replace(&mut beside, new).end());
            }
        }
    }
    beside.end().await;
}

/// Whether this keeper is the one the vault names.
fn record_role(outcome: &Outcome) {
    let stands_by = matches!(outcome, Outcome::Standby { .. });
    for (role, is_it) in [("active", !stands_by), ("standby", stands_by)] {
        gauge!("primis_keeper_role", "role" => role).set(f64::from(u8::from(is_it)));
    }
}

/// Prints an outcome once; waiting for the same thing is not news.
fn say(outcome: &Outcome, said: &mut String, output: Output) {
    let key = match outcome {
        // A source that stands still is behind by more each second; that is one piece of news.
        Outcome::Waiting {
            reason: reason @ WaitFor::Settling { .. },
            ..
        } => format!("waiting {}", reason.code()),
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
