//! The gateway beside a bare proxy: both pass the same requests on to the same upstream on this machine, each
//! in a process of its own, under the same load in turn. The gateway finds out who asks, holds money durably
//! before it asks the upstream, and charges what the answer used, likewise durably. `cargo xtask bench
//! gateway` starts it.

mod disk;
mod load;
mod processes;
mod report;

#[path = "../../tests/api/support/postgres.rs"]
#[expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "written for tests, which say so by panicking"
)]
#[expect(dead_code, reason = "a benchmark drops no database")]
mod postgres;

use std::{iter, time::Duration};

use anyhow::{Result, ensure};
use clap::{Parser, Subcommand};
use sqlx::{Connection as _, Executor as _, PgConnection};

use load::{Load, Round};
use processes::{Gateway, Process};
use report::Report;

/// Files of PostgreSQL's log that are made before, 16 MiB each.
const LOG_FILES: usize = 96;

#[derive(Debug, Parser)]
struct Args {
    /// The last line is one JSON object.
    #[arg(long)]
    json: bool,
    /// Rounds; medians are told.
    #[arg(long, default_value_t = 5)]
    rounds: u32,
    /// Seconds of a round, for each of the two and each kind of load.
    #[arg(long, default_value_t = 3)]
    seconds: u32,
    /// Open connections.
    #[arg(long, default_value_t = 200)]
    connections: u32,
    /// Where the gateway keeps its books. Both keep what they say is stored through a power cut.
    #[arg(long, value_enum, default_value_t = Database::Postgres)]
    database: Database,
    /// Said by cargo.
    #[arg(long, hide = true)]
    bench: bool,
    #[command(subcommand)]
    part: Option<Part>,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Database {
    Postgres,
    Sqlite,
}

#[derive(Debug, Subcommand)]
enum Part {
    /// A model API that answers at once.
    #[command(hide = true)]
    Upstream,
    /// A proxy that only passes on.
    #[command(hide = true)]
    Proxy { upstream: String },
}

#[tokio::main]
async fn main() -> Result<()> {
    let args = Args::parse();
    match &args.part {
        Some(Part::Upstream) => return processes::upstream().await,
        Some(Part::Proxy { upstream }) => return processes::proxy(upstream).await,
        None => {}
    }
    let dir = tempfile::tempdir()?;
    let upstream = Process::this(&["upstream"])?;
    let proxy = Process::this(&["proxy", &upstream.base])?;
    let database = match args.database {
        Database::Postgres => {
            let url = postgres::new_database(true).await;
            settle_in(&url).await?;
            url
        }
        Database::Sqlite => format!("sqlite://{}/bench.sqlite?mode=rwc", dir.path().display()),
    };
    let gateway = Gateway::start(&database, &upstream.base, dir.path()).await?;
    let load = Load {
        seconds: args.seconds,
        connections: args.connections,
        key: gateway.key.clone(),
        dir: dir.path().to_owned(),
    };
    // Connections, caches and tables as they are after a while.
    for base in [&proxy.base, &gateway.process.base] {
        load.run(base, None).await?;
    }
    let (mut bare, mut ours) = (Vec::new(), Vec::new());
    for round in 0..args.rounds {
        // In turn, so that what else the machine does hits both.
        let order = [(&proxy.base, &mut bare), (&gateway.process.base, &mut ours)];
        for (base, rounds) in turned(order, round) {
            rounds.push(load.run(base, None).await?);
        }
    }
    let half = Report::median(&ours, Round::per_second) / 2.0;
    let (mut bare_half, mut ours_half, mut disk) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..args.rounds {
        disk.push(disk::wait(half, Duration::from_secs(args.seconds.into()))?);
        let order = [
            (&proxy.base, &mut bare_half),
            (&gateway.process.base, &mut ours_half),
        ];
        for (base, rounds) in turned(order, round) {
            rounds.push(load.run(base, Some(half)).await?);
        }
    }
    let asked = [&ours, &ours_half]
        .into_iter()
        .flatten()
        .map(|round| round.requests)
        .sum::<u64>();
    let charged = gateway.charged().await?;
    ensure!(
        charged >= asked,
        "{asked} requests were answered and {charged} charged"
    );
    let report = Report::new([&bare, &ours], [&bare_half, &ours_half], &disk);
    println!("{}", report.table());
    if args.json {
        println!("{}", report.json());
    }
    Ok(())
}

/// Has PostgreSQL use files of its log again, as one does that runs for a while: a new one makes each of them,
/// with writers waiting for 16 MiB of zeros.
async fn settle_in(url: &str) -> Result<()> {
    let mut connection = PgConnection::connect(url).await?;
    let fill = "SELECT pg_logical_emit_message(false, 'bench', repeat('x', 16777216))";
    let settings = [
        "ALTER SYSTEM SET min_wal_size = '2GB'",
        "ALTER SYSTEM SET max_wal_size = '4GB'",
        "SELECT pg_reload_conf()",
    ];
    let fills = iter::repeat_n(fill, LOG_FILES);
    for statement in settings.into_iter().chain(fills).chain(["CHECKPOINT"]) {
        connection.execute(statement).await?;
    }
    Ok(())
}

/// The second before the first in every other round.
fn turned<T>(order: [T; 2], round: u32) -> [T; 2] {
    let [first, second] = order;
    if round.is_multiple_of(2) {
        [first, second]
    } else {
        [second, first]
    }
}
