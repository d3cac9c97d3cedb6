//! The sections of the configuration with their defaults and bounds.

use serde::{Deserialize, Serialize};
use solana_address::Address;
use solana_commitment_config::CommitmentConfig;
use utoipa::ToSchema;

use super::{Accounts, ConfigError, Gateway, Runs, Stripe, Webhooks};

/// Pyth's SOL/USD feed.
const SOL_USD_FEED: &str = "ef0d8b6fda2ceba41da15d4095d1da392a0d2f8ed0c6c7bc0f4cfac8c280b56d";

/// Everything; `app-api.sample.toml` explains each key.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Public address to listen on.
    pub listen: String,
    /// Address of `/internal/*` and `/metrics`, if not the public one.
    pub internal_listen: Option<String>,
    /// The store.
    pub database: Database,
    /// The cluster and the vault on it.
    pub chain: Chain,
    /// How the program is followed.
    pub indexer: Indexer,
    /// Metering and the revenue report.
    pub platform: Platform,
    /// The gateway to model APIs.
    pub gateway: Gateway,
    /// The payment provider, and what is sold through it.
    pub stripe: Stripe,
    /// Who the customers are.
    pub accounts: Accounts,
    /// Jobs paid one by one.
    pub runs: Runs,
    /// How customers are told.
    pub webhooks: Webhooks,
    /// How the server is reached.
    pub http: Http,
    /// The transactions wallets are handed.
    pub actions: Actions,
    /// What projections assume.
    pub model: Model,
    /// The price of SOL.
    pub price: Option<Price>,
    /// What the assets of pools are called.
    pub pools: Vec<PoolName>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:8080".into(),
            internal_listen: None,
            database: Database::default(),
            chain: Chain::default(),
            indexer: Indexer::default(),
            platform: Platform::default(),
            gateway: Gateway::default(),
            stripe: Stripe::default(),
            accounts: Accounts::default(),
            runs: Runs::default(),
            webhooks: Webhooks::default(),
            http: Http::default(),
            actions: Actions::default(),
            model: Model::default(),
            price: None,
            pools: Vec::new(),
        }
    }
}

/// The store.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Database {
    /// `sqlite://…` or `postgres://…`.
    pub url: String,
    /// Connections of the pool. Besides, on PostgreSQL the ledger has two, and on SQLite one writes while these
    /// read.
    pub max_connections: u32,
}

impl Default for Database {
    fn default() -> Self {
        Self {
            url: "sqlite://primis.sqlite?mode=rwc".into(),
            max_connections: 8,
        }
    }
}

/// How final a transaction must be to count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Commitment {
    /// Voted on by two thirds of the stake.
    Confirmed,
    /// Rooted.
    Finalized,
}

impl From<Commitment> for CommitmentConfig {
    fn from(commitment: Commitment) -> Self {
        match commitment {
            Commitment::Confirmed => Self::confirmed(),
            Commitment::Finalized => Self::finalized(),
        }
    }
}

/// The cluster and the vault on it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Chain {
    /// JSON-RPC endpoint.
    pub rpc_url: String,
    /// Websocket endpoint, for hints.
    pub ws_url: Option<String>,
    /// The vault to follow, base58.
    pub vault: Option<String>,
    /// How final a transaction must be to count.
    pub commitment: Commitment,
    /// Which cluster it is; without it, what its genesis hash says.
    pub network: Option<Cluster>,
    /// Lamports one call of the faucet gives; without it there is no faucet.
    pub faucet_lamports: Option<u64>,
}

/// The clusters there are. One that is none of the public three is a local one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Cluster {
    /// On one's own machine.
    Localnet,
    /// The public network for trying things.
    Devnet,
    /// The public network for validators to try things.
    Testnet,
    /// Where SOL is money.
    Mainnet,
}

impl Default for Chain {
    fn default() -> Self {
        Self {
            rpc_url: "http://127.0.0.1:8899".into(),
            ws_url: None,
            vault: None,
            commitment: Commitment::Confirmed,
            network: None,
            faucet_lamports: None,
        }
    }
}

