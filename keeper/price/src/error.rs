//! Why there is no price.

/// Why a price was not taken. None of them ever yields an older or a guessed price.
#[derive(Debug, thiserror::Error)]
pub enum PriceError {
    /// The configured address, feed id or API key cannot be used; waiting does not help.
    #[error("price configuration: {0}")]
    Config(String),
    /// Hermes did not answer in time, or not at all.
    #[error(
        "hermes did not answer: {0}; it is asked again, check [price.hermes] url if this lasts"
    )]
    Unreachable(String),
    /// Hermes answered with an error status.
    #[error(
        "hermes answered with status {status}: {body}; check the API key for 401 and 403, the feed id for 400 and 404"
    )]
    Status {
        /// The HTTP status.
        status: u16,
        /// The start of the answer's body.
        body: String,
    },
    /// The answer is not what Hermes answers.
    #[error("the answer of hermes cannot be read: {0}")]
    Malformed(String),
    /// Hermes wants to be left alone for a while, and is.
    #[error("hermes wants to be asked again in {retry_after_seconds} s, and will be")]
    Busy {
        /// How long that is, seconds.
        retry_after_seconds: u64,
    },
    /// What Hermes writes out and the signed update that comes with it differ.
    #[error("hermes contradicts itself, its price is not used: {0}")]
    Disagrees(String),
    /// The account is none of Pyth's prices.
    #[error("the price account cannot be used: {0}; check [price.account]")]
    Account(String),
    /// Not enough guardians' signatures were verified when the price was posted.
    #[error("the price account holds a price that is not fully verified: waiting for another")]
    Unverified,
    /// There is no price of the configured feed.
    #[error("there is no price of feed {expected}: check feed_id")]
    WrongFeed {
        /// The configured feed, hexadecimal.
        expected: String,
    },
    /// The price is zero or negative, or so small that it rounds to zero nano-USD.
    #[error("the price of SOL is not positive: it is not used")]
    NotPositive,
    /// The price or its confidence does not fit the integers it is kept in.
    #[error("the price of SOL is out of range: {0}")]
    OutOfRange(String),
    /// The price was published too long ago.
    #[error(
        "the price of SOL is {age_seconds} s old, at most {max_age_seconds} s are allowed: waiting for a newer one"
    )]
    Stale {
        /// Seconds since it was published.
        age_seconds: u64,
        /// The configured bound, seconds.
        max_age_seconds: u64,
    },
    /// The price claims to come from the future.
    #[error(
        "the price of SOL is dated {ahead_seconds} s ahead of the clock it is checked against: it is not used"
    )]
    FutureDated {
        /// Seconds it is ahead.
        ahead_seconds: u64,
    },
    /// The price is too uncertain.
    #[error(
        "the price of SOL is uncertain by {confidence_bps} basis points, at most {max_confidence_bps} are allowed: waiting for a narrower one"
    )]
    TooWide {
        /// Confidence over price, basis points, rounded up.
        confidence_bps: u64,
        /// The configured bound, basis points.
        max_confidence_bps: u64,
    },
}

impl PriceError {
    /// Whether asking again later can help; otherwise the configuration needs a person.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Config(_) | Self::WrongFeed { .. } | Self::Account(_) => false,
            Self::Status { status, .. } => *status == 429 || *status >= 500,
            _ => true,
        }
    }

    /// The cause in a word, for metrics and alerts.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Config(_) => "config",
            Self::Unreachable(_) => "unreachable",
            Self::Status { .. } => "status",
            Self::Malformed(_) => "malformed",
            Self::Busy { .. } => "busy",
            Self::Disagrees(_) => "disagrees",
            Self::Account(_) => "account",
            Self::Unverified => "unverified",
            Self::WrongFeed { .. } => "wrong_feed",
            Self::NotPositive => "not_positive",
            Self::OutOfRange(_) => "out_of_range",
            Self::Stale { .. } => "stale",
            Self::FutureDated { .. } => "future_dated",
            Self::TooWide { .. } => "too_wide",
        }
    }

    pub(crate) fn wrong_feed(expected: &[u8; 32]) -> Self {
        Self::WrongFeed {
            expected: hex::encode(expected),
        }
    }
}
