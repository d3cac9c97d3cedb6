//! Requests per second of the hot endpoints beside a bare handler's: the real server and a baseline of
//! the same layout, each in a process of its own, under the same load in turn, while the store changes
//! every second. `cargo xtask bench api` starts it.

mod baseline;
mod chain;
mod load;
mod report;
mod servers;

#[path = "../../tests/api/support/hermes.rs"]
#[expect(
    clippy::unwrap_used,
    reason = "written for tests, which say so by panicking"
)]
mod hermes;
#[path = "../../tests/api/support/postgres.rs"]
#[expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "written for tests, which say so by panicking"
)]
#[expect(dead_code, reason = "a benchmark drops no database")]
mod postgres;

use std::{path::Path, time::Duration};

use anyhow::{Context as _, Result, ensure};
use clap::{Parser, Subcommand};
use primis_app_api::{
    clock::{Clock as _, SystemClock},
    store::Store,
};
use tokio_util::sync::CancellationToken;

use chain::Chain;
use load::{Load, Target};
use report::{Endpoint, Report};
use servers::Server;

/// USD for a SOL while it runs.
const USD_PER_SOL: u64 = 150;

#[derive(Debug, Parser)]
struct Args {
    /// One JSON object a line for each database, Postgres last.
    #[arg(long)]
    json: bool,
    /// Positions in the store.
    #[arg(long, default_value_t = 100_000)]
    positions: u32,
    /// Rounds of each endpoint; medians are told.
    #[arg(long, default_value_t = 9)]
    rounds: u32,
    /// Seconds of a round, for each of the two servers.
    #[arg(long, default_value_t = 2)]
    seconds: u32,
    /// Open connections.
    #[arg(long, default_value_t = 64)]
    connections: u32,
    /// Said by cargo.
    #[arg(long, hide = true)]
    bench: bool,
    #[command(subcommand)]
    part: Option<Part>,
}

#[derive(Debug, Subcommand)]
enum Part {
    /// The bare server: answers of these sizes.
    #[command(hide = true)]
    Baseline { sizes: Vec<usize> },
}

#[tokio::main]
async fn main() -> Result<()> {
    let args = Args::parse();
    if let Some(Part::Baseline { sizes }) = &args.part {
        return baseline::serve(sizes).await;
    }
    let dir = tempfile::tempdir()?;
    let file = dir.path().join("primis.sqlite");
    let sqlite = format!("sqlite://{}?mode=rwc", file.display());
    let mut reports = vec![measure(&args, "sqlite", &sqlite, dir.path()).await?];
    let postgres = postgres::new_database(false).await;
    reports.push(measure(&args, "postgres", &postgres, dir.path()).await?);
    for report in &reports {
        if args.json {
            println!("{}", report.json());
        } else {
            println!("{}", report.table());
        }
    }
    Ok(())
}

/// Measures on one database.
async fn measure(args: &Args, engine: &'static str, url: &str, dir: &Path) -> Result<Report> {
    eprintln!("==> {engine}: {} positions", args.positions);
    let store = Store::open(url, 4).await?;
    let mut chain = Chain::fill(&store, args.positions).await?;
    let price = hermes::serve(USD_PER_SOL, SystemClock.now_unix()).await;
    let server = Server::real(url, &chain.name(), &price.url).await?;
    let wallets = chain.wallets();
    let wallet = wallets.first().context("no wallet")?;
    let endpoints = [
        ("stats", "/api/stats".to_owned(), None),
        ("yield_stats", "/api/yield/stats".to_owned(), None),
        (
            "my_apy",
            format!("/api/yield/my-apy/{wallet}"),
            Some(&wallets),
        ),
    ];
    let mut sizes = Vec::new();
    for (_, path, _) in &endpoints {
        sizes.push(server.get(path).await?.len());
    }
    let before = server.get("/api/stats").await?;
    let baseline = Server::baseline(&sizes).await?;
    let stop = CancellationToken::new();
    let (writer, until) = (store.clone(), stop.clone());
    let writing = tokio::spawn(async move { chain.write(&writer, until).await });

    let load = Load {
        seconds: args.seconds,
        connections: args.connections,
        dir: dir.to_owned(),
    };
    let mut told = Vec::new();
    for ((name, path, wallets), bytes) in endpoints.iter().zip(sizes) {
        let mut endpoint = Endpoint::new(name, bytes);
        let target = Target {
            path: path.clone(),
            wallets: wallets.map(Vec::as_slice).unwrap_or_default(),
        };
        for round in 0..args.rounds {
            // In turn, so that what else the machine does hits both.
            let (ours, bare) = if round % 2 == 0 {
                let bare = load.run(&baseline, &target).await?;
                (load.run(&server, &target).await?, bare)
            } else {
                let ours = load.run(&server, &target).await?;
                (ours, load.run(&baseline, &target).await?)
            };
            endpoint.add(ours, bare);
        }
        eprintln!("    {}", endpoint.line());
        told.push(endpoint);
    }
    stop.cancel();
    let steps = writing.await??;
    // What was measured told of what was written meanwhile.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let after = server.get("/api/stats").await?;
    ensure!(
        steps > 0 && before != after,
        "the answers did not change with the store"
    );
    let report = Report {
        engine,
        positions: args.positions,
        steps,
        resident_bytes: server.resident_bytes()?,
        endpoints: told,
    };
    store.close().await;
    Ok(report)
}
