//! How often somebody may try to get in: so many times a minute for each account, whoever tries, and
//! from each address, whatever is tried. Exact across replicas.

use axum::http::StatusCode;

use super::{client::Client, secret::Kind};
use crate::{
    app::App,
    http::ApiError,
    platform::ledger::{LedgerError, Limit},
};

/// The window, seconds.
const WINDOW_SECONDS: u32 = 60;

/// Counts an attempt from an address and, if it names one, at an account, that there may be or not.
///
/// # Errors
/// 429 `too_many_attempts` with `Retry-After`.
pub(super) async fn count(
    app: &App,
    Client(address): Client,
    email: Option<&str>,
) -> Result<(), ApiError> {
    let options = &app.accounts.options;
    let limit = |name: String, max| Limit {
        name,
        window_seconds: WINDOW_SECONDS,
        max,
    };
    let mut limits = vec![limit(
        format!("attempts:{address}"),
        options.attempts_per_address,
    )];
    if let Some(email) = email {
        // Hashed: who reads the database sees no address that was tried.
        let hash = app.accounts.pepper()?.hex(Kind::Email, email);
        let name = format!("attempts:{hash}");
        limits.push(limit(name, options.attempts_per_account));
    }
    let taken = app.platform.ledger.take(limits).await;
    match taken {
        Ok(_) => Ok(()),
        Err(LedgerError::Limited {
            retry_after_seconds,
            ..
        }) => Err(ApiError::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too_many_attempts",
            &format!("too many attempts: try again in {retry_after_seconds} s"),
        )
        .retry_after_seconds(retry_after_seconds)),
        Err(error) => Err(ApiError::internal(&error)),
    }
}
