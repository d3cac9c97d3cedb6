//! One message, as it is posted.

use serde_json::{Value, json};
use solana_address::Address;

use super::Kind;
use crate::config::WebhookFormat;

/// Whether it begins or is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It is wrong now.
    Firing,
    /// It was, and is not any more.
    Recovered,
}

impl State {
    /// The state in a word.
    pub fn code(self) -> &'static str {
        match self {
            Self::Firing => "firing",
            Self::Recovered => "recovered",
        }
    }
}

/// One message.
#[derive(Clone, Debug)]
pub struct Notice {
    /// What it is about.
    pub kind: Kind,
    /// Whether it begins or is over.
    pub state: State,
    /// What is wrong, and what to do.
    pub summary: String,
    /// The vault.
    pub vault: Address,
    /// The keeper's address.
    pub keeper: Address,
    /// This machine's clock, Unix seconds.
    pub at_unix_seconds: u64,
}

impl Notice {
    /// The message for people.
    pub fn text(&self) -> String {
        format!(
            "primis keeper of vault {}: {} {}: {}",
            self.vault,
            self.kind.code(),
            self.state.code(),
            self.summary
        )
    }

    /// What is posted.
    pub fn body(&self, format: WebhookFormat) -> Value {
        let text = self.text();
        match format {
            WebhookFormat::Slack => json!({"text": text}),
            WebhookFormat::Json => json!({
                "event": "alert",
                "alert": self.kind.code(),
                "state": self.state.code(),
                "summary": self.summary,
                "text": text,
                "vault": self.vault.to_string(),
                "keeper": self.keeper.to_string(),
                "at_unix_seconds": self.at_unix_seconds,
            }),
        }
    }
}
