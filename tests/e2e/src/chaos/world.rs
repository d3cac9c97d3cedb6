//! Chain, proxies, wallets and keepers of a run.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use primis_localnet::{Daemon, SOL, Staker};
use solana_address::Address;
use solana_instruction::{AccountMeta, Instruction};
use solana_keypair::Keypair;
use solana_signer::Signer as _;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use super::{Options, Platform};
use crate::machine;
use crate::proxy::Proxy;
use crate::stand::{KEEPER, Stand, VAULT_ID};

/// The other keeper with the same key: `rival.toml`.
pub const RIVAL: &str = "rival";
/// The keeper with a key of its own: `other.toml`.
pub const OTHER: &str = "other";
/// What the other keeper's wallet starts with, lamports.
pub const OTHER_START_LAMPORTS: u64 = 1_000 * SOL;
/// Somebody stakes, lamports.
const STAKE_LAMPORTS: u64 = 10 * SOL;
/// How often the clock is read and the keeper looked after.
const LOOK_EVERY: Duration = Duration::from_millis(80);
/// How long a keeper that stopped by itself is left alone, as systemd's `RestartSec` does.
const RESTART_AFTER: Duration = Duration::from_secs(1);

/// Everything of a run.
pub struct World {
    /// Chain, first proxy, roles and files.
    pub stand: Arc<Stand>,
    /// The second proxy.
    pub second: Proxy,
    /// Revenue and prices.
    pub platform: Platform,
    /// The other keeper's key.
    pub other: Keypair,
    /// The keeper; `None` while it is down.
    pub keeper: Option<Daemon>,
    /// Whether a keeper that stopped by itself is started again.
    pub is_wanted: bool,
    /// How often it stopped by itself.
    pub stops: u32,
    /// Lamports that were taken out of the keeper's wallet and not put back yet.
    pub taken_lamports: u64,
    /// Where the first window of the run begins, Unix seconds.
    pub begin: i64,
    /// Length of a window, seconds.
    pub interval_seconds: i64,
    now: Arc<AtomicI64>,
    watching: JoinHandle<()>,
}

impl World {
    /// A chain with a vault, its stakers, the services and the configurations; no keeper yet.
    ///
    /// # Errors
    /// Something does not start.
    pub async fn up(options: &Options) -> Result<Self> {
        let stand = Arc::new(Stand::bare().await?);
        let interval_seconds = i64::from(options.interval_seconds);
        let (chain, roles) = (&stand.chain, &stand.roles);
        let stream = u64::from(options.interval_seconds);
        let addresses = roles.create_vault(chain, VAULT_ID, stream).await?;
        let staker = Staker::funded("Ada", chain, addresses, 2 * STAKE_LAMPORTS).await?;
        staker.deposit(chain, STAKE_LAMPORTS).await?;
        let other = Keypair::new();
        stand.write_key("other.json", &other)?;
        chain
            .set_balance(&other.pubkey(), OTHER_START_LAMPORTS)
            .await?;

        let now = Arc::new(AtomicI64::new(chain.clock().await?.unix_timestamp));
        let watching = tokio::spawn(watch(stand.clone(), now.clone()));
        let world = Self {
            second: Proxy::to(chain.rpc_url()).await?,
            platform: Platform::start(options.seed, now.clone()).await?,
            other,
            keeper: None,
            is_wanted: false,
            stops: 0,
            taken_lamports: 0,
            begin: 0,
            interval_seconds,
            now,
            watching,
            stand,
        };
        world.configure()?;
        Ok(world)
    }

    fn configure(&self) -> Result<()> {
        let stand = &self.stand;
        let secret = stand.path("revenue.secret");
        std::fs::write(&secret, &self.platform.secret)?;
        let interval = format!("\ninterval_seconds = {}\n", self.interval_seconds);
        let urls = format!("[{:?}, {:?}]", stand.proxy.url, self.second.url);
        let url = &self.platform.url;
        let revenue = format!(
            "[revenue]\nkind = \"ledger\"\n[revenue.ledger]\nurl = {url:?}\nsecret_path = {secret:?}\n"
        );
        let price = format!(
            "[price]\nkind = \"hermes\"\n[price.hermes]\nurl = {url:?}\nfeed_id = {:?}\ncheck_binary = false\n",
            primis_localnet::SOL_USD_FEED
        );
        let text = stand.config_text();
        let section = |from: &str, to: &str| -> Result<&str> {
            let (_, rest) = text
                .split_once(from)
                .with_context(|| format!("no {from}"))?;
            let (section, _) = rest.split_once(to).with_context(|| format!("no {to}"))?;
            text.get(text.len() - rest.len() - from.len()..)
                .and_then(|rest| rest.get(..from.len() + section.len()))
                .context("the configuration cannot be cut")
        };
        let old_urls = format!("[{:?}]", stand.proxy.url);
        let changes = [
            ("\ninterval_seconds = 600\n", &*interval),
            ("settle_grace_seconds = 1", "settle_grace_seconds = 0"),
            (&*old_urls, &*urls),
            (section("[revenue]\n", "\n[price]")?, &*revenue),
            (section("[price]\n", "\n[staking]")?, &*price),
        ];
        stand.write_config(KEEPER, &changes)?;
        stand.write_config(RIVAL, &changes)?;
        let other = [&changes[..], &[("keeper.json", "other.json")]].concat();
        stand.write_config(OTHER, &other)?;
        Ok(())
    }

