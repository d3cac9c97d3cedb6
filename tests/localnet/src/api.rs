//! The API of a local vault: its configuration, its process, and a client.

use std::fs::File;
use std::io::Write as _;
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use hmac::{Hmac, Mac as _};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use sha2::Sha256;
use solana_address::Address;
use tokio::time::{Instant, sleep};

use crate::chain::Chain;
use crate::daemon::Daemon;
use crate::hermes::{Hermes, SOL_USD_FEED};
use crate::keeper::text;
use crate::roles::SOL;
use crate::services::Services;

/// The API's executable.
const API: &str = "primis-app-api";
/// How long it may take to read the vault for the first time, and how often it is asked.
const READY_WITHIN: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// Seconds that storing what was earned may take.
const SETTLE_GRACE_SECONDS: u64 = 2;
/// The platform's fee, basis points.
pub const FEE_BPS: u64 = 1_000;
/// What one call of the faucet gives: enough for every amount the actions offer.
const FAUCET_LAMPORTS: u64 = 20 * SOL;
/// What metered systems outside are charged: the sample's prices.
const PRICES: &str = include_str!("../../../app-api/prices.sample.toml");

/// What an API is set up with.
pub struct ApiSetup<'a> {
    /// Where configuration, database and log lie.
    pub folder: &'a Path,
    /// Its chain.
    pub chain: &'a Chain,
    /// The vault it follows.
    pub vault: Address,
    /// Its price service.
    pub hermes: &'a Hermes,
    /// Stripe and the model API.
    pub services: &'a Services,
    /// Length of an interval in its projections, seconds.
    pub interval_seconds: u64,
}

/// A running API.
pub struct Api {
    /// Its process.
    pub daemon: Daemon,
    /// What it is asked through.
    pub client: ApiClient,
    /// Its database, an SQLite file.
    pub database: PathBuf,
}

/// Asks an API.
#[derive(Clone)]
pub struct ApiClient {
    /// Its base address.
    pub url: String,
    secret: String,
    http: reqwest::Client,
}

/// The secrets of a local platform, and the file the keeper shares one of them by.
pub struct Secrets {
    revenue: String,
    /// File of the revenue secret.
    pub revenue_path: PathBuf,
    folder: PathBuf,
}

impl Secrets {
    /// New secrets, in files of `folder`.
    ///
    /// # Errors
    /// They cannot be written.
    pub fn create(folder: &Path) -> Result<Self> {
        let random = || hex::encode(rand::random::<[u8; 32]>());
        let secrets = Self {
            revenue: random(),
            revenue_path: folder.join("revenue.secret"),
            folder: folder.to_owned(),
        };
        private(&secrets.revenue_path, &secrets.revenue)?;
        private(&secrets.path("usage.key"), &random())?;
        private(&secrets.path("admin.key"), &format!("admin:{}", random()))?;
        private(&secrets.path("token.secret"), &random())?;
        private(&secrets.path("key.pepper"), &random())?;
        Ok(secrets)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

/// Writes a secret to a new file that only its owner reads.
pub(crate) fn private(path: &Path, secret: &str) -> Result<()> {
    let file = File::options()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path);
    let mut file = file.with_context(|| format!("cannot write {}", path.display()))?;
    file.write_all(secret.as_bytes())?;
    Ok(())
}

/// What the platform earned in a window, nano-USD.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Revenue {
    /// Calls and events settled in it.
    pub usage_events: u64,
    /// Charged.
    pub gross_nano_usd: i64,
    /// Of it, paid back or never paid.
    pub refunds_nano_usd: i64,
    /// Of it, paid by the subsidy.
    pub subsidy_nano_usd: i64,
    /// What providers take for it.
    pub provider_cost_nano_usd: i64,
    /// The platform's fee: what the keeper funds.
    pub fee_nano_usd: i64,
}

