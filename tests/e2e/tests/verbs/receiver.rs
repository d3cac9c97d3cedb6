//! A receiver of alerts.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use axum::{Json, Router, extract::State, http::StatusCode, routing::post};
use primis_localnet::Port;
use serde_json::Value;

/// What came so far.
#[derive(Clone, Default)]
pub struct Receiver {
    came: Arc<Mutex<Vec<Value>>>,
}

impl Receiver {
    /// Listens on a free port; returns it with its address. The first message is refused, as by a
    /// receiver that just restarts.
    pub async fn start() -> Result<(Self, String)> {
        let receiver = Self::default();
        let listener = Port::Any.listen().await?;
        let url = format!(
            "http://{}/alerts/t0ken-of-the-webhook",
            listener.local_addr()?
        );
        let first = Arc::new(Mutex::new(true));
        let app = Router::new()
            .route("/alerts/t0ken-of-the-webhook", post(take))
            .with_state((receiver.clone(), first));
        tokio::spawn(async move { axum::serve(listener, app).await });
        Ok((receiver, url))
    }

    /// The messages that were taken.
    pub fn came(&self) -> Vec<Value> {
        self.came
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Whether a message of this kind and state came.
    pub fn has(&self, alert: &str, state: &str) -> bool {
        let came = self.came();
        came.iter()
            .any(|message| message["alert"] == alert && message["state"] == state)
    }
}

async fn take(
    State((receiver, first)): State<(Receiver, Arc<Mutex<bool>>)>,
    Json(message): Json<Value>,
) -> StatusCode {
    let mut first = first.lock().unwrap_or_else(PoisonError::into_inner);
    if std::mem::replace(&mut *first, false) {
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    let mut came = receiver.came.lock().unwrap_or_else(PoisonError::into_inner);
    came.push(message);
    StatusCode::OK
}
