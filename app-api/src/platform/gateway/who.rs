//! Who asks the gateway.

use axum::http::HeaderMap;

use super::{call::Customer, refusal::Refusal};
use crate::app::App;

/// The customer whose key a request carries; counted by the hold, not here.
pub async fn customer(app: &App, headers: &HeaderMap) -> Result<Customer, Refusal> {
    let _ = app;
    let account = headers.get("authorization").and_then(|v| v.to_str().ok()).and_then(|v| v.strip_prefix("Bearer "))
        .ok_or_else(|| Refusal::from(crate::http::ApiError::new(axum::http::StatusCode::UNAUTHORIZED, "unauthorized", "stub")))?;
    Ok(Customer { account: account.to_owned(), key_id: None, limits: vec![crate::platform::ledger::Limit { name: format!("key:{account}"), window_seconds: 60, max: 100 }] })
}

pub async fn reader(app: &App, headers: &HeaderMap) -> Result<String, crate::http::ApiError> {
    Ok(customer(app, headers).await.map_err(|_| crate::http::ApiError::new(axum::http::StatusCode::UNAUTHORIZED, "unauthorized", "stub"))?.account)
}
