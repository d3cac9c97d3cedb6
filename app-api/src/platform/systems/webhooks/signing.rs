//! What deliveries are signed with: computed of the pepper and the webhook's id and version, never kept.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use standardwebhooks::Webhook;

use crate::{app::App, http::ApiError};

/// How long the version before still signs beside a new one, seconds: receivers change in their own time.
const BOTH_SECONDS: i64 = 86_400;

/// A secret as a receiver takes it. It is told once, and not printed.
pub(super) fn secret(app: &App, webhook: &str, version: i64) -> Result<String, ApiError> {
    let key = app.accounts.webhook_key(webhook, version)?;
    Ok(format!("whsec_{}", STANDARD.encode(key)))
}

/// The signatures of a delivery, as its header has them; `None`: there is no pepper, or nothing can be signed.
pub(super) fn signatures(
    app: &App,
    webhook: &str,
    (version, rotated_at): (i64, Option<i64>),
    (id, timestamp, payload): (&str, i64, &str),
) -> Option<String> {
    let before = version.saturating_sub(1);
    let both = rotated_at.is_some_and(|at| timestamp < at.saturating_add(BOTH_SECONDS));
    let versions = if both {
        vec![version, before]
    } else {
        vec![version]
    };
    let signed = versions.into_iter().map(|version| {
        let key = app.accounts.webhook_key(webhook, version).ok()?;
        let webhook = Webhook::from_bytes(key.to_vec()).ok()?;
        webhook.sign(id, timestamp, payload.as_bytes()).ok()
    });
    Some(signed.collect::<Option<Vec<_>>>()?.join(" "))
}
