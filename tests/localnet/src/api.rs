//! The API of a local vault: its configuration, its process, and a client.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use hmac::{Hmac, Mac as _};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::Sha256;
use solana_address::Address;
use tokio::time::{Instant, sleep};

use crate::chain::Chain;
use crate::daemon::Daemon;
use crate::hermes::{Hermes, SOL_USD_FEED};
use crate::keeper::text;
use crate::roles::SOL;

/// The API's executable.
const API: &str = "primis-app-api";
/// How long it may take to read the vault for the first time, and how often it is asked.
const READY_WITHIN: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// Seconds a usage event may take to be stored.
const SETTLE_GRACE_SECONDS: u64 = 2;
/// The platform's fee, basis points.
pub const FEE_BPS: u64 = 1_000;
/// What one call of the faucet gives: enough for every amount the actions offer.
const FAUCET_LAMPORTS: u64 = 20 * SOL;
/// What the demonstration sells: the sample's prices.
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
    /// Length of an interval in its projections, seconds.
    pub interval_seconds: u64,
}

/// A running API.
pub struct Api {
    /// Its process.
    pub daemon: Daemon,
    /// What it is asked through.
    pub client: ApiClient,
}

/// Asks an API.
#[derive(Clone)]
pub struct ApiClient {
    /// Its base address.
    pub url: String,
    usage_key: String,
    secret: String,
    http: reqwest::Client,
}

/// The secrets of a local platform, and the file the keeper shares one of them by.
pub struct Secrets {
    usage_key: String,
    revenue: String,
    /// File of the revenue secret.
    pub revenue_path: PathBuf,
    usage_path: PathBuf,
}

impl Secrets {
    /// New secrets, in files of `folder`.
    ///
    /// # Errors
    /// They cannot be written.
    pub fn create(folder: &Path) -> Result<Self> {
        let random = || hex::encode(rand::random::<[u8; 32]>());
        let secrets = Self {
            usage_key: random(),
            revenue: random(),
            revenue_path: folder.join("revenue.secret"),
            usage_path: folder.join("usage.key"),
        };
        std::fs::write(&secrets.revenue_path, &secrets.revenue)?;
        std::fs::write(&secrets.usage_path, &secrets.usage_key)?;
        Ok(secrets)
    }
}

/// One metered piece of work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UsageEvent {
    /// Names the work; posting it twice charges it once.
    pub event_id: String,
    /// Who pays.
    pub customer: String,
    /// What was used.
    pub sku: String,
    /// How much of it.
    pub quantity: u64,
    /// When, RFC 3339.
    pub occurred_at: String,
}

/// What the API answers to usage.
#[derive(Clone, Debug, Deserialize)]
pub struct UsageAnswer {
    /// Events taken.
    pub accepted: u64,
    /// Events it had already.
    pub duplicates: u64,
    /// One for each event, in order.
    pub results: Vec<UsageResult>,
}

/// What became of one event.
#[derive(Clone, Debug, Deserialize)]
pub struct UsageResult {
    /// `accepted` or `duplicate`.
    pub status: String,
    /// Charged for it, nano-USD.
    pub charge_nano_usd: String,
}

/// What the platform earned in a window, nano-USD.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Revenue {
    /// Events settled in it.
    pub usage_events: u64,
    /// Charged.
    pub gross_nano_usd: i64,
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
        std::fs::write(path("api-hermes.key"), &self.hermes.key)?;
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
revenue_secret_path = {revenue_path:?}
prices_path = {prices:?}
settle_grace_seconds = {SETTLE_GRACE_SECONDS}

[model]
interval_seconds = {interval}

[price]
url = {hermes_url:?}
api_key_path = {hermes_key:?}
feed_id = "{SOL_USD_FEED}"
check_binary = false
"#,
            database = format!("sqlite://{}?mode=rwc", text(&path("api.sqlite"))?),
            rpc_url = self.chain.rpc_url(),
            ws_url = self.chain.ws_url(),
            vault = self.vault,
            usage_path = secrets.usage_path,
            revenue_path = secrets.revenue_path,
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
            usage_key: secrets.usage_key.clone(),
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
        Ok(Api { daemon, client })
    }
}

impl ApiClient {
    /// Whether its answers are worth something.
    async fn is_ready(&self) -> Result<bool> {
        let answer = self.http.get(format!("{}/readyz", self.url)).send().await?;
        Ok(answer.status().is_success())
    }

    /// Posts usage.
    ///
    /// # Errors
    /// The API does not answer, or refuses.
    pub async fn post_usage(&self, events: &[UsageEvent]) -> Result<UsageAnswer> {
        let body = serde_json::json!({ "events": events });
        let url = format!("{}/v1/usage/events", self.url);
        let answer = self
            .http
            .post(url)
            .bearer_auth(&self.usage_key)
            .json(&body)
            .send()
            .await?;
        let status = answer.status();
        let text = answer.text().await?;
        ensure!(
            status.is_success(),
            "the API refused usage ({status}): {text}"
        );
        Ok(serde_json::from_str(&text)?)
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
