//! Everything at once: brought up in the order it depends on each other, watched, and taken down
//! so that nothing is left half done.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow};
use jiff::Timestamp;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use crate::api::{Api, ApiSetup, Secrets};
use crate::audit::{Audit, answers, windows};
use crate::base::BaseStaking;
use crate::chain::{Chain, VaultAddresses, VaultView};
use crate::daemon::Daemon;
use crate::hermes::Hermes;
use crate::keeper::{Keeper, KeeperSetup};
use crate::lst::{Issuer, Lst, TokenStaker};
use crate::money::{both, sol, usd};
use crate::options::Options;
use crate::report::{Findings, Platform, Report};
use crate::roles::Roles;
use crate::staker::Staker;
use crate::story::{CAST, PURSE_LAMPORTS, STORY_TENTHS, Story, TOKEN_CAST, TOKEN_PURSE_UNITS};
use crate::traffic::Traffic;
use crate::voice::Voice;

/// The vault of the local network.
const VAULT_ID: u64 = 1;
/// The liquid staking tokens: name, issuer, and price at the start, lamports for 1,000,000,000 units.
const TOKENS: [(&str, Issuer, u64); 2] = [
    ("mSOL-like", Issuer::Marinade, 1_300_000_000),
    ("jitoSOL-like", Issuer::StakePool, 1_200_000_000),
];
/// How often the network is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// How long the last distribution may take to land, beyond an interval.
const LAST_DISTRIBUTION: Duration = Duration::from_secs(30);
/// How long the API may take to catch up with the chain.
const CATCH_UP: Duration = Duration::from_secs(30);
/// Milliseconds of a tenth of a second-long interval.
const TENTH_MILLISECONDS: u64 = 100;

/// A running local network.
pub struct Network {
    chain: Arc<Chain>,
    hermes: Arc<Hermes>,
    voice: Arc<Voice>,
    api: Api,
    keeper: Daemon,
    addresses: VaultAddresses,
    stakers: Arc<Vec<Staker>>,
    tokens: Arc<Vec<Lst>>,
    token_stakers: Arc<Vec<TokenStaker>>,
    traffic: Traffic,
    stop: watch::Sender<bool>,
    /// The stakers' story and the traffic; they end when told, or fail.
    tasks: Vec<JoinHandle<Result<()>>>,
    interval_seconds: u64,
    seen: VaultView,
}

impl Network {
    /// Brings everything up; its files go to `folder`.
    ///
    /// # Errors
    /// Something is not built, a port is taken, or a part does not come up.
    pub async fn up(options: &Options, folder: &Path, voice: Arc<Voice>) -> Result<Self> {
        let [rpc_port, ws_port, api_port] = options.ports();
        voice.say("starting a Solana of our own, with the staking vault deployed");
        let chain = Arc::new(Chain::start(rpc_port, ws_port).await?);
        let hermes = Arc::new(Hermes::walking().await?);
        let roles = Roles::funded(&chain).await?;
        let addresses = VaultAddresses::of_id(VAULT_ID);
        let listen = api_port.address().await?;
        let secrets = Secrets::create(folder)?;

        voice.say("creating the vault with `primis-keeper init-vault`");
        let interval_seconds = options.interval;
        let setup = KeeperSetup {
            folder,
            chain: &chain,
            roles: &roles,
            hermes: &hermes,
            vault_id: VAULT_ID,
            interval_seconds,
        };
        let keeper: Keeper = setup
            .create(&format!("http://{listen}"), &secrets.revenue_path)
            .await?;
        voice.say("adding pools for a token like mSOL and one like jitoSOL");
        let mut tokens = Vec::new();
        let mut pools = vec![addresses.pool];
        for (name, issuer, price) in TOKENS {
            let lst = Lst::issue(&chain, &addresses, name, issuer, price).await?;
            lst.add_pool(&chain, &roles.authority, &pools).await?;
            pools.push(lst.pool);
            tokens.push(lst);
        }
        voice.say("putting a validator on the list that the pool's SOL may be delegated to");
        let base = BaseStaking::listed(&chain, addresses, &roles.authority, &roles.keeper).await?;
        voice.say("starting the API and the keeper");
        let setup = ApiSetup {
            folder,
            chain: &chain,
            vault: addresses.vault,
            hermes: &hermes,
            interval_seconds,
        };
        let api = setup.start(listen, &secrets).await?;
        let keeper = keeper.run().await?;

        let mut stakers = Vec::new();
        for name in CAST {
            stakers.push(Staker::funded(name, &chain, addresses, PURSE_LAMPORTS).await?);
        }
        let mut token_stakers = Vec::new();
        for (name, lst) in TOKEN_CAST.into_iter().zip(&tokens) {
            let units = TOKEN_PURSE_UNITS;
            let staker = TokenStaker::funded(name, &chain, lst, PURSE_LAMPORTS, units).await?;
            token_stakers.push(staker);
        }
        let seen = chain.vault(&addresses).await?;
        let mut network = Self {
            stakers: Arc::new(stakers),
            tokens: Arc::new(tokens),
            token_stakers: Arc::new(token_stakers),
            traffic: Traffic::default(),
            stop: watch::Sender::new(false),
            tasks: Vec::new(),
            chain,
            hermes,
            voice,
            api,
            keeper,
            addresses,
            interval_seconds,
            seen,
        };
        network.introduce(folder);
        network.play(base, options.seconds);
        Ok(network)
    }

