//! A chain with a vault, a keeper to be, and the proxy between them.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use primis_localnet::{Chain, Daemon, Port, Roles, SOL, Staker, VaultAddresses};
use serde_json::Value;
use solana_keypair::{Keypair, write_keypair_file};
use solana_signer::Signer as _;
use tempfile::TempDir;
use tokio::time::{Instant, sleep};

use crate::proxy::Proxy;
use crate::verb::Verb;

/// The name of the keeper whose files are `keeper.toml`, `keeper.log` and `keeper.sqlite`.
pub const KEEPER: &str = "keeper";
/// The id of the vault.
pub const VAULT_ID: u64 = 1;
/// Long against any test: after one window has ended the next does not end before the test does,
/// so that "distributed once" is one distribution and no more.
pub const INTERVAL_SECONDS: i64 = 600;
/// What the stand travels past a window's end; more than the keeper's grace of a second.
const PAST_SECONDS: i64 = 5;
/// Somebody stakes, so that what is distributed streams to somebody.
const STAKE_LAMPORTS: u64 = 10 * SOL;
/// How long anything that must happen may take.
const PATIENCE: Duration = Duration::from_secs(120);

/// Everything but a running keeper.
pub struct Stand {
    /// The chain itself, past the proxy.
    pub chain: Chain,
    /// What the keeper takes for the RPC.
    pub proxy: Proxy,
    /// Authority, keeper and the others.
    pub roles: Roles,
    /// The vault's.
    pub addresses: VaultAddresses,
    /// The window that has ended: from the vault's creation to the next multiple of the interval.
    pub window: (i64, i64),
    /// Everything of this test; deleted with it.
    pub folder: TempDir,
}

impl Stand {
    /// A chain with funded roles, and no vault.
    pub async fn bare() -> Result<Self> {
        let chain = Chain::start(Port::Any, Port::Any).await?;
        let stand = Self {
            proxy: Proxy::to(chain.rpc_url()).await?,
            roles: Roles::funded(&chain).await?,
            addresses: VaultAddresses::of_id(VAULT_ID),
            window: (0, 0),
            folder: tempfile::tempdir()?,
            chain,
        };
        stand.write_key("keeper.json", &stand.roles.keeper)?;
        stand.write_key("authority.json", &stand.roles.authority)?;
        std::fs::write(stand.config(), stand.config_text())?;
        Ok(stand)
    }

    /// A chain with a vault that somebody stakes in, and one window of revenue to distribute.
    pub async fn due() -> Result<Self> {
        let mut stand = Self::empty().await?;
        stand.staker().await?;
        stand.pass_windows(1).await?;
        Ok(stand)
    }

    /// A chain with a vault that nobody stakes in.
    pub async fn empty() -> Result<Self> {
        let mut stand = Self::bare().await?;
        let interval = u64::try_from(INTERVAL_SECONDS)?;
        stand
            .roles
            .create_vault(&stand.chain, VAULT_ID, interval)
            .await?;
        let from = stand.distributed_until().await?;
        stand.window = (from, from);
        Ok(stand)
    }

    /// Somebody who stakes.
    pub async fn staker(&self) -> Result<Staker> {
        let (chain, addresses) = (&self.chain, self.addresses);
        let staker = Staker::funded("Ada", chain, addresses, 2 * STAKE_LAMPORTS).await?;
        staker.deposit(chain, STAKE_LAMPORTS).await?;
        Ok(staker)
    }

    /// Travels past the ends of so many more windows, which join the one to distribute.
    pub async fn pass_windows(&mut self, windows: i64) -> Result<()> {
        let (from, to) = self.window;
        let to = (to / INTERVAL_SECONDS + windows) * INTERVAL_SECONDS;
        let past = to + PAST_SECONDS;
        self.chain.travel_to(u64::try_from(past)?).await?;
        // Keepers go by the clock of the block they read.
        until("the window's end", async || {
            Ok(self.chain.clock().await?.unix_timestamp >= past)
        })
        .await?;
        self.window = (from, to);
        Ok(())
    }

    /// Once the window is distributed: travels past the end of the next, which is then the one to
    /// distribute.
    pub async fn next_window(&mut self) -> Result<()> {
        self.window.0 = self.window.1;
        self.pass_windows(1).await
    }