impl ApiSetup<'_> {
    /// Writes the configuration and starts the API at `listen`.
    ///
    /// # Errors
    /// A file cannot be written, or the API is not built or does not come up.
    pub async fn start(&self, listen: SocketAddr, secrets: &Secrets) -> Result<Api> {
        let path = |name: &str| self.folder.join(name);
        std::fs::write(path("prices.toml"), PRICES)?;
        private(&path("api-hermes.key"), &self.hermes.key)?;
        let database = path("api.sqlite");
        let config = format!(
            r#"listen = "{listen}"

[database]
url = {database:?}

[chain]
rpc_url = {rpc_url:?}
ws_url = {ws_url:?}
vault = "{vault}"
commitment = "confirmed"
network = "localnet"
faucet_lamports = {FAUCET_LAMPORTS}

[platform]
fee_bps = {FEE_BPS}
usage_key_path = {usage_path:?}
admin_key_path = {admin_path:?}
revenue_secret_path = {revenue_path:?}
prices_path = {prices:?}
settle_grace_seconds = {SETTLE_GRACE_SECONDS}

[accounts]
token_secret_path = {token_path:?}
key_pepper_path = {pepper_path:?}
{services}
[model]
interval_seconds = {interval}

[price]
url = {hermes_url:?}
api_key_path = {hermes_key:?}
feed_id = "{SOL_USD_FEED}"
check_binary = false
"#,
            database = format!("sqlite://{}?mode=rwc", text(&database)?),
            rpc_url = self.chain.rpc_url(),
            ws_url = self.chain.ws_url(),
            vault = self.vault,
            usage_path = secrets.path("usage.key"),
            admin_path = secrets.path("admin.key"),
            revenue_path = secrets.revenue_path,
            token_path = secrets.path("token.secret"),
            pepper_path = secrets.path("key.pepper"),
            services = self.services.config(&format!("http://{listen}")),
            prices = path("prices.toml"),
            interval = self.interval_seconds,
            hermes_url = self.hermes.url,
            hermes_key = path("api-hermes.key"),
        );
        std::fs::write(path("app-api.toml"), config)?;
        let log = path("app-api.log");
        let from = Daemon::log_length(&log);
        let mut daemon = Daemon::start(API, &["--config", text(&path("app-api.toml"))?], log)?;
        let url = daemon.listening(from).await?;
        let http = reqwest::Client::new();
        let client = ApiClient {
            url,
            secret: secrets.revenue.clone(),
            http,
        };
        // Before it has read the vault it answers most questions with 503.
        let deadline = Instant::now() + READY_WITHIN;
        while !client.is_ready().await? {
            daemon.check()?;
            ensure!(
                Instant::now() < deadline,
                "the API did not become ready: see app-api.log"
            );
            sleep(LOOK_EVERY).await;
        }
        Ok(Api {
            daemon,
            client,
            database,
        })
    }
}

impl ApiClient {
    /// Whether its answers are worth something.
    async fn is_ready(&self) -> Result<bool> {
        let answer = self.http.get(format!("{}/readyz", self.url)).send().await?;
        Ok(answer.status().is_success())
    }

    /// The signed revenue report of `[from, to)`, Unix seconds; its answer's signature is checked.
    ///
    /// # Errors
    /// The API does not answer, refuses, or signs wrongly.
    pub async fn revenue(&self, from: i64, to: i64) -> Result<Revenue> {
        let path = format!("/internal/revenue?from={from}&to={to}");
        let timestamp = Timestamp::now().as_second();
        let asked = self.signature(&format!("{timestamp}.GET.{path}"))?;
        let request = self.http.get(format!("{}{path}", self.url));
        let request = request
            .header("x-primis-timestamp", timestamp)
            .header("x-primis-signature", asked);
        let answer = request.send().await?;
        let status = answer.status();
        let signed = answer
            .headers()
            .get("x-primis-signature")
            .and_then(|s| s.to_str().ok())
            .map(str::to_owned);
        let text = answer.text().await?;
        ensure!(
            status.is_success(),
            "the API refused the revenue report ({status}): {text}"
        );
        let expected = self.signature(&format!("{timestamp}.{path}.{text}"))?;
        ensure!(
            signed.as_deref() == Some(expected.as_str()),
            "the revenue report is not signed by the platform"
        );
        Ok(serde_json::from_str(&text)?)
    }

    /// Any public endpoint's answer.
    ///
    /// # Errors
    /// The API does not answer, or answers an error.
    pub async fn get(&self, path: &str) -> Result<Value> {
        let answer = self.http.get(format!("{}{path}", self.url)).send().await?;
        let status = answer.status();
        let text = answer.text().await?;
        ensure!(status.is_success(), "{path} answered {status}: {text}");
        serde_json::from_str(&text).with_context(|| format!("{path} did not answer JSON: {text}"))
    }

    fn signature(&self, text: &str) -> Result<String> {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.secret.as_bytes())?;
        mac.update(text.as_bytes());
        Ok(format!("v1={}", hex::encode(mac.finalize().into_bytes())))
    }
}
