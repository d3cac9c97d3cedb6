//! One look at the store for all listeners, and only while there are some.

use std::sync::{Arc, Mutex as StdMutex, OnceLock, PoisonError};

use tokio::sync::{Mutex, OwnedSemaphorePermit, Semaphore, broadcast};
use tokio_util::sync::CancellationToken;

use super::{message::Message, poll};
use crate::{app::App, http::ApiError};

/// Messages that a listener may be behind. One that is further behind is let go: it comes back with the
/// last id it has, and nothing is kept for it here.
const BEHIND: usize = 256;
/// Listeners of one process at most.
const LISTENERS: usize = 1_000;

/// Where listeners meet what is told.
#[derive(Debug)]
pub struct Hub {
    sender: broadcast::Sender<Arc<Message>>,
    /// Whether the store is looked at.
    running: Mutex<bool>,
    places: Arc<Semaphore>,
    /// The last price that was told since looking began.
    price: StdMutex<Option<Message>>,
    closing: OnceLock<CancellationToken>,
}

/// A listener's end.
pub(super) struct Listener {
    pub(super) messages: broadcast::Receiver<Arc<Message>>,
    pub(super) closing: CancellationToken,
    _place: OwnedSemaphorePermit,
}

impl Default for Hub {
    fn default() -> Self {
        Self {
            sender: broadcast::channel(BEHIND).0,
            running: Mutex::new(false),
            places: Arc::new(Semaphore::new(LISTENERS)),
            price: StdMutex::new(None),
            closing: OnceLock::new(),
        }
    }
}

impl Hub {
    /// Lets every listener go when the server stops: an orderly end waits for all answers.
    pub(crate) fn close_with(&self, shutdown: CancellationToken) {
        // Served twice, the first server's end is what counts.
        let _ = self.closing.set(shutdown);
    }

    fn closing(&self) -> CancellationToken {
        self.closing.get_or_init(CancellationToken::new).clone()
    }

    /// Listens to what is told from now on.
    ///
    /// # Errors
    /// 503 if too many do, or the store fails.
    pub(super) async fn listen(&self, app: &Arc<App>, vault: &str) -> Result<Listener, ApiError> {
        let place = Arc::clone(&self.places)
            .try_acquire_owned()
            .map_err(|_| too_many())?;
        // Held until what is told begins: a listener that reads the past after this misses nothing.
        let mut running = self.running.lock().await;
        if !*running {
            let begin = poll::Begin::now(app, vault).await?;
            self.remember_price(None);
            tokio::spawn(poll::poll(Arc::clone(app), begin, self.closing()));
            *running = true;
        }
        Ok(Listener {
            messages: self.sender.subscribe(),
            closing: self.closing(),
            _place: place,
        })
    }

    /// Tells all listeners.
    pub(super) fn tell(&self, message: Message) {
        // Without listeners nobody needs it.
        let _ = self.sender.send(Arc::new(message));
    }

    /// The last price that was told, for whoever comes later.
    pub(super) fn last_price(&self) -> Option<Message> {
        let price = self.price.lock();
        price.unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn remember_price(&self, message: Option<Message>) {
        *self.price.lock().unwrap_or_else(PoisonError::into_inner) = message;
    }

    /// Whether to stop looking, as nobody listens.
    pub(super) async fn is_done(&self) -> bool {
        #[expect(clippy::cast_precision_loss, reason = "a gauge to look at")]
        let listeners = self.sender.receiver_count() as f64;
        metrics::gauge!("primis_stream_listeners").set(listeners);
        let mut running = self.running.lock().await;
        if self.sender.receiver_count() == 0 {
            *running = false;
        }
        !*running
    }
}

fn too_many() -> ApiError {
    ApiError::new(
        axum::http::StatusCode::SERVICE_UNAVAILABLE,
        "too_many_listeners",
        "too many listen already: ask /api/stats and /api/yield/distributions from time to time instead",
    )
    .retry_after_seconds(30)
}

#[cfg(test)]
mod tests {
    use super::super::following::Following;
    use super::*;
    use crate::store::Store;

    /// What is told goes on at its own pace, and nothing is kept for who does not listen.
    #[tokio::test]
    async fn who_does_not_keep_up_is_let_go() {
        let hub = Hub::default();
        let listener = || Listener {
            messages: hub.sender.subscribe(),
            closing: CancellationToken::new(),
            _place: Arc::clone(&hub.places).try_acquire_owned().unwrap(),
        };
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("primis.sqlite");
        let url = format!("sqlite:{}?mode=rwc", file.display());
        let store = Store::open(&url, 1).await.unwrap();
        let follow = || Following::new(store.clone(), "vault".into(), None, listener());
        let mut keeps_up = follow();
        let slow = follow();
        for n in 0..=BEHIND {
            hub.tell(Message::stats(n.to_string()));
            keeps_up = keeps_up.next().await.unwrap().1;
        }
        assert!(slow.next().await.is_none());
        assert_eq!(hub.sender.receiver_count(), 1);
        assert_eq!(hub.places.available_permits(), LISTENERS - 1);
    }
}
