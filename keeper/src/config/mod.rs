//! What an operator sets: one TOML file, `PRIMIS__SECTION__KEY` variables over it. One module a
//! section that needs more than numbers. Unknown keys are refused, so that a typo is not silent.

mod chain;
mod init;
mod price;
mod price_account;
mod revenue;
mod secret;
mod staking;

use std::path::{Path, PathBuf};

use config::{Environment, File, FileFormat};
use serde::Deserialize;

pub use self::{
    chain::{ChainConfig, Commitment},
    init::{InitConfig, PoolConfig, SplitConfig, VaultConfig},
    price::{FixedPriceConfig, HermesSection, PriceConfig, PriceKind},
    price_account::PriceAccountConfig,
    revenue::{LedgerConfig, RevenueConfig, RevenueKind, SimulatorConfig},
    secret::{read_keypair, read_secret},
    staking::StakingConfig,
};
use crate::error::Error;

/// Variables that override the file begin with this, then `__`.
const ENVIRONMENT_PREFIX: &str = "PRIMIS";

/// Everything the keeper is told.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where the chain is, and who the keeper is on it.
    pub chain: ChainConfig,
    /// When to distribute.
    #[serde(default)]
    pub schedule: ScheduleConfig,
    /// Where revenue is measured.
    pub revenue: Option<RevenueConfig>,
    /// What a SOL costs.
    pub price: Option<PriceConfig>,
    /// Where Pyth's prices of liquid staking tokens lie on chain.
    #[serde(default)]
    pub price_accounts: Vec<PriceAccountConfig>,
    /// Base staking.
    #[serde(default)]
    pub staking: StakingConfig,
    /// The keeper's own database.
    #[serde(default)]
    pub memory: MemoryConfig,
    /// Health and metrics.
    #[serde(default)]
    pub ops: OpsConfig,
    /// What may be paid for a transaction, and what stays in the wallet.
    #[serde(default)]
    pub fees: FeesConfig,
    /// The vault `init-vault` creates.
    pub init: Option<InitConfig>,
}

/// When to distribute.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, default)]
pub struct ScheduleConfig {
    /// Length of a window of revenue, seconds.
    pub interval_seconds: u32,
    /// How long after its end a window is asked for, seconds.
    pub settle_grace_seconds: u32,
    /// Smallest distribution, lamports.
    pub min_distribution_lamports: u64,
}

impl Default for ScheduleConfig {
    fn default() -> Self {
        Self {
            interval_seconds: 600,
            settle_grace_seconds: 3,
            min_distribution_lamports: 1,
        }
    }
}

/// The keeper's own database.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MemoryConfig {
    /// The SQLite file; created when missing.
    pub path: PathBuf,
}

impl Default for MemoryConfig {
    fn default() -> Self {
        Self {
            path: PathBuf::from("keeper.sqlite"),
        }
    }
}

/// Health and metrics.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OpsConfig {
    /// Address and port; port 0 takes a free one.
    pub listen: std::net::SocketAddr,
}

impl Default for OpsConfig {
    fn default() -> Self {
        Self {
            listen: std::net::SocketAddr::from(([127, 0, 0, 1], 9464)),
        }
    }
}

/// What may be paid for a transaction, and what stays in the wallet.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FeesConfig {
    /// Percentile of recently paid priority fees, 0 to 100.
    pub compute_unit_price_percentile: u8,
    /// Least priority fee, micro-lamports for each compute unit.
    pub floor_micro_lamports: u64,
    /// Largest priority fee, micro-lamports for each compute unit.
    pub cap_micro_lamports: u64,
    /// Lamports a distribution leaves in the wallet.
    pub wallet_reserve_lamports: u64,
}

impl Default for FeesConfig {
    fn default() -> Self {
        Self {
            compute_unit_price_percentile: 75,
            floor_micro_lamports: 0,
            cap_micro_lamports: 1_000_000,
            wallet_reserve_lamports: 10_000_000,
        }
    }
}