    /// Writes a key as `solana-keygen` does.
    pub fn write_key(&self, name: &str, key: &Keypair) -> Result<PathBuf> {
        let path = self.path(name);
        write_keypair_file(key, &path).map_err(|error| anyhow::anyhow!("{name}: {error}"))?;
        Ok(path)
    }

    /// Runs a verb of this configuration.
    pub async fn verb(&self, verb: &str) -> Result<Verb> {
        Verb::run(&self.config(), verb).await
    }

    /// Starts `run`.
    pub fn start(&self) -> Result<Daemon> {
        self.start_as(KEEPER)
    }

    /// Starts `run` of the configuration `<name>.toml`, with its log in `<name>.log`.
    pub fn start_as(&self, name: &str) -> Result<Daemon> {
        let config = self.path(&format!("{name}.toml"));
        let config = config.to_str().context("the path is not text")?;
        Daemon::start(
            "primis-keeper",
            &["--config", config, "--json", "run"],
            self.log_of(name),
        )
    }

    /// Starts `run`, waits until it has found nothing left to do, and stops it.
    pub async fn run_until_idle(&self) -> Result<()> {
        let from = self.printed().len();
        let mut keeper = self.start()?;
        until("a keeper with nothing to do", async || {
            let printed = self.printed();
            let last = printed.get(from..).and_then(<[Value]>::last);
            Ok(last.is_some_and(|line| line["event"] == "waiting"))
        })
        .await
        .with_context(|| {
            format!(
                "its log:\n{}",
                std::fs::read_to_string(self.log()).unwrap_or_default()
            )
        })?;
        keeper.check()?;
        keeper.stop().await
    }

    /// Objects that `run` has printed so far, by all its processes; its log is in between.
    pub fn printed(&self) -> Vec<Value> {
        self.printed_by(KEEPER)
    }

    /// The same of the keeper of this name.
    pub fn printed_by(&self, name: &str) -> Vec<Value> {
        let log = std::fs::read_to_string(self.log_of(name)).unwrap_or_default();
        log.lines()
            .filter_map(|line| serde_json::from_str(line).ok())
            .collect()
    }

    /// Waits until the keeper of this name has printed `count` events of this kind; returns the
    /// last.
    pub async fn prints(&self, name: &str, event: &str, count: usize) -> Result<Value> {
        let events = || {
            let mut printed = self.printed_by(name);
            printed.retain(|line| line["event"] == event);
            printed
        };
        let waited = until(event, async || Ok(events().len() >= count)).await;
        waited.with_context(|| format!("{name} printed {:?}", self.printed_by(name)))?;
        events().pop().context("printed and gone")
    }

    /// What the keeper of this name writes.
    pub fn log_of(&self, name: &str) -> PathBuf {
        self.path(&format!("{name}.log"))
    }

    fn log(&self) -> PathBuf {
        self.log_of(KEEPER)
    }

    /// Where the vault's last distribution of compute revenue ended, by the chain itself.
    pub async fn distributed_until(&self) -> Result<i64> {
        let view = self.chain.vault(&self.addresses).await?;
        Ok(view.vault.compute.last_interval_id)
    }

    /// Waits until the chain says that the window is distributed.
    pub async fn landed(&self) -> Result<()> {
        until("the window's distribution", async || {
            Ok(self.distributed_until().await? == self.window.1)
        })
        .await
    }

    /// Waits for a new block, and with it a new blockhash.
    pub async fn next_block(&self) -> Result<()> {
        let before = self.chain.rpc.get_latest_blockhash().await?;
        until("a block", async || {
            Ok(self.chain.rpc.get_latest_blockhash().await? != before)
        })
        .await
    }

    /// The keeper's wallet, lamports.
    pub async fn wallet_lamports(&self) -> Result<u64> {
        let wallet = self.roles.keeper.pubkey();
        Ok(self.chain.rpc.get_balance(&wallet).await?)
    }
}

/// Waits until `done`; `what` says what for.
pub async fn until<F: Future<Output = Result<bool>>>(
    what: &str,
    done: impl Fn() -> F,
) -> Result<()> {
    let deadline = Instant::now() + PATIENCE;
    while !done().await? {
        ensure!(Instant::now() < deadline, "waited in vain: {what}");
        sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}
