//! The client packages' examples, as a newcomer runs them, against a running network.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use primis_localnet::{SOL, Staker};
use solana_keypair::write_keypair_file;
use tokio::process::Command;
use tokio::time::timeout;

use crate::stand::{Stand, until};

const INTERVAL_SECONDS: u64 = 600;
/// Distributions made by hand: more than the Python example takes in a page.
const DISTRIBUTIONS: u64 = 3;
/// Distributed each time; the stakers' half is one SOL.
const REVENUE_LAMPORTS: u64 = 2 * SOL;
/// How long an example may take.
const PATIENCE: Duration = Duration::from_secs(120);

#[tokio::test(flavor = "multi_thread")]
async fn the_typescript_example_stakes_and_reads_its_position() -> Result<()> {
    let script = built(client("typescript/dist/examples/stake.js"))?;
    stakes(Path::new("node"), &[script.as_os_str()]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rust_example_stakes_and_reads_its_position() -> Result<()> {
    stakes(&built(target()?.join("debug/examples/stake"))?, &[]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_python_example_pages_through_distributions() -> Result<()> {
    let stand = Stand::up(INTERVAL_SECONDS).await?;
    let (chain, addresses, roles) = (&stand.chain, stand.addresses, &stand.roles);
    let staker = Staker::funded("Ada", chain, addresses, 11 * SOL).await?;
    staker.deposit(chain, 10 * SOL).await?;
    for _ in 0..DISTRIBUTIONS {
        let (_, last) = stand.distributed().await?;
        let boundary = last + i64::try_from(INTERVAL_SECONDS)?;
        chain.travel_to(u64::try_from(boundary)? + 1).await?;
        let distribution = roles
            .distribution(chain, &addresses, boundary, REVENUE_LAMPORTS)
            .await?;
        chain.send(&distribution, &[&roles.keeper]).await?;
    }
    let api = &stand.api.client;
    until("the API to see the distributions", async || {
        let stats = api.get("/api/stats").await?;
        Ok(stats["distributionCount"] == DISTRIBUTIONS)
    })
    .await?;

    let python = built(target()?.join("clients/python/bin/python"))?;
    let mut example = Command::new(python);
    example
        .arg(client("python/examples/statistics.py"))
        .env("PRIMIS_API_URL", &api.url);
    let said = output(&mut example).await?;
    for line in [
        "1 stakers, 10000000000 lamports staked".to_owned(),
        format!(
            "{DISTRIBUTIONS} distributions, {} lamports",
            DISTRIBUTIONS * REVENUE_LAMPORTS / 2
        ),
    ] {
        assert!(said.contains(&line), "no `{line}` in\n{said}");
    }
    let rows = format!("compute: {REVENUE_LAMPORTS} lamports");
    assert_eq!(said.matches(&rows).count(), 3, "{said}");
    stand.api.daemon.stop().await?;
    stand.chain.stop().await
}

/// Runs an example twice with a key of its own: the second deposit adds to the first's position.
async fn stakes(program: &Path, arguments: &[&OsStr]) -> Result<()> {
    const LAMPORTS: [u64; 2] = [1_500_000_000, 250_000_000];
    let stand = Stand::up(INTERVAL_SECONDS).await?;
    let staker = Staker::funded("Ada", &stand.chain, stand.addresses, 5 * SOL).await?;
    let folder = tempfile::tempdir()?;
    let key = folder.path().join("id.json");
    write_keypair_file(&staker.wallet, &key)
        .map_err(|error| anyhow::anyhow!("cannot write the key: {error}"))?;
    let mut staked = 0;
    for lamports in LAMPORTS {
        staked += lamports;
        let mut example = Command::new(program);
        example
            .args(arguments)
            .arg(lamports.to_string())
            .env("PRIMIS_API_URL", &stand.api.client.url)
            .env("PRIMIS_RPC_URL", stand.chain.rpc_url())
            .env("PRIMIS_VAULT", stand.addresses.vault.to_string())
            .env("PRIMIS_KEYPAIR", &key);
        let said = output(&mut example).await?;
        for line in [
            format!("staked {lamports} lamports: "),
            format!("on chain: {staked} units, 0 lamports owed"),
            format!("by the API: {staked} lamports staked in 1 position"),
        ] {
            assert!(said.contains(&line), "no `{line}` in\n{said}");
        }
        let position = staker
            .position(&stand.chain)
            .await?
            .context("no position")?;
        assert_eq!(position.units, staked);
    }
    stand.api.daemon.stop().await?;
    stand.chain.stop().await
}

/// What an example prints.
async fn output(example: &mut Command) -> Result<String> {
    let output = timeout(PATIENCE, example.kill_on_drop(true).output())
        .await
        .context("the example takes too long")?
        .context("the example does not start: run `cargo xtask clients`")?;
    ensure!(
        output.status.success(),
        "the example failed ({}):\n{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(String::from_utf8(output.stdout)?)
}

/// A file below `clients`.
fn client(path: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../clients");
    root.join(path)
}

/// Cargo's target folder: this test lies in its `debug/deps`.
fn target() -> Result<PathBuf> {
    let own = std::env::current_exe()?;
    let target = own.ancestors().nth(3).context("where is this test?")?;
    Ok(target.to_owned())
}

/// A file that `cargo xtask clients` makes.
fn built(path: PathBuf) -> Result<PathBuf> {
    ensure!(
        path.is_file(),
        "{} is missing: run `cargo xtask clients`",
        path.display()
    );
    Ok(path)
}