impl Chain {
    /// The vault's address, if one is configured.
    ///
    /// # Errors
    /// If it is not a base58 address.
    pub fn vault_address(&self) -> Result<Option<Address>, ConfigError> {
        self.vault
            .as_deref()
            .map(|text| {
                text.parse().map_err(|_| ConfigError::Invalid {
                    key: "chain.vault",
                    problem: "is not a base58 address of 32 bytes",
                })
            })
            .transpose()
    }
}

/// How the program is followed.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Indexer {
    /// Milliseconds between two looks at the chain without a hint.
    pub poll_milliseconds: u64,
    /// Seconds between two comparisons with the accounts.
    pub refresh_seconds: u64,
    /// Age of the last complete look at which the server is no longer ready, seconds.
    pub max_lag_seconds: u64,
}

impl Default for Indexer {
    fn default() -> Self {
        Self {
            poll_milliseconds: 1_000,
            refresh_seconds: 60,
            max_lag_seconds: 30,
        }
    }
}

/// Metering and the revenue report.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Platform {
    /// Fee on every charge, basis points.
    pub fee_bps: u64,
    /// File with the keys that may post usage.
    pub usage_key_path: Option<String>,
    /// File with the secret of the revenue report.
    pub revenue_secret_path: Option<String>,
    /// TOML file with the prices.
    pub prices_path: Option<String>,
    /// Seconds a usage event may take to be stored.
    pub settle_grace_seconds: u64,
    /// File with the keys of the operators.
    pub admin_key_path: Option<String>,
}

impl Default for Platform {
    fn default() -> Self {
        Self {
            fee_bps: 1_000,
            usage_key_path: None,
            revenue_secret_path: None,
            prices_path: None,
            settle_grace_seconds: 2,
            admin_key_path: None,
        }
    }
}

/// How the server is reached.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Http {
    /// Address the world reaches it at, `https://…`; without it, the one a request names as host.
    pub public_url: Option<String>,
}

/// The transactions wallets are handed.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Actions {
    /// Percentile of the priority fees paid lately for the same accounts.
    pub compute_unit_price_percentile: u8,
    /// Least priority fee, micro-lamports for each compute unit.
    pub floor_micro_lamports: u64,
    /// Largest priority fee, micro-lamports for each compute unit.
    pub cap_micro_lamports: u64,
    /// Requests that may ask the cluster at the same time; those above it are told to try again.
    pub max_concurrent: usize,
}

impl Default for Actions {
    fn default() -> Self {
        Self {
            compute_unit_price_percentile: 75,
            floor_micro_lamports: 1_000,
            cap_micro_lamports: 1_000_000,
            max_concurrent: 64,
        }
    }
}

/// What projections assume.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Model {
    /// Compute sold a year, whole USD.
    pub yearly_compute_volume_usd: u64,
    /// Seconds between two distributions.
    pub interval_seconds: u64,
    /// Base staking before the vault's split, basis points a year.
    pub base_staking_apr_bps: Option<u64>,
}

impl Default for Model {
    fn default() -> Self {
        Self {
            yearly_compute_volume_usd: 10_000_000,
            interval_seconds: 600,
            base_staking_apr_bps: None,
        }
    }
}

/// The price of SOL, from Hermes.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// Base address.
    pub url: String,
    /// File with the API key.
    pub api_key_path: Option<String>,
    /// SOL/USD feed, hex.
    #[serde(default = "default_feed")]
    pub feed_id: String,
    /// Oldest price taken, seconds.
    #[serde(default = "default_max_age")]
    pub max_age_seconds: u64,
    /// Widest price taken, basis points.
    #[serde(default = "default_max_confidence")]
    pub max_confidence_bps: u64,
    /// Whether a price must say the same as the signed update that comes with it.
    #[serde(default = "default_check_binary")]
    pub check_binary: bool,
}

/// What the asset of a pool is called: the chain does not say.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PoolName {
    /// Its mint, base58.
    pub mint: String,
    /// Its symbol, such as `mSOL`.
    pub symbol: String,
}

fn default_feed() -> String {
    SOL_USD_FEED.into()
}

fn default_max_age() -> u64 {
    60
}

fn default_max_confidence() -> u64 {
    100
}

fn default_check_binary() -> bool {
    true
}
