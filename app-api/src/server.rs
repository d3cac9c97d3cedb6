//! Serving until told to stop.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{Router, serve::ListenerExt as _};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::{
    app::App,
    http,
    platform::{gateway, runs, subsidy, systems},
};

/// Longest wait for requests under way at the end, longer than any answer takes: who reads nothing of a
/// stream or a table must not keep the server.
const LAST_ANSWERS: Duration = Duration::from_secs(35);

/// Where the server listens.
#[derive(Debug)]
pub struct Listeners {
    /// For the world.
    pub public: TcpListener,
    /// For the keeper and the operators; `None`: on the public one.
    pub internal: Option<TcpListener>,
}

impl From<TcpListener> for Listeners {
    fn from(public: TcpListener) -> Self {
        Self {
            public,
            internal: None,
        }
    }
}

/// Serves until `shutdown` is cancelled; requests under way are finished.
///
/// # Errors
/// If a listener fails.
pub async fn run(
    app: Arc<App>,
    listeners: impl Into<Listeners>,
    shutdown: CancellationToken,
) -> std::io::Result<()> {
    let Listeners { public, internal } = listeners.into();
    app.stream.close_with(shutdown.clone());
    let until_served = shutdown.child_token();
    let follower = tokio::spawn(follow(Arc::clone(&app), until_served.clone()));
    let served = serve_all(app, public, internal, shutdown).await;
    until_served.cancel();
    // It ends by itself, or with a panic that was logged.
    let _ = follower.await;
    served
}

/// Keeps what answers are made of up to date, and measurements from piling up.
async fn follow(app: Arc<App>, shutdown: CancellationToken) {
    let snapshots = async {
        if let Some(vault) = &app.vault {
            app.snapshots
                .follow(&app.store, vault, shutdown.clone())
                .await;
        }
    };
    let accounts = app
        .accounts
        .keep_up(&app.store, app.clock.as_ref(), shutdown.clone());
    tokio::join!(
        snapshots,
        accounts,
        subsidy::follow(Arc::clone(&app), shutdown.clone()),
        app.billing.keep_up(shutdown.clone()),
        gateway::keep_up(&app, shutdown.clone()),
        runs::follow(Arc::clone(&app), shutdown.clone()),
        systems::keep_up(Arc::clone(&app), shutdown.clone()),
        app.metrics.keep_up(shutdown.clone()),
    );
}

async fn serve_all(
    app: Arc<App>,
    public: TcpListener,
    internal: Option<TcpListener>,
    shutdown: CancellationToken,
) -> std::io::Result<()> {
    match internal {
        None => serve(public, http::combined(app), shutdown).await,
        Some(internal) => {
            let world = serve(public, http::public(Arc::clone(&app)), shutdown.clone());
            let operators = serve(internal, http::internal(app), shutdown);
            tokio::try_join!(world, operators).map(|_| ())
        }
    }
}

async fn serve(
    listener: TcpListener,
    router: Router,
    shutdown: CancellationToken,
) -> std::io::Result<()> {
    // A piece of a stream does not wait for the last one to have arrived.
    let listener = listener.tap_io(|connection| {
        if let Err(error) = connection.set_nodelay(true) {
            tracing::debug!(%error, "a connection gathers what is sent");
        }
    });
    // Attempts to log in are counted by where they come from.
    let router = router.into_make_service_with_connect_info::<SocketAddr>();
    let served =
        axum::serve(listener, router).with_graceful_shutdown(shutdown.clone().cancelled_owned());
    tokio::select! {
        result = served => result,
        () = async { shutdown.cancelled().await; tokio::time::sleep(LAST_ANSWERS).await } => {
            tracing::warn!("some answers were not taken in time: their connections are cut");
            Ok(())
        }
    }
}
