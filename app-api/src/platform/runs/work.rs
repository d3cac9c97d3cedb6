//! The worker of a process: takes paid runs, runs them, and finishes what another process left.

use std::{sync::Arc, time::Duration};

use primis_simulate::{
    Code, Failure, Fault, Finished,
    archive::{self, Bounds},
    description::Description,
};
use tokio::{sync::Semaphore, task::JoinSet};
use tokio_util::sync::CancellationToken;

use super::{answer::Outcome, files::Form, order::Simulation, prepaid, x402};
use crate::{
    app::App,
    platform::ledger::LedgerError,
    store::{RunRow, StoreError},
};

/// Between two looks for work that nobody told of.
const GLANCE: Duration = Duration::from_millis(500);
/// Between two looks for what is over.
const SWEEP: Duration = Duration::from_secs(30);
/// Beyond the time of a run, how long its lease is: to unpack, and to keep the result. Seconds.
const LEASE_SECONDS: u64 = 60;
/// How often a run is begun whose process died, before it counts as failed here.
const ATTEMPTS: i64 = 3;

/// Why work is not done now; it is looked at again.
#[derive(Debug, thiserror::Error)]
pub(super) enum WorkError {
    /// The ledger or the database failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

/// Does what there is to do until `shutdown` is cancelled; what is under way then is given back.
pub(crate) async fn follow(app: Arc<App>, shutdown: CancellationToken) {
    if app.runs.files.is_none() || app.runs.tokens.is_none() {
        return;
    }
    let places = Arc::new(Semaphore::new(app.runs.options.max_concurrent));
    let mut running = JoinSet::new();
    let mut sweep = tokio::time::interval(SWEEP);
    loop {
        if let Err(error) = turn(&app, &places, &mut running, &shutdown).await {
            tracing::warn!(%error, "runs wait");
        }
        tokio::select! {
            () = shutdown.cancelled() => break,
            () = app.runs.queued.notified() => {}
            // A place is free, and what ended is to be accounted.
            Some(_) = running.join_next() => {}
            _ = sweep.tick() => {
                if let Err(error) = forget(&app).await {
                    tracing::warn!(%error, "what is over stays a little longer");
                }
            }
            () = tokio::time::sleep(GLANCE) => {}
        }
    }
    while running.join_next().await.is_some() {}
}

async fn turn(
    app: &Arc<App>,
    places: &Arc<Semaphore>,
    running: &mut JoinSet<()>,
    shutdown: &CancellationToken,
) -> Result<(), WorkError> {
    x402::settle_unknown(app, running).await?;
    x402::book(app).await?;
    for run in app.store.unaccounted_runs().await? {
        // One that cannot be accounted keeps no other from it.
        if let Err(error) = prepaid::account(app, &run).await {
            tracing::error!(%error, run = run.id, "a run is not accounted yet");
        }
    }
    while let Ok(place) = Arc::clone(places).try_acquire_owned() {
        let now = app.clock.now_unix();
        let seconds = app.runs.options.wall_seconds.saturating_add(LEASE_SECONDS);
        let lease = now.saturating_add(i64::try_from(seconds).unwrap_or(i64::MAX));
        let Some(run) = app.store.claim_run(now, lease).await? else {
            break;
        };
        let (app, shutdown) = (Arc::clone(app), shutdown.clone());
        running.spawn(async move {
            work(&app, run, &shutdown).await;
            drop(place);
        });
    }
    Ok(())
}

/// Runs a run that was taken, and writes down what came of it.
async fn work(app: &Arc<App>, run: RunRow, shutdown: &CancellationToken) {
    let ended = tokio::select! {
        ended = attempt(app, &run) => ended,
        () = shutdown.cancelled() => {
            if let Err(error) = app.store.release_run(&run).await {
                tracing::warn!(%error, run = run.id, "a run waits until its lease is over");
            }
            return;
        }
    };
    let (state, outcome) = match ended {
        Ok(outcome) => ("done", outcome),
        Err(failure) => {
            if failure.fault() == Fault::Operator {
                tracing::error!(%failure, run = run.id, "a paid run failed on this side");
            }
            ("failed", Outcome::Failed(failure))
        }
    };
    metrics::counter!("primis_runs_total", "state" => state).increment(1);
    let now = app.clock.now_unix();
    let stored = match serde_json::to_string(&outcome) {
        Ok(text) => app.store.end_run(&run.id, state, &text, now).await,
        Err(_) => Err(StoreError::Corrupt("run")),
    };
    if let Err(error) = stored {
        // It is run again once its lease is over.
        tracing::error!(%error, run = run.id, "what came of a run cannot be written down");
    }
    app.runs.ended.notify_waiters();
}

async fn attempt(app: &Arc<App>, run: &RunRow) -> Result<Outcome, Failure> {
    if run.attempts > ATTEMPTS {
        return Err(ours("the server ended each time this was run"));
    }
    let files = app
        .runs
        .files
        .clone()
        .ok_or_else(|| ours("there is no directory"))?;
    let simulation: Simulation =
        serde_json::from_str(&run.job).map_err(|_| ours("the job cannot be read"))?;
    let place = tempfile::tempdir().map_err(ours)?;
    let (unit, scratch) = (place.path().join("unit"), place.path().join("run"));
    let job = simulation.job(unit.clone(), app.runs.limits());
    std::fs::create_dir(&scratch).map_err(ours)?;
    let archive = files.archive(&run.sha256);
    let description = tokio::task::spawn_blocking(move || {
        let archive = std::fs::File::open(archive).map_err(ours)?;
        archive::unpack(archive, &unit, Bounds::default())?;
        Description::read(&unit)
    });
    let description = description.await.map_err(ours)??;
    let Finished { table, confinement } =
        app.runs.simulator.run(&job, &description, &scratch).await?;
    let rows = u64::try_from(table.rows.len()).unwrap_or(u64::MAX);
    let id = run.id.clone();
    let kept = tokio::task::spawn_blocking(move || {
        let (csv, json) = (
            table.to_csv().map_err(ours)?,
            serde_json::to_vec(&table).map_err(ours)?,
        );
        files.keep_result(&id, Form::Csv, &csv).map_err(ours)?;
        files.keep_result(&id, Form::Json, &json).map_err(ours)
    });
    kept.await.map_err(ours)??;
    Ok(Outcome::Done { rows, confinement })
}

/// A failure of this side.
fn ours(error: impl std::fmt::Display) -> Failure {
    Failure::new(Code::CannotStart, error.to_string())
}

/// Removes what nobody can ask for any more.
async fn forget(app: &App) -> Result<(), WorkError> {
    prepaid::reconcile(app).await?;
    let now = app.clock.now_unix();
    let Some(files) = &app.runs.files else {
        return Ok(());
    };
    app.store.forget_run_orders(now).await?;
    for (run,) in app.store.expired_runs(now).await? {
        files.forget_result(&run);
        app.store.forget_run(&run).await?;
    }
    for sha256 in app.store.forget_fmus(now).await? {
        files.forget_archive(&sha256);
    }
    Ok(())
}