    /// Watches until `enough` completes.
    ///
    /// # Errors
    /// A part fails.
    pub async fn run(&mut self, enough: impl Future<Output = ()>) -> Result<()> {
        tokio::pin!(enough);
        loop {
            tokio::select! {
                () = &mut enough => return Ok(()),
                () = sleep(LOOK_EVERY) => self.look().await?,
            }
        }
    }

    /// Stops stakers and traffic, lets the last due distribution land, stops the keeper, lets the
    /// API catch up, checks everything, and stops the rest.
    ///
    /// # Errors
    /// A part does not stop, or a check cannot be made. What a check finds is in the report.
    pub async fn down(mut self) -> Result<Report> {
        self.voice
            .say("stopping: stakers and customers first, then whatever is still due");
        self.stop.send_replace(true);
        for task in std::mem::take(&mut self.tasks) {
            task.await??;
        }
        let mut findings = Findings::default();
        if let Err(error) = self.last_distribution().await {
            findings.run.push(format!("{error:#}"));
        }
        self.keeper.stop().await?;
        self.voice
            .say("the keeper has stopped; checking every lamport against the chain");
        let audit = Audit::of(&self.chain, &self.addresses).await?;
        let rows = windows::distributions(&audit.history);
        let client = &self.api.client;
        findings.revenue = windows::check(&rows, client, &self.hermes.served()).await?;
        let tally = self.traffic.tally();
        let begin = rows
            .first()
            .map_or(self.seen.vault.compute.last_interval_id, |row| row.from);
        let revenue = windows::settled(client, begin, Timestamp::now().as_second()).await?;
        if u128::try_from(revenue.gross_nano_usd)? != tally.billed_nano_usd
            || revenue.usage_events != tally.usage_events
        {
            findings.revenue.push(format!(
                "the ledger holds {revenue:?}, the customers were told {tally:?}"
            ));
        }
        let owners = self.stakers.iter().map(Staker::owner);
        let token_owners = self.token_stakers.iter().map(TokenStaker::owner);
        let wallets: Vec<_> = owners.chain(token_owners).collect();
        for staker in self.token_stakers.iter() {
            let held = staker
                .position(&self.chain)
                .await?
                .map_or(0, |held| held.units);
            let units = staker.units(&self.chain).await?.saturating_add(held);
            if units != TOKEN_PURSE_UNITS {
                findings.run.push(format!(
                    "{} began with {TOKEN_PURSE_UNITS} tokens and has {units}, the stake included",
                    staker.name
                ));
            }
        }
        let deadline = Instant::now() + CATCH_UP;
        findings.api = loop {
            let differences = answers::check(client, &audit, &wallets, tally.usage_events).await?;
            if differences.is_empty() || Instant::now() > deadline {
                break differences;
            }
            sleep(LOOK_EVERY).await;
        };
        let nano_usd_per_sol = self.hermes.nano_usd_per_sol();
        let platform = Platform {
            tally,
            fee_nano_usd: revenue.fee_nano_usd,
            nano_usd_per_sol,
        };
        let report = Report::of(
            &audit,
            &findings,
            platform,
            &self.stakers,
            self.interval_seconds,
        );
        self.api.daemon.stop().await?;
        match Arc::try_unwrap(self.chain) {
            Ok(chain) => chain.stop().await?,
            Err(_) => self
                .voice
                .say("the chain is still in use; it ends with this process"),
        }
        Ok(report)
    }

