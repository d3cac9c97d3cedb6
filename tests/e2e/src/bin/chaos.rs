//! `primis-chaos`: the keeper in all its troubles; `cargo xtask chaos` builds and starts it.

use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Parser;
use primis_tests_e2e::chaos::{self, Options};
use tokio::signal::unix::{SignalKind, signal};

/// Drives the real keeper through faults and holds it to account by the chain.
#[derive(Parser)]
#[command(name = "cargo xtask chaos")]
struct Arguments {
    /// Windows of revenue the faults are spread over
    #[arg(long, default_value_t = 500)]
    intervals: u32,
    /// Decides which faults happen, and when
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Length of a window, seconds
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=600))]
    interval_seconds: u32,
    /// The report as JSON, in the last line
    #[arg(long)]
    json: bool,
    /// Print the faults and end
    #[arg(long)]
    plan: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Whether all is well.
async fn run(arguments: &Arguments) -> Result<bool> {
    let options = Options {
        intervals: arguments.intervals,
        seed: arguments.seed,
        interval_seconds: arguments.interval_seconds,
    };
    if arguments.plan {
        for episode in chaos::plan(&options) {
            println!("{episode}");
        }
        return Ok(true);
    }
    let (mut interrupt, mut terminate) = (
        signal(SignalKind::interrupt())?,
        signal(SignalKind::terminate())?,
    );
    // Dropped, the run takes its keepers and files with it.
    let report = tokio::select! {
        report = chaos::run(&options, &|line| eprintln!("{line}")) => report?,
        _ = interrupt.recv() => bail!("interrupted"),
        _ = terminate.recv() => bail!("told to stop"),
    };
    for finding in &report.findings {
        eprintln!("finding: {finding}");
    }
    if arguments.json {
        println!("{}", report.json());
    } else {
        println!("{report}");
    }
    Ok(report.is_sound())
}
