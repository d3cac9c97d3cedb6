//! Which network this is, told from the hash of its first block.

use std::sync::Arc;

use axum::{Json, extract::State};
use primis_vault_interface::ID;
use serde::Serialize;
use solana_hash::Hash;
use utoipa::ToSchema;

use super::Actions;
use crate::{app::App, config::Cluster, http::ApiError};

/// The first blocks of the public networks, as `solana-cluster-type` has them.
const PUBLIC: [(Cluster, &str); 3] = [
    (
        Cluster::Mainnet,
        "5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d",
    ),
    (
        Cluster::Devnet,
        "EtWTRABZaYq6iMfeYKouRu166VU2xqa1wcaWoxPkrZBG",
    ),
    (
        Cluster::Testnet,
        "4uhcVJyU9pJkvQyS88uRDiswHXSCkY3zQawwpjk2NsNY",
    ),
];
/// Characters of the genesis hash in a CAIP-2 name.
const CAIP2_REFERENCE: usize = 32;

/// The network the vault is on.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NetworkView {
    /// Which cluster.
    network: Cluster,
    /// As the Wallet Standard names it: `solana:mainnet` and so on.
    chain: String,
    /// Hash of its first block, base58.
    genesis_hash: String,
    /// Address of the on-chain program.
    program_id: String,
    /// `null`: none is configured.
    vault: Option<String>,
    /// Whether `POST /api/faucet` gives SOL.
    faucet: bool,
    /// With `{signature}` in it; `null` where no explorer knows the network.
    explorer_transaction_url: Option<String>,
    /// With `{address}` in it.
    explorer_address_url: Option<String>,
}

/// The network: which cluster, which program, which vault
///
/// By the genesis hash of the cluster itself, where the configuration does not name it.
#[utoipa::path(
    get,
    path = "/api/network",
    tag = "network",
    operation_id = "network",
    responses(
        (status = 200, description = "The network", body = NetworkView),
        (status = 503, description = "`rpc_unavailable`: the Solana network cannot be reached; `busy`: too many ask at once"),
    )
)]
pub(crate) async fn network(State(app): State<Arc<App>>) -> Result<Json<NetworkView>, ApiError> {
    let (cluster, genesis) = app.actions.cluster().await?;
    let explorer = |path: &str| {
        let query = match cluster {
            Cluster::Localnet => return None,
            Cluster::Mainnet => "",
            Cluster::Devnet => "?cluster=devnet",
            Cluster::Testnet => "?cluster=testnet",
        };
        Some(format!("https://explorer.solana.com/{path}{query}"))
    };
    Ok(Json(NetworkView {
        network: cluster,
        chain: format!("solana:{}", name(cluster)),
        genesis_hash: genesis.to_string(),
        program_id: ID.to_string(),
        vault: app.vault.clone(),
        faucet: app.actions.faucet_lamports(cluster).is_some(),
        explorer_transaction_url: explorer("tx/{signature}"),
        explorer_address_url: explorer("address/{address}"),
    }))
}

impl Actions {
    /// The cluster, and the hash of its first block.
    pub(super) async fn cluster(&self) -> Result<(Cluster, Hash), ApiError> {
        let genesis = self.rpc.genesis().await?;
        let cluster = self.named_cluster.unwrap_or_else(|| told_from(&genesis));
        Ok((cluster, genesis))
    }

    /// What one call of the faucet gives, lamports. Real SOL is not given away.
    pub(super) fn faucet_lamports(&self, cluster: Cluster) -> Option<u64> {
        self.faucet_lamports.filter(|_| cluster != Cluster::Mainnet)
    }
}

/// The network's CAIP-2 name, as `X-Blockchain-Ids` wants it.
pub(super) fn caip2(genesis: &Hash) -> String {
    let text = genesis.to_string();
    let reference: String = text.chars().take(CAIP2_REFERENCE).collect();
    format!("solana:{reference}")
}

fn told_from(genesis: &Hash) -> Cluster {
    let text = genesis.to_string();
    PUBLIC
        .iter()
        .find_map(|(cluster, hash)| (*hash == text).then_some(*cluster))
        .unwrap_or(Cluster::Localnet)
}

fn name(cluster: Cluster) -> &'static str {
    match cluster {
        Cluster::Localnet => "localnet",
        Cluster::Devnet => "devnet",
        Cluster::Testnet => "testnet",
        Cluster::Mainnet => "mainnet",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_is_told_by_its_first_block() {
        for (cluster, hash) in PUBLIC {
            assert_eq!(told_from(&hash.parse().unwrap()), cluster);
        }
        assert_eq!(told_from(&Hash::new_from_array([7; 32])), Cluster::Localnet);
    }

    #[test]
    fn caip2_names_are_the_registered_ones() {
        let names = PUBLIC.map(|(_, hash)| caip2(&hash.parse().unwrap()));
        assert_eq!(
            names,
            [
                "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp",
                "solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1",
                "solana:4uhcVJyU9pJkvQyS88uRDiswHXSCkY3z",
            ]
        );
    }
}
