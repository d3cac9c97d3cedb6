//! Why revenue could not be measured, and what to do.

use std::fmt;

/// Who was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// The platform's ledger.
    Platform,
    /// Stripe.
    Stripe,
    /// A file.
    File,
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Platform => "the platform",
            Self::Stripe => "Stripe",
            Self::File => "the revenue file",
        })
    }
}

impl Asked {
    /// What to look at where it cannot be reached.
    fn where_it_is_set(self) -> &'static str {
        match self {
            Self::Platform => "[revenue.ledger] url",
            Self::Stripe => "[revenue.stripe] url",
            Self::File => "[revenue.file] path",
        }
    }

    /// What to look at where it refuses.
    fn what_opens_it(self) -> &'static str {
        match self {
            Self::Platform => {
                "for 401 and 403 compare the secret with its revenue_secret_path, and both clocks"
            }
            Self::Stripe => {
                "for 401 and 403 check the key in [revenue.stripe] api_key_path: it must be allowed to read balance transactions"
            }
            Self::File => "check who may read it",
        }
    }
}

/// Why revenue could not be measured. Nothing is counted then, and nothing is lost: the stretch
/// stays open.
#[derive(Debug, thiserror::Error)]
pub enum RevenueError {
    /// The source is set up wrongly.
    #[error("{0}")]
    Config(String),
    /// The source did not answer in time, or not at all.
    #[error("{asked} did not answer: {cause}; check {} if this lasts", asked.where_it_is_set())]
    Unreachable {
        /// Who was asked.
        asked: Asked,
        /// What happened.
        cause: String,
    },
    /// The stretch is not settled yet.
    #[error("revenue of the window is not settled yet: trying again")]
    NotSettled {
        /// Seconds by which the source is behind the stretch's end: what ends that much earlier
        /// is settled now, and after as many seconds this stretch should be.
        retry_after_seconds: Option<u64>,
    },
    /// The source wants to be left alone for a while, and is.
    #[error("{asked} wants to be asked again in {retry_after_seconds} s, and will be")]
    Busy {
        /// Who was asked.
        asked: Asked,
        /// How long that is, seconds.
        retry_after_seconds: u64,
    },
    /// The source refused.
    #[error("{asked} answered with status {status}: {body}; {}", asked.what_opens_it())]
    Status {
        /// Who was asked.
        asked: Asked,
        /// The HTTP status.
        status: u16,
        /// The start of the answer's body.
        body: String,
    },
    /// The answer is not signed with the secret: it may not come from the platform.
    #[error(
        "the platform's answer is not signed with our secret: it is not used; compare secret_path with its revenue_secret_path"
    )]
    BadSignature,
    /// The answer makes no sense.
    #[error("what {asked} says makes no sense, nothing of it is counted: {cause}")]
    Malformed {
        /// Who was asked.
        asked: Asked,
        /// What is wrong, and what to do where something can be done.
        cause: String,
    },
}

impl RevenueError {
    /// Whether asking again later can help; otherwise a person must look.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::NotSettled { .. } | Self::Busy { .. } => true,
            Self::Status { status, .. } => matches!(status, 408 | 409 | 429 | 500..),
            Self::Config(_) | Self::BadSignature | Self::Malformed { .. } => false,
        }
    }

    /// The cause in a word, for metrics and alerts.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Config(_) => "config",
            Self::Unreachable { .. } => "unreachable",
            Self::NotSettled { .. } => "not_settled",
            Self::Busy { .. } => "busy",
            Self::Status { .. } => "status",
            Self::BadSignature => "bad_signature",
            Self::Malformed { .. } => "malformed",
        }
    }
}
