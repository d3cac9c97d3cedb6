//! SIGTERM and SIGINT ask the keeper to stop.

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::error::Error;

/// A token that is cancelled by the first SIGTERM or SIGINT.
///
/// # Errors
/// [`Error::System`] where the signals cannot be listened to.
pub fn stop_signal() -> Result<CancellationToken, Error> {
    let listen = |kind| {
        signal(kind).map_err(|e| Error::System {
            what: "listening to signals".into(),
            cause: e.to_string(),
        })
    };
    let (mut terminate, mut interrupt) = (
        listen(SignalKind::terminate())?,
        listen(SignalKind::interrupt())?,
    );
    let token = CancellationToken::new();
    let cancelled = token.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("asked to stop: finishing what is in flight");
        cancelled.cancel();
    });
    Ok(token)
}
