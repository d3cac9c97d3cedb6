//! The keeper of a local vault: its configuration and its process.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use solana_keypair::{Keypair, write_keypair_file};

use crate::api::private;
use crate::chain::{Chain, VaultAddresses};
use crate::daemon::{self, Daemon};
use crate::hermes::{Hermes, SOL_USD_FEED};
use crate::roles::Roles;

/// The keeper's executable.
const KEEPER: &str = "primis-keeper";
/// Shortest time lock the program takes, seconds.
const TIMELOCK_SECONDS: u64 = 3_600;
/// Intervals a distribution streams for: yield never runs dry while distributions come on time.
const STREAM_INTERVALS: u64 = 3;
/// Bound of one distribution: far above any demonstration, so that catching up takes one step.
const MAX_DISTRIBUTION_LAMPORTS: u64 = 1_000_000_000_000;
/// Seconds the keeper waits after a window's end before it asks for its revenue.
pub const KEEPER_GRACE_SECONDS: u64 = 3;

/// What a keeper is set up with.
pub struct KeeperSetup<'a> {
    /// Where configuration, keys, memory and log lie.
    pub folder: &'a Path,
    /// Its chain.
    pub chain: &'a Chain,
    /// Who runs the vault.
    pub roles: &'a Roles,
    /// Its price service.
    pub hermes: &'a Hermes,
    /// The vault's id.
    pub vault_id: u64,
    /// Length of a window, seconds.
    pub interval_seconds: u64,
}

/// A keeper that is set up; [`Keeper::run`] starts it, as often as wanted.
pub struct Keeper {
    config: PathBuf,
    log: PathBuf,
    /// Its memory, an SQLite file.
    pub memory: PathBuf,
    /// The vault it keeps.
    pub addresses: VaultAddresses,
}

impl KeeperSetup<'_> {
    /// Writes the keys, creates the vault with `init-vault` and configures the keeper to take its
    /// revenue from the platform's ledger at `api_url`, signed with the secret in `secret_path`.
    ///
    /// # Errors
    /// A file cannot be written, or the vault cannot be created.
    pub async fn create(&self, api_url: &str, secret_path: &Path) -> Result<Keeper> {
        let path = |name: &str| self.folder.join(name);
        let keypair_path = write_key(&self.roles.keeper, path("keeper.json"))?;
        let authority_path = write_key(&self.roles.authority, path("authority.json"))?;
        private(&path("keeper-hermes.key"), &self.hermes.key)?;
        let keeper = Keeper {
            config: path("keeper.toml"),
            log: path("keeper.log"),
            memory: path("keeper.sqlite"),
            addresses: VaultAddresses::of_id(self.vault_id),
        };
        let [keeper_address, guardian, treasury] = self.roles.addresses();
        let interval = self.interval_seconds;
        let config = format!(
            r#"[chain]
rpc_urls = [{rpc_url:?}]
keypair_path = {keypair_path:?}
vault = "{vault}"
commitment = "confirmed"

[schedule]
interval_seconds = {interval}
settle_grace_seconds = {KEEPER_GRACE_SECONDS}

[revenue]
kind = "ledger"
[revenue.ledger]
url = {api_url:?}
secret_path = {secret_path:?}

[price]
kind = "hermes"
[price.hermes]
url = {hermes_url:?}
api_key_path = {hermes_key:?}
feed_id = "{SOL_USD_FEED}"
max_age_seconds = 60
max_confidence_bps = 100
# There are no guardians on this machine: nothing is signed.
check_binary = false

[staking]
look_seconds = 1
min_serve_lamports = 1000000
min_delegation_lamports = 500000000
max_stake_account_lamports = 2000000000
harvest_delay_seconds = 0
min_harvest_lamports = 1000
min_distribution_lamports = 1000

[memory]
path = {memory:?}

[ops]
listen = "127.0.0.1:0"

[init]
vault_id = {vault_id}
authority_keypair_path = {authority_path:?}
keeper = "{keeper_address}"
guardian = "{guardian}"
timelock_seconds = {TIMELOCK_SECONDS}
[init.config]
stream_seconds = {stream_seconds}
min_spacing_seconds = {spacing_seconds}
max_distribution_lamports = {MAX_DISTRIBUTION_LAMPORTS}
subsidy_address = "{treasury}"
reserve_address = "{treasury}"
treasury_address = "{treasury}"
"#,
            rpc_url = self.chain.rpc_url(),
            vault = keeper.addresses.vault,
            hermes_url = self.hermes.url,
            hermes_key = path("keeper-hermes.key"),
            memory = keeper.memory,
            vault_id = self.vault_id,
            stream_seconds = interval.saturating_mul(STREAM_INTERVALS),
            spacing_seconds = interval / 2,
        );
        std::fs::write(&keeper.config, config)?;
        daemon::run(
            KEEPER,
            &["--config", text(&keeper.config)?, "--json", "init-vault"],
        )
        .await?;
        Ok(keeper)
    }
}

impl Keeper {
    /// Starts `primis-keeper run` and waits until it is up.
    ///
    /// # Errors
    /// It is not built, or does not come up.
    pub async fn run(&self) -> Result<Daemon> {
        let from = Daemon::log_length(&self.log);
        let mut daemon = self.start()?;
        daemon.listening(from).await?;
        Ok(daemon)
    }

    /// Starts it without waiting for anything.
    ///
    /// # Errors
    /// It is not built.
    pub fn start(&self) -> Result<Daemon> {
        Daemon::start(
            KEEPER,
            &["--config", text(&self.config)?, "run"],
            self.log.clone(),
        )
    }

    /// Runs another verb with `--json`; returns what it printed.
    ///
    /// # Errors
    /// It fails.
    pub async fn verb(&self, verb: &str) -> Result<String> {
        daemon::run(KEEPER, &["--config", text(&self.config)?, "--json", verb]).await
    }
}

/// Writes a key as `solana-keygen` does, readable by its owner only.
fn write_key(key: &Keypair, path: PathBuf) -> Result<PathBuf> {
    let written = write_keypair_file(key, &path);
    written.map_err(|error| anyhow::anyhow!("cannot write {}: {error}", path.display()))?;
    Ok(path)
}

/// A path as text; the configuration and the command line are text.
pub(crate) fn text(path: &Path) -> Result<&str> {
    path.to_str()
        .with_context(|| format!("{} is not text: choose another --state-dir", path.display()))
}
