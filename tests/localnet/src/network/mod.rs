//! Everything at once: brought up in the order it depends on each other, watched, and taken down
//! so that nothing is left half done.

mod closing;
mod looking;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use solana_signer::Signer as _;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use crate::api::{Api, ApiSetup, Secrets};
use crate::base::Cluster;
use crate::chain::{Chain, VaultAddresses, VaultView};
use crate::daemon::Daemon;
use crate::hermes::Hermes;
use crate::keeper::{Keeper, KeeperSetup};
use crate::lst::{Issuer, Lst, TokenStaker};
use crate::options::Options;
use crate::report::Report;
use crate::roles::{Roles, SOL};
use crate::services::Services;
use crate::staker::Staker;
use crate::story::{CAST, PURSE_LAMPORTS, STORY_TENTHS, Story, TOKEN_CAST, TOKEN_PURSE_UNITS};
use crate::traffic::{DEMO_EMAIL, DEMO_PASSWORD, Traffic};
use crate::voice::Voice;

/// The vault of the local network.
const VAULT_ID: u64 = 1;
/// The liquid staking tokens: name, issuer, and price at the start, lamports for 1,000,000,000 units.
const TOKENS: [(&str, Issuer, u64); 2] = [
    ("mSOL-like", Issuer::Marinade, 1_300_000_000),
    ("jitoSOL-like", Issuer::StakePool, 1_200_000_000),
];
/// Part of the SOL pool's principal that is not delegated, basis points: so that the story's small
/// withdrawals are paid at once, and its large one waits.
const BUFFER_BPS: u64 = 4_000;
/// How often the network is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// Milliseconds of a tenth of a second-long interval.
const TENTH_MILLISECONDS: u64 = 100;

/// A running local network.
pub struct Network {
    chain: Arc<Chain>,
    hermes: Arc<Hermes>,
    roles: Roles,
    services: Services,
    voice: Arc<Voice>,
    api: Api,
    keeper: Daemon,
    cluster: Arc<Cluster>,
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
        let services = Services::start(folder).await?;
        // An account that holds less than its rent cannot be paid a little.
        chain.set_balance(&roles.treasury.pubkey(), SOL).await?;

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
        let cluster = Cluster::listed(&chain, addresses, &roles.authority).await?;
        cluster
            .set_buffer(&chain, &roles.authority, BUFFER_BPS)
            .await?;
        voice.say("starting the API and the keeper");
        let setup = ApiSetup {
            folder,
            chain: &chain,
            vault: addresses.vault,
            hermes: &hermes,
            services: &services,
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
            traffic: Traffic::new(&services),
            stop: watch::Sender::new(false),
            tasks: Vec::new(),
            chain,
            hermes,
            roles,
            services,
            voice,
            api,
            keeper,
            cluster: Arc::new(cluster),
            addresses,
            interval_seconds,
            seen,
        };
        network.introduce(folder);
        network.play(options.seconds);
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
        voice.plain(&format!("  dashboard  {}/", api.client.url));
        voice.plain(&format!(
            "  console    {}/console    log in as {DEMO_EMAIL} with {DEMO_PASSWORD}, or sign up",
            api.client.url
        ));
        voice.plain(&format!("  vault      {}", addresses.vault));
        voice.plain(&format!("  files      {}", folder.display()));
        voice.plain("");
        voice.plain(&format!(
            "  Customers buy credit and plans, call models and run simulations; every {} seconds the keeper turns the platform's",
            self.interval_seconds
        ));
        voice.plain(
            "  fee into SOL and pays it into the vault: half streams to the stakers, half goes to the treasury.",
        );
        voice.plain(
            "  Stripe and the models are local stand-ins, at prices of real ones: no money moves.",
        );
        voice.plain("");
    }

    /// Lets stakers, customers and the validator loose.
    fn play(&mut self, seconds: Option<u64>) {
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
            .run(self.api.client.url.clone(), self.stop.subscribe());
        let cluster = self.cluster.clone().run(
            self.chain.clone(),
            self.tokens.clone(),
            self.voice.clone(),
            story.tenth,
            self.stop.subscribe(),
        );
        self.tasks = vec![
            tokio::spawn(cluster),
            tokio::spawn(story.run(self.stop.subscribe())),
            tokio::spawn(traffic),
        ];
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