    /// Says where everything is.
    fn introduce(&self, folder: &Path) {
        let Self {
            voice,
            chain,
            api,
            addresses,
            ..
        } = self;
        voice.plain("");
        voice.plain(&format!(
            "  RPC        {}    solana -u {0} ...",
            chain.rpc_url()
        ));
        voice.plain(&format!("  websocket  {}", chain.ws_url()));
        voice.plain(&format!(
            "  API        {}    try {0}/api/yield/stats",
            api.client.url
        ));
        voice.plain(&format!("  vault      {}", addresses.vault));
        voice.plain(&format!("  files      {}", folder.display()));
        voice.plain("");
        voice.plain(&format!(
            "  Customers use compute; every {} seconds the keeper turns the platform's fee into SOL and",
            self.interval_seconds
        ));
        voice.plain(
            "  pays it into the vault: half streams to the stakers, half goes to the treasury.",
        );
        voice.plain("");
    }

    /// Lets stakers, customers and the validator loose.
    fn play(&mut self, base: BaseStaking, seconds: Option<u64>) {
        // A short run still shows the whole story.
        let tenth = Duration::from_millis(self.interval_seconds.saturating_mul(TENTH_MILLISECONDS));
        let fitting =
            seconds.map(|seconds| Duration::from_secs(seconds) / STORY_TENTHS.saturating_add(2));
        let story = Story {
            chain: self.chain.clone(),
            hermes: self.hermes.clone(),
            voice: self.voice.clone(),
            stakers: self.stakers.clone(),
            tokens: self.tokens.clone(),
            token_stakers: self.token_stakers.clone(),
            tenth: fitting.map_or(tenth, |fitting| tenth.min(fitting)),
        };
        let traffic = self
            .traffic
            .clone()
            .run(self.api.client.clone(), self.stop.subscribe());
        let base = base.run(
            self.chain.clone(),
            self.voice.clone(),
            story.tenth,
            self.stop.subscribe(),
        );
        self.tasks = vec![
            tokio::spawn(base),
            tokio::spawn(story.run(self.stop.subscribe())),
            tokio::spawn(traffic),
        ];
    }

    /// Checks that all is well and tells what is new.
    async fn look(&mut self) -> Result<()> {
        self.keeper.check()?;
        self.api.daemon.check()?;
        if let Some(index) = self.tasks.iter().position(JoinHandle::is_finished) {
            self.tasks.swap_remove(index).await??;
            return Err(anyhow!("the stakers' story or the traffic ended by itself"));
        }
        self.watch_vault().await?;
        if self.voice.is_live() {
            self.voice.progress(&self.progress());
        }
        Ok(())
    }

