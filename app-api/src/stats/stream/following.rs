//! One listener: first what it missed, then what is told live.

use std::{collections::VecDeque, sync::Arc};

use axum::response::sse::Event as Frame;
use tokio::sync::broadcast::error::RecvError;

use super::{hub::Listener, message::Message};
use crate::store::{Place, Store, StoreError};

/// Past events read at once.
const PAGE: u32 = 200;
/// Of them the last so many are remembered, as they may be told live too: more than a listener can be
/// behind.
const REMEMBERED: usize = 512;

/// What a listener is still to be told.
pub(super) struct Following {
    store: Store,
    vault: String,
    /// What it missed begins after this place; `None`: it missed nothing more.
    missed: Option<Place>,
    page: VecDeque<Message>,
    /// Places of what it was told of the past.
    told: VecDeque<Place>,
    listener: Listener,
}

impl Following {
    pub(super) fn new(
        store: Store,
        vault: String,
        missed: Option<Place>,
        listener: Listener,
    ) -> Self {
        Self {
            store,
            vault,
            missed,
            page: VecDeque::new(),
            told: VecDeque::new(),
            listener,
        }
    }

    /// The next message; `None` lets the listener go.
    pub(super) async fn next(mut self) -> Option<(Frame, Self)> {
        let message = self.message().await?;
        Some((message.frame(), self))
    }

    async fn message(&mut self) -> Option<Arc<Message>> {
        loop {
            if let Some(message) = self.page.pop_front() {
                if self.told.len() == REMEMBERED {
                    self.told.pop_front();
                }
                self.told.extend(message.place);
                return Some(Arc::new(message));
            }
            if let Some(after) = self.missed {
                if let Err(error) = self.read(after).await {
                    tracing::warn!(%error, "a listener was let go: what it missed cannot be read");
                    return None;
                }
                continue;
            }
            match self.listener.messages.recv().await {
                Ok(message) => {
                    let again = |place| self.told.contains(&place);
                    if !message.place.is_some_and(again) {
                        return Some(message);
                    }
                }
                Err(RecvError::Lagged(_)) => {
                    metrics::counter!("primis_stream_dropped_total").increment(1);
                    return None;
                }
                Err(RecvError::Closed) => return None,
            }
        }
    }

    /// Reads the next page of what was missed.
    async fn read(&mut self, after: Place) -> Result<(), StoreError> {
        let rows = self
            .store
            .told_events_after(&self.vault, after, PAGE)
            .await?;
        self.missed = rows.last().map(|row| row.place);
        for row in rows {
            self.page.extend(Message::of(row)?);
        }
        Ok(())
    }
}
