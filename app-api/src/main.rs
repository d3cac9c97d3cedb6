//! Boots the server: configuration, store, indexer, listeners, and an orderly end.

use std::{process::ExitCode, sync::Arc};

use anyhow::{Context as _, Result};
use clap::Parser as _;
use primis_app_api::{
    App,
    clock::SystemClock,
    config::{self, Args},
    indexer::Indexer,
    platform::runs,
    server::{self, Listeners},
    store::Store,
};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};
use tokio_util::sync::CancellationToken;

/// Memory is taken by one thread and given back by another with nearly every request.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Result<ExitCode> {
    // Before anything else is there: this process is to run a unit, confined.
    if std::env::args_os()
        .nth(1)
        .is_some_and(|argument| argument == runs::SIMULATE)
    {
        return Ok(primis_simulate::child::main());
    }
    serve().map(|()| ExitCode::SUCCESS)
}

#[tokio::main]
async fn serve() -> Result<()> {
    tracing_subscriber::fmt()
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_default_env()
                .unwrap_or_else(|_| "info,sqlx=warn".into()),
        )
        .with_writer(std::io::stderr)
        .init();
    let args = Args::parse();
    let settings = config::load(&args)?;
    let store = Store::open(&settings.database.url, settings.database.max_connections)
        .await
        .with_context(|| "the store cannot be opened: check [database] url")?;
    let clock = Arc::new(SystemClock);
    let app = Arc::new(App::new(&settings, store.clone(), clock.clone())?);

    let public = listen(&settings.listen).await?;
    let internal = match &settings.internal_listen {
        Some(address) => Some(listen(address).await?),
        None => None,
    };
    let indexer = Indexer::new(&settings, store.clone(), clock, app.lag())?
        .map(|indexer| indexer.with_prices(app.price()));
    if args.rebuild {
        // Only now that nothing else can keep this process from reading all of it again.
        let indexer = indexer.as_ref().context("--rebuild needs [chain] vault")?;
        indexer.forget().await.context("nothing was rebuilt")?;
    }
    // One line for a person and for a program that started this one with port 0.
    println!("listening on http://{}", public.local_addr()?);
    if let Some(internal) = &internal {
        println!("internal on http://{}", internal.local_addr()?);
    }

    let stop = CancellationToken::new();
    let indexer = indexer.map(|indexer| tokio::spawn(indexer.run(stop.clone())));
    let mut terminate = signal(SignalKind::terminate())?;
    let on_signal = stop.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
        tracing::info!("stopping: requests under way are finished");
        on_signal.cancel();
    });
    let served = server::run(app, Listeners { public, internal }, stop.clone()).await;
    stop.cancel();
    if let Some(indexer) = indexer {
        indexer.await.context("the indexer stopped with a panic")?;
    }
    store.close().await;
    served.context("serving failed")
}

async fn listen(address: &str) -> Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address}: is it taken?"))
}
