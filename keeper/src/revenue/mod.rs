//! Where revenue is measured: one trait, one module a source.

mod ledger;
mod simulator;

use std::fmt;

use futures_util::future::BoxFuture;

pub use self::{ledger::Ledger, simulator::Simulator};
use crate::{
    config::{RevenueConfig, RevenueKind, read_secret},
    error::Error,
    plan::Revenue,
};

/// What is to be measured: a stretch of time, and what a model may need of the vault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// First second, Unix.
    pub from: i64,
    /// The second after the last, Unix.
    pub to: i64,
    /// Value of all that is staked, lamports.
    pub total_value_lamports: u64,
    /// The stakers' part of compute revenue, basis points.
    pub stakers_bps: u16,
}

/// A source of revenue. The same stretch always has the same revenue once it is settled, and
/// stretches that join add up.
pub trait RevenueSource: fmt::Debug + Send + Sync {
    /// Revenue of a stretch that has ended.
    fn measure(&self, stretch: Stretch) -> BoxFuture<'_, Result<Revenue, RevenueError>>;
}

/// Why revenue could not be measured.
#[derive(Debug, thiserror::Error)]
pub enum RevenueError {
    /// The source is set up wrongly.
    #[error("{0}")]
    Config(String),
    /// The platform did not answer in time, or not at all.
    #[error("the platform did not answer: {0}; check [revenue.ledger] url if this lasts")]
    Unreachable(String),
    /// The stretch is not settled yet.
    #[error("the platform has not settled the window yet: trying again")]
    NotSettled {
        /// Seconds after which the platform wants to be asked again.
        retry_after_seconds: Option<u64>,
    },
    /// The platform refused.
    #[error(
        "the platform answered with status {status}: {body}; for 401 and 403 compare the secret with its revenue_secret_path, and both clocks"
    )]
    Status {
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
    #[error("the platform's answer makes no sense: {0}")]
    Malformed(String),
}

impl RevenueError {
    /// Whether asking again later can help; otherwise a person must look.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable(_) | Self::NotSettled { .. } => true,
            Self::Status { status, .. } => *status == 429 || *status >= 500,
            Self::Config(_) | Self::BadSignature | Self::Malformed(_) => false,
        }
    }
}

/// The configured source.
///
/// # Errors
/// [`Error::Config`] where its section is missing or wrong.
pub fn from_config(config: Option<&RevenueConfig>) -> Result<Box<dyn RevenueSource>, Error> {
    let missing =
        |section: &str| Error::Config(format!("[{section}] is missing: see keeper.sample.toml"));
    let config = config.ok_or_else(|| missing("revenue"))?;
    match config.kind {
        RevenueKind::Ledger => {
            let section = config
                .ledger
                .as_ref()
                .ok_or_else(|| missing("revenue.ledger"))?;
            let secret = read_secret(&section.secret_path, "revenue.ledger.secret_path")?;
            Ok(Box::new(
                Ledger::new(&section.url, secret).map_err(|e| Error::Config(e.to_string()))?,
            ))
        }
        RevenueKind::Simulator => {
            let section = config
                .simulator
                .ok_or_else(|| missing("revenue.simulator"))?;
            Ok(Box::new(
                Simulator::new(section).map_err(|e| Error::Config(e.to_string()))?,
            ))
        }
    }
}
