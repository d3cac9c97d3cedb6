//! All endpoints must be of one cluster: a balance on devnet is not one on mainnet.

use futures_util::future::join_all;
use solana_hash::Hash;

use super::{Rpc, endpoint::Endpoint};
use crate::error::Error;

impl Rpc {
    /// Refuses endpoints of different clusters. One that does not answer is looked at again when
    /// it is asked for the first time. One endpoint alone agrees with itself, and is not asked.
    ///
    /// # Errors
    /// [`Error::Config`], with each endpoint's cluster.
    pub async fn check_cluster(&self) -> Result<(), Error> {
        if !self.has_several() {
            return Ok(());
        }
        join_all(self.endpoints.iter().map(|endpoint| genesis(endpoint))).await;
        let expected = self.expected_genesis();
        let is_foreign =
            |endpoint: &Endpoint| endpoint.genesis.get().is_some_and(|g| Some(*g) != expected);
        if !self.endpoints.iter().any(|endpoint| is_foreign(endpoint)) {
            return Ok(());
        }
        let listed: Vec<String> = self
            .endpoints
            .iter()
            .map(|endpoint| match endpoint.genesis.get() {
                Some(genesis) => format!("{} has genesis {genesis}", endpoint.label),
                None => format!("{} does not answer", endpoint.label),
            })
            .collect();
        let expected = expected.map(|genesis| genesis.to_string());
        Err(Error::Config(format!(
            "chain.rpc_urls are of different clusters: {}, where {} is expected; name endpoints of one cluster only",
            listed.join(", "),
            expected.unwrap_or_default()
        )))
    }

    /// Whether the endpoint is known to be of our cluster, or alone. One that has not said yet is
    /// asked now.
    pub(super) async fn is_ours(&self, endpoint: &Endpoint) -> bool {
        if !self.has_several() {
            return true;
        }
        let Some(own) = genesis(endpoint).await else {
            return false;
        };
        let ours = *self.genesis.get_or_init(|| own) == own;
        if !ours {
            tracing::error!(
                endpoint = endpoint.label,
                "this endpoint is of another cluster and is not used: remove it from chain.rpc_urls"
            );
        }
        ours
    }

    /// The cluster known so far; the first endpoint that has said decides.
    fn expected_genesis(&self) -> Option<Hash> {
        let first = self
            .endpoints
            .iter()
            .find_map(|endpoint| endpoint.genesis.get());
        match (self.genesis.get(), first) {
            (None, Some(first)) => Some(*self.genesis.get_or_init(|| *first)),
            (known, _) => known.copied(),
        }
    }

    fn has_several(&self) -> bool {
        self.endpoints.len() > 1 || self.genesis.get().is_some()
    }
}

/// The endpoint's cluster; `None`: it does not answer.
async fn genesis(endpoint: &Endpoint) -> Option<Hash> {
    if let Some(known) = endpoint.genesis.get() {
        return Some(*known);
    }
    let asked = endpoint.timed(endpoint.client.get_genesis_hash()).await;
    let genesis = asked.ok()?;
    Some(*endpoint.genesis.get_or_init(|| genesis))
}
