//! Who asks the gateway.

use axum::http::HeaderMap;

use super::{call::Customer, refusal::Refusal};
use crate::{
    app::App,
    platform::accounts::{Scope, authenticate},
};

/// The customer whose key or session a request carries, if it may do what `scope` names. It is counted by
/// the hold, not here.
pub async fn customer(app: &App, headers: &HeaderMap, scope: Scope) -> Result<Customer, Refusal> {
    let caller = authenticate(app, headers).await?;
    caller.require(scope)?;
    Ok(Customer {
        account: caller.account,
        key_id: caller.key.map(|key| key.to_string()),
        limits: caller.limits,
    })
}