impl Config {
    /// Reads `path`, then the environment, and checks what can be checked without the network.
    ///
    /// # Errors
    /// [`Error::Config`], with the key and what to do.
    pub fn load(path: &Path) -> Result<Self, Error> {
        let file = File::from(path).format(FileFormat::Toml);
        Self::from_sources(file, environment())
    }

    fn from_sources(
        file: impl config::Source + Send + Sync + 'static,
        environment: Environment,
    ) -> Result<Self, Error> {
        let config: Self = config::Config::builder()
            .add_source(file)
            .add_source(environment)
            .build()
            .and_then(config::Config::try_deserialize)
            .map_err(|e| Error::Config(e.to_string()))?;
        config.validate()?;
        Ok(config)
    }

    fn validate(&self) -> Result<(), Error> {
        let refuse = |text: &str| Err(Error::Config(text.into()));
        if self.chain.rpc_urls.is_empty() {
            return refuse("chain.rpc_urls is empty: name at least one RPC address");
        }
        // The address itself is not repeated: it may carry a key.
        for (index, url) in self.chain.rpc_urls.iter().enumerate() {
            if !is_http(url) {
                return refuse(&format!(
                    "chain.rpc_urls: address {} is not one like http://host:8899 or https://host",
                    index.saturating_add(1)
                ));
            }
        }
        for (index, named) in self.price_accounts.iter().enumerate() {
            let again = |other: &PriceAccountConfig| other.mint == named.mint;
            if self.price_accounts.iter().take(index).any(again) {
                return refuse(&format!("price_accounts names mint {} twice", named.mint));
            }
        }
        if self.schedule.interval_seconds == 0 {
            return refuse("schedule.interval_seconds is 0: a window lasts at least a second");
        }
        if self.schedule.min_distribution_lamports == 0 {
            return refuse(
                "schedule.min_distribution_lamports is 0: the program refuses to distribute nothing, set 1 or more",
            );
        }
        if self.fees.compute_unit_price_percentile > 100 {
            return refuse("fees.compute_unit_price_percentile is over 100");
        }
        if self.fees.floor_micro_lamports > self.fees.cap_micro_lamports {
            return refuse("fees.floor_micro_lamports is above fees.cap_micro_lamports");
        }
        self.staking.validate()
    }

    /// The vault the keeper serves: `[chain] vault`, else the one of `[init] vault_id`.
    ///
    /// # Errors
    /// [`Error::Config`] where neither is set.
    pub fn vault(&self) -> Result<solana_address::Address, Error> {
        match (self.chain.vault, &self.init) {
            (Some(vault), _) => Ok(vault),
            (None, Some(init)) => Ok(primis_vault_interface::vault_address(init.vault_id)),
            (None, None) => Err(Error::Config(
                "chain.vault is missing: the address `init-vault` prints".into(),
            )),
        }
    }
}

fn is_http(url: &str) -> bool {
    reqwest::Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
}

