//! Why the keeper stops, and what follows from it: the exit code, and whether `run` tries again.

use primis_price::PriceError;
use primis_vault_interface::VaultError;

use crate::{plan::Trouble, revenue::RevenueError};

/// How a verb ended, as an exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 0: done, or nothing is due.
    Done,
    /// 1: failed.
    Failed,
    /// 2: a person must act; trying again alone does not help.
    NeedsPerson,
    /// 100: try again later, nothing is wrong here.
    TryLater,
}

impl Exit {
    /// The process's exit code.
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::NeedsPerson => 2,
            Self::TryLater => 100,
        }
    }

    /// The same in a word, for JSON and metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
            Self::NeedsPerson => "needs_a_person",
            Self::TryLater => "try_later",
        }
    }
}

/// Every error of the keeper.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A setting is missing or wrong.
    #[error("configuration: {0}")]
    Config(String),
    /// No RPC answered, or none usefully.
    #[error(
        "no RPC answered {method}: {cause}; it is asked again, check chain.rpc_urls if this lasts"
    )]
    Rpc {
        /// What was asked.
        method: &'static str,
        /// What each endpoint said.
        cause: String,
    },
    /// There is no account at the vault's address.
    #[error(
        "there is no vault at {0}: check chain.vault and chain.rpc_urls, or create it with `primis-keeper init-vault`"
    )]
    NoVault(String),
    /// An account is not what it must be.
    #[error("account {address}: {cause}")]
    WrongAccount {
        /// Its address.
        address: String,
        /// What is wrong.
        cause: String,
    },
    /// The program refused.
    #[error("the vault refused: {0}")]
    Refused(VaultError),
    /// The simulated or executed transaction failed for another reason.
    #[error(
        "the transaction fails: {cause}; `primis-keeper plan` shows all of it, and what its simulation logs{}",
        log_tail(.logs)
    )]
    Transaction {
        /// The runtime's error.
        cause: String,
        /// The program's log.
        logs: Vec<String>,
    },
    /// The runtime executes it only once a person has seen to something.
    #[error("the transaction cannot be executed: {0}")]
    NotExecutable(String),
    /// Revenue could not be measured.
    #[error("revenue: {0}")]
    Revenue(#[from] RevenueError),
    /// There is no price.
    #[error("price: {0}")]
    Price(#[from] PriceError),
    /// The price account of a token is not known.
    #[error("the price of token {mint} cannot be refreshed: {cause}")]
    PriceAccount {
        /// The token's mint.
        mint: String,
        /// What is missing, and what to do.
        cause: String,
    },
    /// The program does not take the price a token's account shows.
    #[error(
        "the price of token {mint} cannot be refreshed from account {source_account}: {refusal}; the distribution waits for it"
    )]
    PriceRefused {
        /// The token's mint.
        mint: String,
        /// The account the price was read from.
        source_account: String,
        /// Why.
        refusal: VaultError,
    },
    /// The keeper's own database failed.
    #[error(
        "memory: {0}; nothing is sent that cannot be remembered: see that the disk has room and the file can be written"
    )]
    Memory(String),
    /// The keeper's own database is no sound SQLite file.
    #[error(
        "the memory is damaged: {0}; `run` and `once` set it aside and go on: the chain knows what was distributed"
    )]
    MemoryDamaged(String),
    /// The plan needs a person.
    #[error("{0}")]
    Trouble(Trouble),
    /// The operating system refused something.
    #[error("{what}: {cause}")]
    System {
        /// What was tried.
        what: String,
        /// Why it failed.
        cause: String,
    },
}

impl Error {
    /// What follows from it.
    pub fn exit(&self) -> Exit {
        match self {
            Self::Config(_)
            | Self::NoVault(_)
            | Self::WrongAccount { .. }
            | Self::NotExecutable(_)
            | Self::PriceAccount { .. }
            | Self::Trouble(_) => Exit::NeedsPerson,
            Self::Rpc { .. } => Exit::TryLater,
            Self::Refused(error) | Self::PriceRefused { refusal: error, .. } => refused(*error),
            Self::Revenue(error) if error.is_transient() => Exit::TryLater,
            Self::Price(error) if error.is_transient() => Exit::TryLater,
            Self::Revenue(_) | Self::Price(_) => Exit::NeedsPerson,
            Self::Transaction { .. }
            | Self::Memory(_)
            | Self::MemoryDamaged(_)
            | Self::System { .. } => Exit::Failed,
        }
    }
}

/// What a refusal of the program means for the keeper.
fn refused(error: VaultError) -> Exit {
    match error {
        // The clock that decides runs on, or another keeper was first: reading again settles it.
        VaultError::IntervalInFuture
        | VaultError::SpacingNotElapsed
        | VaultError::IntervalMismatch
        | VaultError::IntervalNotNewer
        // Whoever posts prices, or cranks the issuer's state, posts the next one; a first deposit
        // can make a price due between reading and landing.
        | VaultError::StalePrice
        | VaultError::PriceTooOld
        | VaultError::PriceTooWide
        | VaultError::PriceInFuture => Exit::TryLater,
        VaultError::PriceMovedTooFar
        | VaultError::PriceUnverified
        | VaultError::NoPrice
        | VaultError::WrongPriceAccount
        | VaultError::WrongPriceFeed
        | VaultError::NotKeeper
        | VaultError::DistributionsPaused
        | VaultError::OverDistributionCap => Exit::NeedsPerson,
        _ => Exit::Failed,
    }
}

/// Lines of a program's log that are shown with an error.
const SHOWN_LOG_LINES: usize = 6;

fn log_tail(logs: &[String]) -> String {
    let skip = logs.len().saturating_sub(SHOWN_LOG_LINES);
    logs.iter()
        .skip(skip)
        .map(|line| format!("\n  {line}"))
        .collect()
}

/// SQLite's primary codes of a damaged file: SQLITE_CORRUPT and SQLITE_NOTADB.
const DAMAGED: [u32; 2] = [11, 26];
/// The part of SQLite's extended codes that is the primary one.
const PRIMARY_CODE: u32 = 0xff;

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        let code = error
            .as_database_error()
            .and_then(|error| error.code()?.parse::<u32>().ok());
        match code {
            Some(code) if DAMAGED.contains(&(code & PRIMARY_CODE)) => {
                Self::MemoryDamaged(error.to_string())
            }
            _ => Self::Memory(error.to_string()),
        }
    }
}
