//! `[chain]`.

use std::{fmt, path::PathBuf};

use serde::{Deserialize, Deserializer, de::Error as _};
use solana_address::Address;
use solana_commitment_config::CommitmentConfig;

/// Where the chain is, and who the keeper is on it.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChainConfig {
    /// RPC addresses: reads go to the first that answers, transactions to all.
    pub rpc_urls: Vec<String>,
    /// The keeper's keypair, in the Solana CLI's JSON.
    pub keypair_path: PathBuf,
    /// The vault.
    #[serde(default, deserialize_with = "optional_address")]
    pub vault: Option<Address>,
    /// What counts as landed.
    #[serde(default)]
    pub commitment: Commitment,
}

/// With the number of addresses in their place: they may carry a key.
impl fmt::Debug for ChainConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChainConfig")
            .field("rpc_urls", &self.rpc_urls.len())
            .field("keypair_path", &self.keypair_path)
            .field("vault", &self.vault)
            .field("commitment", &self.commitment)
            .finish()
    }
}

/// What counts as landed. `processed` is not offered: it can be taken back.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Commitment {
    /// Voted for by two thirds of the stake.
    #[default]
    Confirmed,
    /// Rooted.
    Finalized,
}

impl Commitment {
    /// As the RPC clients take it.
    pub fn config(self) -> CommitmentConfig {
        match self {
            Self::Confirmed => CommitmentConfig::confirmed(),
            Self::Finalized => CommitmentConfig::finalized(),
        }
    }
}

/// An address in base58, or none. An empty text is none, so that a variable can unset a key.
pub(super) fn optional_address<'de, D: Deserializer<'de>>(
    from: D,
) -> Result<Option<Address>, D::Error> {
    let text = Option::<String>::deserialize(from)?.filter(|text| !text.is_empty());
    text.map(|text| {
        text.parse()
            .map_err(|_| D::Error::custom(format!("not a base58 address: {text:?}")))
    })
    .transpose()
}

/// An address in base58.
pub(super) fn address<'de, D: Deserializer<'de>>(from: D) -> Result<Address, D::Error> {
    optional_address(from)?.ok_or_else(|| D::Error::custom("an address is missing"))
}
