//! `[alerts]`.

use std::{fmt, path::PathBuf};

use serde::Deserialize;

/// When to call for a person, and where.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AlertsConfig {
    /// A file with the address messages are posted to. Most such addresses are secrets.
    pub webhook_url_path: Option<PathBuf>,
    /// The address itself, where it is no secret.
    pub webhook_url: Option<Hidden>,
    /// What is posted.
    pub format: WebhookFormat,
    /// A file with the secret messages are signed with; missing: they are not signed.
    pub secret_path: Option<PathBuf>,
    /// Intervals without a distribution after which a message is sent, while there is revenue.
    pub stalled_after_intervals: u32,
    /// A wallet below this is worth a message, lamports.
    pub wallet_low_lamports: u64,
    /// How long the price, the revenue or every RPC may fail before a message is sent, seconds.
    pub held_seconds: u32,
    /// How long after it a message about the same trouble is repeated, seconds.
    pub repeat_seconds: u32,
}

impl Default for AlertsConfig {
    fn default() -> Self {
        Self {
            webhook_url_path: None,
            webhook_url: None,
            format: WebhookFormat::Json,
            secret_path: None,
            stalled_after_intervals: 3,
            wallet_low_lamports: 100_000_000,
            held_seconds: 300,
            repeat_seconds: 14_400,
        }
    }
}

/// What is posted to the webhook.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum WebhookFormat {
    /// Every field, and the sentence as `text`.
    Json,
    /// `text` alone, as Slack, Mattermost and others that speak its language take it.
    Slack,
}

/// A text that is read and never shown.
#[derive(Clone, Deserialize, PartialEq, Eq)]
pub struct Hidden(pub String);

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(hidden)")
    }
}
