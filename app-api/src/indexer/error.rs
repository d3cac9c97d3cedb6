//! Why a look at the chain failed. Each is tried again.

use solana_rpc_client_api::client_error::Error as ClientError;

use crate::store::StoreError;

/// Why a look at the chain failed.
#[derive(Debug, thiserror::Error)]
pub enum IndexerError {
    /// The RPC endpoint did not do what it was asked.
    #[error("rpc: {0}")]
    Rpc(#[from] Box<ClientError>),
    /// The store did not.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No account, or another one, lies at the vault's address.
    #[error(
        "there is no vault at {0}: check [chain] vault and rpc_url, or create it with primis-keeper init-vault"
    )]
    NoVault(String),
    /// The endpoint answered from before what it listed.
    #[error(
        "the rpc endpoint answered for slot {answered} after slot {listed}: its nodes lag behind each other"
    )]
    Lagging {
        /// The answer's slot.
        answered: u64,
        /// The slot listed before.
        listed: u64,
    },
    /// The endpoint does not go back to the vault's creation.
    #[error(
        "the rpc endpoint does not list the creation of vault {0}, so what it tells would not be all: \
         nothing was dropped; rebuild with the [chain] rpc_url of an endpoint that keeps the whole history"
    )]
    Pruned(String),
    /// An answer has not the form it must have.
    #[error("the rpc endpoint's answer to {0} cannot be read")]
    Malformed(&'static str),
    /// The history does not fit the integers it is kept in.
    #[error("the history adds up to more than it can: an event was not the program's")]
    Overflow,
}

impl From<ClientError> for IndexerError {
    fn from(error: ClientError) -> Self {
        Self::Rpc(Box::new(error))
    }
}