fn environment() -> Environment {
    Environment::with_prefix(ENVIRONMENT_PREFIX)
        .separator("__")
        .try_parsing(true)
        .list_separator(",")
        .with_list_parse_key("chain.rpc_urls")
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    const SAMPLE: &str = include_str!("../../keeper.sample.toml");

    fn load(text: &str, variables: &[(&str, &str)]) -> Result<Config, Error> {
        let variables: HashMap<String, String> = variables
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect();
        Config::from_sources(
            File::from_str(text, FileFormat::Toml),
            environment().source(Some(variables)),
        )
    }

    #[test]
    fn the_sample_is_read_whole() {
        let config = load(SAMPLE, &[]).unwrap();
        assert_eq!(config.schedule, ScheduleConfig::default());
        assert_eq!(config.staking, StakingConfig::default());
        assert_eq!(
            config.vault().unwrap(),
            primis_vault_interface::vault_address(1)
        );
        let init = config.init.unwrap();
        assert_eq!(init.config.compute_split.stakers_bps, 5_000);
        assert!(matches!(config.price.unwrap().kind, PriceKind::Hermes));
    }

    #[test]
    fn variables_override_the_file() {
        let vault = primis_vault_interface::vault_address(7).to_string();
        let config = load(
            SAMPLE,
            &[
                ("PRIMIS__CHAIN__VAULT", &vault),
                (
                    "PRIMIS__CHAIN__RPC_URLS",
                    "http://a.example,http://b.example",
                ),
                ("PRIMIS__SCHEDULE__INTERVAL_SECONDS", "10"),
                ("PRIMIS__REVENUE__KIND", "simulator"),
                ("PRIMIS_API__LISTEN", "ignored"),
            ],
        )
        .unwrap();
        assert_eq!(config.vault().unwrap().to_string(), vault);
        assert_eq!(config.chain.rpc_urls.len(), 2);
        assert_eq!(config.schedule.interval_seconds, 10);
        assert_eq!(config.revenue.unwrap().kind, RevenueKind::Simulator);
    }

    #[test]
    fn price_accounts_are_read_and_each_mint_is_named_once() {
        let address = primis_vault_interface::NATIVE_MINT;
        let entry =
            format!("\n[[price_accounts]]\nmint = \"{address}\"\naccount = \"{address}\"\n");
        let once = load(&format!("{SAMPLE}{entry}"), &[]).unwrap();
        assert_eq!(
            once.price_accounts,
            [PriceAccountConfig {
                mint: address,
                account: address,
                quote_account: None
            }]
        );
        let twice = load(&format!("{SAMPLE}{entry}{entry}"), &[]).unwrap_err();
        assert!(twice.to_string().contains("twice"), "{twice}");
        let wrong = load(&format!("{SAMPLE}{entry}quote_account = \"x\"\n"), &[]).unwrap_err();
        assert!(wrong.to_string().contains("base58"), "{wrong}");
    }

    #[test]
    fn mistakes_are_named() {
        for (variable, value, named) in [
            ("PRIMIS__SCHEDULE__INTERVAL_SECOND", "10", "interval_second"),
            (
                "PRIMIS__SCHEDULE__INTERVAL_SECONDS",
                "0",
                "interval_seconds",
            ),
            (
                "PRIMIS__SCHEDULE__INTERVAL_SECONDS",
                "-5",
                "interval_seconds",
            ),
            (
                "PRIMIS__SCHEDULE__MIN_DISTRIBUTION_LAMPORTS",
                "0",
                "min_distribution_lamports",
            ),
            ("PRIMIS__CHAIN__VAULT", "not-an-address", "vault"),
            (
                "PRIMIS__CHAIN__RPC_URLS",
                "http://127.0.0.1:8899,ws://127.0.0.1:8900",
                "rpc_urls: address 2",
            ),
            (
                "PRIMIS__CHAIN__RPC_URLS",
                "localhost",
                "rpc_urls: address 1",
            ),
            ("PRIMIS__CHAIN__COMMITMENT", "processed", "commitment"),
            (
                "PRIMIS__FEES__FLOOR_MICRO_LAMPORTS",
                "2000000",
                "floor_micro_lamports",
            ),
            (
                "PRIMIS__FEES__COMPUTE_UNIT_PRICE_PERCENTILE",
                "101",
                "percentile",
            ),
            ("PRIMIS__STAKING__LOOK_SECONDS", "0", "look_seconds"),
            ("PRIMIS__STAKING__LOOK_SECOND", "1", "look_second"),
            (
                "PRIMIS__STAKING__REFILL_BELOW_PERCENT",
                "101",
                "refill_below_percent",
            ),
            (
                "PRIMIS__STAKING__MAX_STAKE_ACCOUNT_LAMPORTS",
                "1",
                "max_stake_account_lamports",
            ),
        ] {
            let error = load(SAMPLE, &[(variable, value)]).unwrap_err().to_string();
            assert!(error.contains(named), "{variable}={value}: {error}");
        }
    }
}
