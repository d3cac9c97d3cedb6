//! How customers are told.

use serde::Deserialize;

use super::ConfigError;

/// Outbound webhooks.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Webhooks {
    /// Whether they may be on this machine, without TLS too.
    pub allow_loopback: bool,
    /// Milliseconds between two looks for what is to be told.
    pub poll_milliseconds: u64,
}

impl Default for Webhooks {
    fn default() -> Self {
        Self {
            allow_loopback: false,
            poll_milliseconds: 1_000,
        }
    }
}

impl Webhooks {
    /// Refuses a pause that is none.
    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        if self.poll_milliseconds >= 20 {
            return Ok(());
        }
        Err(ConfigError::Invalid {
            key: "webhooks.poll_milliseconds",
            problem: "must be at least 20",
        })
    }
}
