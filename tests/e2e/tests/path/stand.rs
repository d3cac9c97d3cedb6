//! A vault with everything around it and nobody in it yet.

use std::time::Duration;

use anyhow::{Result, ensure};
use primis_localnet::{
    Api, ApiSetup, Chain, Hermes, Keeper, KeeperSetup, Port, Roles, Secrets, Services,
    VaultAddresses,
};
use tempfile::TempDir;
use tokio::time::{Instant, sleep};

const VAULT_ID: u64 = 1;
/// How long anything that must happen may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Lines of a log that are shown when a test fails.
const LINES: usize = 60;

/// Chain, prices, stand-ins for Stripe and a model API, and API run; the keeper is set up.
pub struct Stand {
    pub chain: Chain,
    pub hermes: Hermes,
    pub services: Services,
    pub roles: Roles,
    pub api: Api,
    pub keeper: Keeper,
    pub addresses: VaultAddresses,
    // Deleted with everything in it.
    folder: TempDir,
}

impl Stand {
    pub async fn up(interval_seconds: u64) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let chain = Chain::start(Port::Any, Port::Any).await?;
        let hermes = Hermes::still().await?;
        let roles = Roles::funded(&chain).await?;
        let secrets = Secrets::create(folder.path())?;
        let services = Services::start(folder.path()).await?;
        let listen = Port::Any.address().await?;
        let setup = KeeperSetup {
            folder: folder.path(),
            chain: &chain,
            roles: &roles,
            hermes: &hermes,
            vault_id: VAULT_ID,
            interval_seconds,
        };
        let keeper = setup
            .create(&format!("http://{listen}"), &secrets.revenue_path)
            .await?;
        let addresses = keeper.addresses;
        let setup = ApiSetup {
            folder: folder.path(),
            chain: &chain,
            vault: addresses.vault,
            hermes: &hermes,
            services: &services,
            interval_seconds,
        };
        let api = setup.start(listen, &secrets).await?;
        Ok(Self {
            chain,
            hermes,
            services,
            roles,
            api,
            keeper,
            addresses,
            folder,
        })
    }

    /// What the daemons said last, for whoever reads why a test failed.
    pub fn said(&self) -> String {
        let files = std::fs::read_dir(self.folder.path())
            .into_iter()
            .flatten()
            .flatten();
        let logs = files
            .map(|entry| entry.path())
            .filter(|path| path.extension() == Some("log".as_ref()));
        logs.map(|path| {
            let log = std::fs::read(&path).unwrap_or_default();
            let log = String::from_utf8_lossy(&log);
            let lines: Vec<&str> = log.lines().collect();
            let tail = lines
                .get(lines.len().saturating_sub(LINES)..)
                .unwrap_or_default();
            format!("{}:\n{}\n", path.display(), tail.join("\n"))
        })
        .collect()
    }

    /// Distributions of compute revenue on chain, and the end of the last one.
    pub async fn distributed(&self) -> Result<(u64, i64)> {
        let compute = self.chain.vault(&self.addresses).await?.vault.compute;
        Ok((compute.distribution_count, compute.last_interval_id))
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
        sleep(Duration::from_millis(100)).await;
    }
    Ok(())
}
