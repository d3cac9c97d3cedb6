//! The dashboard in a real Chromium, over a running platform. The visits themselves are in
//! `tests/e2e/browser`; screenshots of every state go to `target/tmp/dashboard`.

use std::env;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use primis_localnet::{DEMO_EMAIL, DEMO_PASSWORD, SOL, Staker, Traffic};
use primis_npm::{Packages, Wanted};
use serde_json::json;
use tokio::sync::watch;
use tokio::time::timeout;

use crate::stand::{Stand, until};

/// Longest that one visit may take: a minute on a calm machine, several on one with other builds.
const PATIENCE: Duration = Duration::from_secs(600);

#[tokio::test(flavor = "multi_thread")]
async fn the_dashboard_tells_no_number_before_there_is_one_and_then_the_golden_ones() -> Result<()>
{
    let browser = Browser::find()?;
    let stand = Stand::up(600).await?;
    let api = &stand.api.client;
    browser.visit("empty.mjs", &api.url, &[]).await?;

    let total = 11_310_000_000_u64;
    let staker = Staker::funded("Ada", &stand.chain, stand.addresses, total + SOL).await?;
    staker.deposit(&stand.chain, total).await?;
    until("the API to see the deposit", async || {
        let stats = api.get("/api/stats").await?;
        Ok(stats.get("totalStakedLamports") == Some(&json!(total.to_string())))
    })
    .await?;
    browser.visit("golden.mjs", &api.url, &[]).await?;
    stand.api.daemon.stop().await?;
    stand.chain.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visitor_stakes_watches_claims_and_unstakes() -> Result<()> {
    let browser = Browser::find()?;
    let stand = Stand::up(10).await?;
    let keeper = stand.keeper.run().await?;
    let stop = watch::Sender::new(false);
    let url = stand.api.client.url.clone();
    let customers = Traffic::new(&stand.services).run(url, stop.subscribe());
    let mut customers = tokio::spawn(customers);

    let url = &stand.api.client.url;
    let visits = async {
        browser.visit("staking.mjs", url, &[]).await?;
        browser.visit("keyboard.mjs", url, &[]).await?;
        // The customers, whose use of the platform is what is streamed here.
        let stripe = stand.services.stripe.url.as_str();
        let demo = [
            ("EMAIL", DEMO_EMAIL),
            ("PASSWORD", DEMO_PASSWORD),
            ("STRIPE", stripe),
        ];
        browser.visit("customer.mjs", url, &demo).await
    };
    let visited = tokio::select! {
        visited = visits => visited,
        // Without them there is no yield, and a visitor would wait for it in vain.
        ended = &mut customers => ended?.and_then(|()| bail!("the customers went away")),
    };
    visited.with_context(|| stand.said())?;

    stop.send(true)?;
    customers.await??;
    keeper.stop().await?;
    stand.api.daemon.stop().await?;
    stand.chain.stop().await
}

/// Chromium, and what drives it.
struct Browser {
    chromium: PathBuf,
    packages: PathBuf,
    screenshots: PathBuf,
}

impl Browser {
    fn find() -> Result<Self> {
        let path = env::var_os("PATH").unwrap_or_default();
        let chromium = env::split_paths(&path)
            .map(|folder| folder.join("chromium"))
            .find(|file| file.is_file())
            .context(
                "chromium is not installed: start the tests with `cargo xtask test`, which \
                 installs it, or run `apt-get install chromium`",
            )?;
        let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("browser");
        let temporary = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let packages = temporary.join("browser");
        Packages::install(&scripts, &packages, Wanted::Build)?;
        // Beside their packages, where Node looks for them.
        for entry in std::fs::read_dir(&scripts)? {
            let entry = entry?;
            if entry.file_type()?.is_file() {
                std::fs::copy(entry.path(), packages.join(entry.file_name()))?;
            }
        }
        Ok(Self {
            chromium,
            packages,
            screenshots: temporary.join("dashboard"),
        })
    }

    /// Runs a script against the platform at `url`, with what else it must know.
    async fn visit(&self, script: &str, url: &str, with: &[(&str, &str)]) -> Result<()> {
        // To a file, so that what it said is there to read where it does not end.
        let log = self.packages.join(script).with_extension("log");
        let mut visit = tokio::process::Command::new("node")
            .arg(self.packages.join(script))
            .env("DASHBOARD_URL", url)
            .env("CHROMIUM", &self.chromium)
            .env("SCREENSHOTS", &self.screenshots)
            .envs(with.iter().copied())
            .stderr(File::create(&log)?)
            .kill_on_drop(true)
            .spawn()?;
        let ended = timeout(PATIENCE, visit.wait()).await;
        let said = || std::fs::read_to_string(&log).unwrap_or_default();
        let status = ended
            .with_context(|| format!("{script} took longer than {PATIENCE:?}:\n{}", said()))??;
        ensure!(status.success(), "{script} failed:\n{}", said());
        Ok(())
    }
}