    /// Tells of a new distribution.
    async fn watch_vault(&mut self) -> Result<()> {
        let view = self.chain.vault(&self.addresses).await?;
        let (before, after) = (&self.seen.vault, &view.vault);
        let distributed = after
            .compute
            .distributed_total_lamports
            .saturating_sub(before.compute.distributed_total_lamports);
        if distributed > 0 {
            let price = self.hermes.nano_usd_per_sol();
            let stakers = after
                .compute
                .stakers_total_lamports
                .saturating_sub(before.compute.stakers_total_lamports);
            let treasury = after
                .treasury_lamports
                .saturating_sub(before.treasury_lamports);
            let covered = after
                .compute
                .last_interval_id
                .saturating_sub(before.compute.last_interval_id);
            let tally = self.traffic.tally();
            self.voice.say(&format!(
                "{} jobs have been billed {} so far",
                tally.usage_events,
                usd(tally.billed_nano_usd)
            ));
            self.voice.say(&format!(
                "the keeper distributes {} for {covered} seconds of revenue: {} streams to the stakers over {} seconds, \
                 {} goes to the treasury",
                both(distributed, price),
                sol(stakers),
                after.config.stream_seconds,
                sol(treasury),
            ));
        }
        self.seen = view;
        Ok(())
    }

    /// One line: what is staked, streaming and billed, and when the next distribution is due.
    fn progress(&self) -> String {
        let (vault, pool, now) = (
            &self.seen.vault,
            &self.seen.pool,
            self.seen.clock.unix_timestamp,
        );
        let interval = i64::try_from(self.interval_seconds).unwrap_or(i64::MAX);
        let next = interval.saturating_sub(now.rem_euclid(interval));
        let stream = pool
            .stream()
            .settle(pool.total_units, now)
            .and_then(|stream| stream.remaining_lamports());
        format!(
            "staked {} · streaming {} · paid {} · billed {} · window ends in {next} s",
            sol(pool.total_units),
            sol(stream.unwrap_or_default()),
            sol(vault.claimed_total_lamports),
            usd(self.traffic.tally().billed_nano_usd),
        )
    }

    /// Waits for the distribution of the last window that is complete now.
    async fn last_distribution(&mut self) -> Result<()> {
        let interval = i64::try_from(self.interval_seconds)?;
        let now = Timestamp::now().as_second();
        let boundary = now - now.rem_euclid(interval);
        let deadline =
            Instant::now() + Duration::from_secs(self.interval_seconds) + LAST_DISTRIBUTION;
        loop {
            self.watch_vault().await?;
            if self.seen.vault.compute.last_interval_id >= boundary {
                return Ok(());
            }
            self.keeper.check()?;
            if Instant::now() > deadline {
                let last = self.seen.vault.compute.last_interval_id;
                return Err(anyhow!(
                    "the revenue up to {boundary} is due, the last distribution ends at {last}"
                ));
            }
            sleep(LOOK_EVERY).await;
        }
    }
}

/// Runs a local network as the options say; the report says whether all is well.
///
/// # Errors
/// A part does not come up, fails, or does not stop.
pub async fn run(options: &Options, enough: impl Future<Output = ()>) -> Result<Report> {
    let voice = Arc::new(Voice::new(options.headless));
    // Deleted when it goes out of scope, also after an error.
    let temporary = tempfile::Builder::new()
        .prefix("primis-localnet-")
        .tempdir()?;
    let folder = options.state_dir.as_deref().unwrap_or(temporary.path());
    std::fs::create_dir_all(folder)
        .with_context(|| format!("cannot create {}", folder.display()))?;
    let folder = folder.canonicalize()?;
    let mut network = Network::up(options, &folder, voice.clone()).await?;
    let time_is_up = async {
        match options.seconds {
            Some(seconds) => sleep(Duration::from_secs(seconds)).await,
            None => std::future::pending().await,
        }
    };
    let enough = async {
        tokio::select! {
            () = time_is_up => {}
            () = enough => {}
        }
    };
    network.run(enough).await?;
    let report = network.down().await?;
    if let Some(path) = &options.report {
        let text = serde_json::to_string_pretty(&report)?;
        std::fs::write(path, text + "\n")
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    voice.plain("");
    for line in report.lines() {
        voice.plain(&line);
    }
    Ok(report)
}
