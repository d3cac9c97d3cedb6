//! The command line.

use std::{io::Write, path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};
use serde_json::{Value, json};
use tracing_subscriber::EnvFilter;

use crate::{
    command,
    config::Config,
    error::{Error, Exit},
};

/// Measures compute revenue, funds the staking vault and distributes the yield, exactly once.
///
/// Exit codes: 0 done or nothing due, 1 failed, 2 a person must act, 100 try again later.
#[derive(Debug, Parser)]
#[command(name = "primis-keeper", version)]
struct Cli {
    /// The configuration; every key can also be set as PRIMIS__SECTION__KEY.
    #[arg(
        long,
        short,
        global = true,
        default_value = "keeper.toml",
        env = "PRIMIS_KEEPER_CONFIG"
    )]
    config: PathBuf,
    /// Print JSON, one object a line, instead of text.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Distribute whenever it is due, until SIGTERM or SIGINT.
    Run,
    /// Distribute what is due now, if anything, and stop.
    Once,
    /// Explain what would be done now and simulate it; nothing is sent, nothing is stored.
    Plan,
    /// Show the vault, the wallet, and the last attempts.
    Status,
    /// Create the vault and its SOL pool as [init] says; what exists already is left as it is.
    InitVault,
}

/// Where results go: text for people or JSON for programs, on standard output. Logs go to
/// standard error.
#[derive(Clone, Copy, Debug)]
pub struct Output {
    json: bool,
}

impl Output {
    /// Text, or JSON where `json` is set.
    pub fn new(json: bool) -> Self {
        Self { json }
    }

    /// Prints a result. A reader that went away is no reason to stop distributing.
    pub fn print(self, text: &str, json: &Value) {
        let mut out = std::io::stdout().lock();
        let written = if self.json {
            writeln!(out, "{json}")
        } else {
            writeln!(out, "{text}")
        };
        if let Err(error) = written.and_then(|()| out.flush()) {
            tracing::debug!(%error, "standard output is closed");
        }
    }
}

/// Parses the command line, runs the verb, and prints what stood in its way.
pub async fn main() -> ExitCode {
    let cli = Cli::parse();
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        // Saying that a line cannot be written panics where standard error is a file on a full disk.
        .log_internal_errors(false)
        .init();
    let output = Output::new(cli.json);
    let exit = match run_verb(&cli, output).await {
        Ok(exit) => exit,
        Err(error) => {
            report(&error, output);
            error.exit()
        }
    };
    ExitCode::from(exit.code())
}

async fn run_verb(cli: &Cli, output: Output) -> Result<Exit, Error> {
    let config = Config::load(&cli.config)?;
    match cli.verb {
        Verb::Run => command::run::run(&config, &cli.config, output).await,
        Verb::Once => command::once::once(&config, output).await,
        Verb::Plan => command::plan::plan(&config, output).await,
        Verb::Status => command::status::status(&config, output).await,
        Verb::InitVault => command::init_vault::init_vault(&config, output).await,
    }
}

fn report(error: &Error, output: Output) {
    let exit = error.exit();
    let json =
        json!({"error": error.to_string(), "outcome": exit.name(), "exit_code": exit.code()});
    if output.json {
        output.print("", &json);
    } else {
        let what = match exit {
            Exit::NeedsPerson => "a person must act",
            Exit::TryLater => "try again later",
            Exit::Done | Exit::Failed => "failed",
        };
        eprintln!("{what}: {error}");
    }
}