    /// The chain's clock, Unix seconds.
    pub fn now(&self) -> i64 {
        self.now.load(Ordering::Relaxed)
    }

    /// When the window of this number begins, Unix seconds.
    pub fn begin_of(&self, window: u32) -> i64 {
        self.begin + i64::from(window) * self.interval_seconds
    }

    /// The middle of the window of this number, Unix seconds: faults begin and end there, so that
    /// each lasts over the ends of as many windows as it is long.
    pub fn middle_of(&self, window: u32) -> i64 {
        self.begin_of(window) + self.interval_seconds / 2
    }

    /// The first proxy and the second.
    pub fn proxies(&self) -> [&Proxy; 2] {
        [&self.stand.proxy, &self.second]
    }

    /// Every endpoint is sound again.
    pub fn heal(&self) {
        for proxy in self.proxies() {
            proxy.heal();
        }
    }

    /// Starts the keeper, as systemd does: if it stops by itself it is started again.
    ///
    /// # Errors
    /// It is not built.
    pub fn start(&mut self) -> Result<()> {
        self.is_wanted = true;
        self.keeper = Some(machine::start_on_small_disk(&self.stand, KEEPER)?);
        Ok(())
    }

    /// SIGKILL.
    ///
    /// # Errors
    /// It cannot be sent.
    pub async fn kill(&mut self) -> Result<()> {
        self.is_wanted = false;
        if let Some(mut keeper) = self.keeper.take() {
            match keeper.check() {
                Ok(()) => keeper.kill().await?,
                Err(_) => self.stops += 1,
            }
        }
        Ok(())
    }

    /// SIGTERM.
    pub async fn stop(&mut self) {
        self.is_wanted = false;
        if let Some(keeper) = self.keeper.take() {
            self.stop_one(keeper).await;
        }
    }

    /// SIGTERM to this one. One that was started just now may not listen yet and ends by it at
    /// once, which is no worse than SIGKILL: it is counted among those that stopped by themselves.
    pub async fn stop_one(&mut self, keeper: Daemon) {
        if keeper.stop().await.is_err() {
            self.stops += 1;
        }
    }

    /// Waits until the chain's clock shows this second, and looks after the keeper meanwhile.
    ///
    /// # Errors
    /// It cannot be started again.
    pub async fn until(&mut self, second: i64) -> Result<()> {
        while self.now() < second {
            self.look_after().await?;
            sleep(LOOK_EVERY).await;
        }
        Ok(())
    }

    async fn look_after(&mut self) -> Result<()> {
        let has_stopped = self
            .keeper
            .as_mut()
            .is_some_and(|keeper| keeper.check().is_err());
        if self.is_wanted && has_stopped {
            self.stops += 1;
            sleep(RESTART_AFTER).await;
            self.start()?;
        }
        Ok(())
    }

    /// Waits until everything up to this second is distributed.
    ///
    /// # Errors
    /// It is not in time.
    pub async fn distributed(&mut self, until: i64, patience: Duration) -> Result<()> {
        let deadline = Instant::now() + patience;
        while self.stand.distributed_until().await? < until {
            ensure!(
                Instant::now() < deadline,
                "not distributed until {until} in {patience:?}"
            );
            self.look_after().await?;
            sleep(LOOK_EVERY).await;
        }
        Ok(())
    }

    /// Moves lamports between two wallets; the authority pays the fee.
    ///
    /// # Errors
    /// The chain refuses.
    pub async fn transfer(&self, from: &Keypair, to: &Address, lamports: u64) -> Result<()> {
        /// The number of a transfer among the system program's instructions.
        const TRANSFER: u32 = 2;
        let data = [&TRANSFER.to_le_bytes()[..], &lamports.to_le_bytes()].concat();
        let accounts = vec![
            AccountMeta::new(from.pubkey(), true),
            AccountMeta::new(*to, false),
        ];
        let transfer = Instruction {
            program_id: Address::default(),
            accounts,
            data,
        };
        let signers = [&self.stand.roles.authority, from];
        self.stand.chain.send(&[transfer], &signers).await?;
        Ok(())
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.watching.abort();
    }
}

/// Follows the chain's clock.
async fn watch(stand: Arc<Stand>, now: Arc<AtomicI64>) {
    loop {
        if let Ok(clock) = stand.chain.clock().await {
            now.fetch_max(clock.unix_timestamp, Ordering::Relaxed);
        }
        sleep(LOOK_EVERY).await;
    }
}
