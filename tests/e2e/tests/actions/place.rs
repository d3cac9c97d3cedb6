//! A vault, an API before it, and a wallet that knows nothing but the API.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use primis_localnet::{
    Api, ApiSetup, Chain, Hermes, Lst, Port, Roles, Secrets, Services, VaultAddresses,
};
use primis_vault_interface::instructions::RefreshPrice;
use reqwest::Method;
use serde_json::{Value, json};
use solana_keypair::Keypair;
use solana_signer::Signer as _;
use solana_transaction::versioned::VersionedTransaction;
use tempfile::TempDir;
use tokio::time::{Instant, sleep};

use crate::validator::{Answer, Asked, check, decode};

const VAULT_ID: u64 = 1;
/// How long a distribution streams, seconds.
pub const STREAM_SECONDS: u64 = 600;
/// How long anything that must happen may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Chain, prices and API run; no keeper does.
pub struct Place {
    pub chain: Chain,
    pub roles: Roles,
    pub api: Api,
    pub addresses: VaultAddresses,
    http: reqwest::Client,
    // Deleted with everything in it.
    _hermes: Hermes,
    _folder: TempDir,
}

impl Place {
    pub async fn up() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let chain = start().await?;
        let hermes = Hermes::still().await?;
        let roles = Roles::funded(&chain).await?;
        let addresses = roles.create_vault(&chain, VAULT_ID, STREAM_SECONDS).await?;
        let secrets = Secrets::create(folder.path())?;
        let services = Services::start(folder.path()).await?;
        let setup = ApiSetup {
            folder: folder.path(),
            chain: &chain,
            vault: addresses.vault,
            hermes: &hermes,
            services: &services,
            interval_seconds: STREAM_SECONDS,
        };
        let api = setup.start(Port::Any.address().await?, &secrets).await?;
        Ok(Self {
            chain,
            roles,
            api,
            addresses,
            http: reqwest::Client::new(),
            _hermes: hermes,
            _folder: folder,
        })
    }

    /// Any answer, as it came.
    pub async fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Answer> {
        let url = if path.starts_with("http") {
            path.to_owned()
        } else {
            format!("{}{path}", self.api.client.url)
        };
        let mut request = self.http.request(method, url);
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await?;
        Ok(Answer {
            status: answer.status().as_u16(),
            headers: answer.headers().clone(),
            body: answer.bytes().await?.to_vec(),
        })
    }

    /// JSON of an answer that must be good.
    pub async fn ok(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value> {
        let answer = self.ask(method, path, body).await?;
        let json = answer.json();
        ensure!(answer.status == 200, "{path}: {} {json}", answer.status);
        Ok(json)
    }

    /// What an action says of itself; it must be as the specification wants it.
    pub async fn show(&self, path: &str) -> Result<Value> {
        let answer = self
            .ask(Method::GET, &format!("/api/actions/{path}"), None)
            .await?;
        check(Asked::Action, &answer);
        Ok(answer.json())
    }

    /// What an action hands out to a wallet; it must be as the specification wants it.
    pub async fn build(&self, path: &str, wallet: &Keypair) -> Result<Value> {
        let account = wallet.pubkey().to_string();
        let answer = self.post(path, &json!({ "account": account })).await?;
        check(Asked::Transaction(&account), &answer);
        Ok(answer.json())
    }

    /// Why an action refuses, which must be as the specification wants it: code and message.
    pub async fn refusal(&self, path: &str, wallet: &Keypair) -> Result<(String, String)> {
        let account = wallet.pubkey().to_string();
        let answer = self.post(path, &json!({ "account": account })).await?;
        check(Asked::Refused, &answer);
        let json = answer.json();
        let text = |name: &str| json[name].as_str().unwrap_or_default().to_owned();
        Ok((text("code"), text("message")))
    }

    pub async fn post(&self, path: &str, body: &Value) -> Result<Answer> {
        let path = format!("/api/actions/{path}");
        self.ask(Method::POST, &path, Some(body)).await
    }

    /// Signs what an action handed out; base64.
    pub fn sign(built: &Value, wallet: &Keypair) -> Result<String> {
        let unsigned = decode(built).map_err(anyhow::Error::msg)?;
        let signed = VersionedTransaction::try_new(unsigned.message, &[wallet])?;
        Ok(STANDARD.encode(wincode::serialize(&signed)?))
    }

    /// Sends base64 through the relay and waits until it is confirmed; its signature.
    pub async fn send(&self, transaction: &str) -> Result<String> {
        let body = json!({ "transaction": transaction });
        let sent = self
            .ok(Method::POST, "/api/transactions", Some(&body))
            .await?;
        let signature = sent["signature"].as_str().context("no signature")?;
        self.confirmed(signature).await?;
        Ok(signature.to_owned())
    }

    /// Waits until a transaction is confirmed.
    pub async fn confirmed(&self, signature: &str) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let path = format!("/api/transactions/{signature}");
            let view = self.ok(Method::GET, &path, None).await?;
            match view["status"].as_str() {
                Some("confirmed" | "finalized") => {
                    ensure!(view["slot"].as_u64() > Some(0), "{view}");
                    return Ok(());
                }
                Some("unknown" | "processed") => {}
                _ => anyhow::bail!("{view}"),
            }
            ensure!(Instant::now() < deadline, "never confirmed: {view}");
            sleep(Duration::from_millis(50)).await;
        }
    }

    /// Builds, signs, sends, and holds the wallet's balance against what the simulation told.
    pub async fn act(&self, path: &str, wallet: &Keypair) -> Result<Value> {
        let before = self.lamports(wallet).await?;
        let built = self.build(path, wallet).await?;
        self.send(&Self::sign(&built, wallet)?).await?;
        let told = changed(&built, "SOL").unwrap_or(0);
        let found = i128::from(self.lamports(wallet).await?) - i128::from(before);
        // What streams in until it lands is the wallet's, too.
        let streams = path.starts_with("claim");
        ensure!(
            found == told || streams && found >= told,
            "{path}: told {told}, found {found}: {built}"
        );
        Ok(built)
    }

    /// A wallet from the faucet.
    pub async fn wallet(&self) -> Result<Keypair> {
        let wallet = Keypair::new();
        let body = json!({ "account": wallet.pubkey().to_string() });
        let given = self.ok(Method::POST, "/api/faucet", Some(&body)).await?;
        let signature = given["signature"].as_str().context("no signature")?;
        self.confirmed(signature).await?;
        let lamports = given["lamports"].as_str().context("no lamports")?;
        ensure!(self.lamports(&wallet).await? == lamports.parse::<u64>()?);
        Ok(wallet)
    }

    pub async fn lamports(&self, wallet: &Keypair) -> Result<u64> {
        Ok(self.chain.rpc.get_balance(&wallet.pubkey()).await?)
    }

    /// Distributes compute revenue by hand for the time until now, and lets half of it stream. The
    /// prices of `tokens` are brought up to date before.
    pub async fn distribute(&self, lamports: u64, tokens: &[&Lst]) -> Result<()> {
        let half = STREAM_SECONDS / 2;
        let now = u64::try_from(self.chain.clock().await?.unix_timestamp)?;
        self.travel_to(now + half).await?;
        for lst in tokens {
            self.refresh(lst).await?;
        }
        let boundary = i64::try_from(now + half)? - 1;
        let distribution = self
            .roles
            .distribution(&self.chain, &self.addresses, boundary, lamports)
            .await?;
        self.chain
            .send(&distribution, &[&self.roles.keeper])
            .await?;
        self.travel_to(now + 2 * half).await
    }

    /// Moves the clock to a Unix second, and waits until programs see it.
    pub async fn travel_to(&self, second: u64) -> Result<()> {
        self.chain.travel_to(second).await?;
        let deadline = Instant::now() + PATIENCE;
        while u64::try_from(self.chain.clock().await?.unix_timestamp)? < second {
            ensure!(Instant::now() < deadline, "the clock does not move");
            sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }

    /// Brings a token's price up to date.
    pub async fn refresh(&self, lst: &Lst) -> Result<()> {
        lst.crank(&self.chain, lst.first_price).await?;
        let refresh = RefreshPrice {
            pool: lst.pool,
            source: lst.state,
            quote: lst.state,
        };
        let keeper = &self.roles.keeper;
        self.chain.send(&[refresh.instruction()], &[keeper]).await?;
        Ok(())
    }

    pub async fn down(self) -> Result<()> {
        self.api.daemon.stop().await?;
        self.chain.stop().await
    }
}

/// A chain. Its ports are chosen a moment before they are taken, and another test can be faster.
async fn start() -> Result<Chain> {
    for _ in 0..3 {
        if let Ok(chain) = Chain::start(Port::Any, Port::Any).await {
            return Ok(chain);
        }
    }
    Chain::start(Port::Any, Port::Any).await
}

/// What a simulation told of an asset.
pub fn changed(built: &Value, asset: &str) -> Option<i128> {
    let changes = built["simulation"]["changes"].as_array()?;
    let change = changes.iter().find(|change| change["asset"] == asset)?;
    change["deltaUnits"].as_str()?.parse().ok()
}
